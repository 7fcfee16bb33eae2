"""The table: what each event leads to, and what even a message leads to that nobody could read. Start reading here."""

from collections.abc import Iterable

from relengotron.handlers import answers, koji, pdc, pushes, results, waivers
from relengotron.model.events import (
    BuildTagged,
    BuildUntagged,
    CancelWished,
    Event,
    MessageAcknowledged,
    PushRequested,
    RelationsChanged,
    ResultStored,
    RetryWished,
    RpmSigned,
    TaskStateChanged,
    UpdateChanged,
    WaiverWished,
    WithdrawalWished,
)
from relengotron.model.intents import Intent


def route(event: Event, msg_id: str) -> Iterable[Intent]:
    """The intents that an event leads to; ``msg_id`` names the message it came by."""
    match event:
        case PushRequested():
            return pushes.requested(event, msg_id)
        case TaskStateChanged():
            return koji.task_changed(event)
        case BuildTagged() | BuildUntagged():
            return koji.build_moved(event)
        case RpmSigned():
            return koji.rpm_signed(event)
        case ResultStored():
            return results.stored(event)
        case UpdateChanged():
            return pushes.update_changed(event)
        case RelationsChanged():
            return pdc.relations_changed(event)
        case MessageAcknowledged():
            return answers.acknowledged(event)
        case RetryWished():
            return pushes.retry_wished(event)
        case CancelWished():
            return pushes.cancel_wished(event)
        case WaiverWished():
            return waivers.wished(event)
        case WithdrawalWished():
            return waivers.withdrawal_wished(event)


def unread(topic: str) -> Iterable[Intent]:
    """The intents that a message leads to although it cannot be understood; ``topic`` is all that is known of it."""
    return pdc.unread() if ".pdc." in topic else ()
