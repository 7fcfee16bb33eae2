"""What a test result leads to: whoever waits for it asks ResultsDB."""

from collections.abc import Iterable

from relengotron.model.events import ResultStored
from relengotron.model.intents import Intent, Wake
from relengotron.model.outcome import Watch


def stored(event: ResultStored) -> Iterable[Intent]:
    """Wake whoever waits for results of this item."""
    yield Wake(Watch("resultsdb.item", event.item))
