"""What an acknowledgement leads to: it is noted, and whoever waits for it looks whether everybody has answered."""

from collections.abc import Iterable

from relengotron.model.events import MessageAcknowledged
from relengotron.model.intents import Acknowledge, Intent, Wake
from relengotron.model.outcome import Watch


def acknowledged(event: MessageAcknowledged) -> Iterable[Intent]:
    """Note the answer first, so that the run that is woken sees it."""
    yield Acknowledge(event.msg_id)
    yield Wake(Watch("bus.ack", event.msg_id))
