"""What push requests, changed updates and the wishes of people lead to."""

from collections.abc import Iterable

from relengotron.model.events import (
    CancelWished,
    EjectionWished,
    PushRequested,
    RetryWished,
    RollbackWished,
    RolloutWished,
    UpdateChanged,
)
from relengotron.model.intents import Cancel, Eject, Intent, Retry, RollBack, Start, SteerRollout, Wake
from relengotron.model.outcome import Watch
from relengotron.model.rollback import RollbackOrder


def requested(event: PushRequested, msg_id: str) -> Iterable[Intent]:
    """Sort the request into lanes; the same request twice is one."""
    key = f"receive {event.request_id or msg_id}"
    yield Start("receive_push", lane=f"requests/{msg_id}", key=key, request=event, trigger_msg_id=msg_id, priority=0)


def update_changed(event: UpdateChanged) -> Iterable[Intent]:
    """Whoever waits for the update looks at it again."""
    for name in (event.alias, event.title):
        if name is not None:
            yield Wake(Watch("bodhi.update", name))


def retry_wished(event: RetryWished) -> Iterable[Intent]:
    """Try again what failed."""
    yield Retry(event.run, event.agent)


def rollback_wished(event: RollbackWished, msg_id: str) -> Iterable[Intent]:
    """Take back what the run had published."""
    yield RollBack(RollbackOrder(event.run, event.agent, event.reason, event.untag), msg_id)


def cancel_wished(event: CancelWished) -> Iterable[Intent]:
    """Call the run off."""
    yield Cancel(event.run, event.agent, event.reason)


def ejection_wished(event: EjectionWished) -> Iterable[Intent]:
    """Leave an update behind."""
    yield Eject(event.run, event.agent, event.update, event.reason)


def rollout_wished(event: RolloutWished, msg_id: str) -> Iterable[Intent]:
    """Let a rollout stand still, go on, or be over."""
    yield SteerRollout(event.run, event.agent, event.artifact, event.wanted, event.reason, msg_id)
