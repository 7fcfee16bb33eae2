"""By which key is the same news recognised when a replay gave it a new msg_id?"""

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


def business_key(event: Event) -> str | None:
    """Name the news itself; None where the same words may be true news twice.

    A build can be tagged again after it was untagged, an update edited again, a task freed and opened again, and
    Bodhi's push requests carry no id: those are never taken for doubles, and what they lead to can be repeated.
    """
    match event:
        case PushRequested(request_id=str() as request_id):
            return f"push.request:{request_id}"
        case TaskStateChanged(task_id=task_id, new=new) if new.is_final:
            return f"task:{task_id}:{new}"
        case RpmSigned(build_id=build_id, rpm=rpm, sigkey=sigkey):
            return f"rpm.sign:{build_id or '-'}:{rpm}:{sigkey}"
        case ResultStored(result_id=int() as result_id):
            return f"result:{result_id}"
        case PushRequested() | TaskStateChanged() | ResultStored():
            return None
        case BuildTagged() | BuildUntagged() | UpdateChanged() | RelationsChanged() | UpstreamReleased():
            return None
        case MessageAcknowledged() | RetryWished() | CancelWished() | WaiverWished() | WithdrawalWished():
            return None
        case AppointmentWished() | EjectionWished() | RollbackWished() | RolloutWished():
            return None
        case GateClosingWished() | GateOpeningWished() | PassWished() | QuarantineWished():
            return None
