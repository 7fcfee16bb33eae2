"""What happened outside, once a message has been read and understood."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relengotron.model.gated import WayOut
from relengotron.model.rollout import Wanted


class TaskState(StrEnum):
    """The states a Koji task can be in, as the bus spells them."""

    FREE = "FREE"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    CANCELED = "CANCELED"
    ASSIGNED = "ASSIGNED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Whether the task never changes its state again."""
        return self in (TaskState.CLOSED, TaskState.CANCELED, TaskState.FAILED)


class UpdateChange(StrEnum):
    """What was done to an update, as the end of its topic says it."""

    EDIT = "edit"
    EJECT = "eject"
    COMMENT = "comment"
    REQUEST_TESTING = "request.testing"
    REQUEST_STABLE = "request.stable"
    REQUEST_UNPUSH = "request.unpush"
    REQUEST_OBSOLETE = "request.obsolete"
    REQUEST_REVOKE = "request.revoke"


@dataclass(frozen=True, slots=True)
class ComposeKey:
    """One compose Bodhi wants pushed: it names the lane, not the updates in it."""

    release_id: int | None
    release: str | None
    request: str
    content_type: str
    security: bool


@dataclass(frozen=True, slots=True)
class RequestedUpdate:
    """One update as our own push request lists it."""

    alias: str
    title: str
    builds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestedBatch:
    """The updates one lane is asked to push, listed in full."""

    release: str
    request: str
    updates: tuple[RequestedUpdate, ...]


@dataclass(frozen=True, slots=True)
class PushRequested:
    """Somebody asked for a push; exactly one of updates, composes and batches is filled."""

    agent: str
    resume: bool
    updates: tuple[str, ...] = ()
    composes: tuple[ComposeKey, ...] = ()
    batches: tuple[RequestedBatch, ...] = ()
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class TaskStateChanged:
    """A Koji task went from one state to another."""

    task_id: int
    method: str
    old: TaskState | None
    new: TaskState


@dataclass(frozen=True, slots=True)
class BuildTagged:
    """A build was put into a tag."""

    build: str
    tag: str
    user: str | None


@dataclass(frozen=True, slots=True)
class BuildUntagged:
    """A build was taken out of a tag."""

    build: str
    tag: str
    user: str | None


@dataclass(frozen=True, slots=True)
class RpmSigned:
    """One RPM of a build got a signature; not every message tells the name of the build."""

    build: str | None
    build_id: int | None
    rpm: str
    sigkey: str


@dataclass(frozen=True, slots=True)
class ResultStored:
    """A test result is in ResultsDB."""

    testcase: str
    outcome: str
    item: str
    type: str
    result_id: int | None


@dataclass(frozen=True, slots=True)
class UpdateChanged:
    """An update is no longer what it was when it was last read; alias or title is known, or both."""

    alias: str | None
    title: str | None
    what: UpdateChange


@dataclass(frozen=True, slots=True)
class RelationsChanged:
    """What PDC says about these packages of the release changes, by these types of relationship.

    Without packages it may be about any, without a release about all of them, without types about every type.
    """

    release: str | None
    packages: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageAcknowledged:
    """Somebody who was asked to answer says that a message of ours arrived."""

    msg_id: str


@dataclass(frozen=True, slots=True)
class RetryWished:
    """A person at the command line wants a run to try again what failed."""

    run: str
    agent: str


@dataclass(frozen=True, slots=True)
class CancelWished:
    """A person at the command line calls a run off."""

    run: str
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class EjectionWished:
    """A person at the command line wants one update out of a run; the others go on."""

    run: str
    agent: str
    update: str
    reason: str


@dataclass(frozen=True, slots=True)
class RolloutWished:
    """A person at the command line pauses, resumes or finishes the rollout of an artifact of a run."""

    run: str
    agent: str
    artifact: str
    wanted: Wanted
    reason: str


@dataclass(frozen=True, slots=True)
class RollbackWished:
    """A person at the command line wants back what was published before a run."""

    run: str
    agent: str
    reason: str
    untag: bool


@dataclass(frozen=True, slots=True)
class WaiverWished:
    """A person at the command line answers for what a test of one subject says, until some time or for good."""

    run: str
    agent: str
    subject_type: str
    item: str
    testcase: str
    scenario: str | None
    product_version: str
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class WithdrawalWished:
    """A person at the command line takes back every waiver of a test of one subject, whoever gave it."""

    run: str
    agent: str
    subject_type: str
    item: str
    testcase: str
    reason: str


@dataclass(frozen=True, slots=True)
class AppointmentWished:
    """A person at the command line wants done now what the calendar does again and again."""

    appointment: str
    agent: str


@dataclass(frozen=True, slots=True)
class GateClosingWished:
    """A person at the command line closes a gate; without ``until``, until somebody opens it."""

    gate: str
    agent: str
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class GateOpeningWished:
    """A person at the command line opens a gate that people had closed."""

    gate: str
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class PassWished:
    """A person at the command line lets builds through a gate, whatever tests and closings say."""

    gate: str
    agent: str
    builds: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class QuarantineWished:
    """A person at the command line lets a build out of quarantine, drops it, or wants it tested again."""

    gate: str
    agent: str
    build: str
    way: WayOut
    reason: str


@dataclass(frozen=True, slots=True)
class UpstreamReleased:
    """A version of these packages was found upstream; ``bug`` is the one that was filed for it."""

    packages: tuple[str, ...]
    version: str
    old_version: str | None
    url: str | None
    bug: int | None = None


Event = (
    PushRequested
    | TaskStateChanged
    | BuildTagged
    | BuildUntagged
    | RpmSigned
    | ResultStored
    | UpdateChanged
    | RelationsChanged
    | MessageAcknowledged
    | RetryWished
    | CancelWished
    | RollbackWished
    | EjectionWished
    | RolloutWished
    | WaiverWished
    | WithdrawalWished
    | AppointmentWished
    | GateClosingWished
    | GateOpeningWished
    | PassWished
    | QuarantineWished
    | UpstreamReleased
)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A well-formed message that asks nothing of us, and why."""

    reason: str
