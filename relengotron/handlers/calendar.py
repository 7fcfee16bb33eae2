"""What the wish leads to that something of the calendar be done now."""

from collections.abc import Iterable

from relengotron.model.events import AppointmentWished
from relengotron.model.intents import Intent, KeepNow


def wished(event: AppointmentWished, msg_id: str) -> Iterable[Intent]:
    """Let the calendar know; it opens one run for one wish."""
    yield KeepNow(event.appointment, event.agent, msg_id)
