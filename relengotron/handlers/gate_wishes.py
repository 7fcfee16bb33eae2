"""What the wishes of people about gates lead to."""

from collections.abc import Iterable

from relengotron.model.events import GateClosingWished, GateOpeningWished, PassWished
from relengotron.model.intents import CloseGate, Intent, LetThrough, OpenGate, Wake
from relengotron.model.outcome import GATES, Watch


def closing_wished(event: GateClosingWished, msg_id: str) -> Iterable[Intent]:
    """Close the gate; whoever is about to move builds looks again."""
    yield CloseGate(event.gate, event.agent, event.reason, event.until, msg_id)
    yield Wake(Watch(GATES, event.gate))


def opening_wished(event: GateOpeningWished, msg_id: str) -> Iterable[Intent]:
    """Open the gate; whoever waits before it goes on."""
    yield OpenGate(event.gate, event.agent, event.reason, msg_id)
    yield Wake(Watch(GATES, event.gate))


def pass_wished(event: PassWished, msg_id: str) -> Iterable[Intent]:
    """Keep who lets the builds through; whoever waits before the gate looks again."""
    yield LetThrough(event.gate, event.agent, event.builds, event.reason, msg_id)
    yield Wake(Watch(GATES, event.gate))
