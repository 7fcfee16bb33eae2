"""The table: what each event leads to, and what even a message leads to that nobody could read. Start reading here."""

from collections.abc import Iterable

from relengotron.handlers import (
    answers,
    calendar,
    gate_wishes,
    koji,
    pdc,
    pushes,
    quarantine_wishes,
    results,
    upstream,
    waivers,
)
from relengotron.model.events import (
    AppointmentWished,
    BuildTagged,
    BuildUntagged,
    CancelWished,
    EjectionWished,
    Event,
    GateClosingWished,
    GateOpeningWished,
    MessageAcknowledged,
    PassWished,
    PushRequested,
    QuarantineWished,
    RelationsChanged,
    ResultStored,
    RetryWished,
    RollbackWished,
    RolloutWished,
    RpmSigned,
    TaskStateChanged,
    UpdateChanged,
    UpstreamReleased,
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
        case UpstreamReleased():
            return upstream.released(event)
        case MessageAcknowledged():
            return answers.acknowledged(event)
        case RetryWished():
            return pushes.retry_wished(event)
        case RollbackWished():
            return pushes.rollback_wished(event, msg_id)
        case CancelWished():
            return pushes.cancel_wished(event)
        case EjectionWished():
            return pushes.ejection_wished(event)
        case RolloutWished():
            return pushes.rollout_wished(event, msg_id)
        case WaiverWished():
            return waivers.wished(event)
        case WithdrawalWished():
            return waivers.withdrawal_wished(event)
        case AppointmentWished():
            return calendar.wished(event, msg_id)
        case GateClosingWished():
            return gate_wishes.closing_wished(event, msg_id)
        case GateOpeningWished():
            return gate_wishes.opening_wished(event, msg_id)
        case PassWished():
            return gate_wishes.pass_wished(event, msg_id)
        case QuarantineWished():
            return quarantine_wishes.wished(event, msg_id)


def unread(topic: str) -> Iterable[Intent]:
    """The intents that a message leads to although it cannot be understood; ``topic`` is all that is known of it."""
    return pdc.unread() if ".pdc." in topic else ()
