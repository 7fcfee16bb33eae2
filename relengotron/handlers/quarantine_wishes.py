"""What the wishes of people about builds in quarantine lead to."""

from collections.abc import Iterable

from relengotron.model.events import QuarantineWished
from relengotron.model.intents import Intent, LeaveQuarantine


def wished(event: QuarantineWished, msg_id: str) -> Iterable[Intent]:
    """Let the build go, or let it be tested again."""
    yield LeaveQuarantine(event.gate, event.build, event.way, event.agent, event.reason, msg_id)
