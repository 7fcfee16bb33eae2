"""What news from PDC leads to: what it said before is doubted, and read again before it is used."""

from collections.abc import Iterable

from relengotron.model.events import RelationsChanged
from relengotron.model.intents import Doubt, Intent, Wake
from relengotron.model.outcome import Watch


def relations_changed(event: RelationsChanged) -> Iterable[Intent]:
    """Doubt what the news is about, and wake whoever waits for PDC to know more of the release."""
    yield Doubt(event.release, event.packages, event.relations)
    if event.release is not None:
        yield Wake(Watch("pdc.release", event.release))


def unread() -> Iterable[Intent]:
    """Something changed, and nobody can tell what: doubt everything."""
    yield Doubt(None)
