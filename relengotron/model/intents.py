"""What a handler wants done; intents are imperatives, and the engine carries them out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from relengotron.model.gated import WayOut
from relengotron.model.outcome import Watch
from relengotron.model.rollback import RollbackOrder
from relengotron.model.rollout import Wanted


@dataclass(frozen=True, slots=True)
class Start:
    """Open a run of a workflow in a lane, unless a run with this key exists already.

    ``request`` is a frozen dataclass that the workflow understands. Runs with a lower ``priority`` advance first.
    """

    workflow: str
    lane: str
    key: str
    request: Any
    trigger_msg_id: str
    priority: int = 10


@dataclass(frozen=True, slots=True)
class Wake:
    """Let every run that watches this fact look at the world now."""

    watch: Watch


@dataclass(frozen=True, slots=True)
class CallKeeper:
    """Something came into this Koji tag or left it: whoever keeps a gate there looks now."""

    tag: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """What PDC said about these packages of the release may not hold any more: ask it again before using it.

    Without packages doubt all of them, without a release in every one, without types by every type of relationship.
    """

    release: str | None
    packages: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Whoever sent this news has our message; only a proven sender who was asked to answer counts."""

    msg_id: str


@dataclass(frozen=True, slots=True)
class Retry:
    """A person wants a failed, held or parked run to try again what failed."""

    run: str
    agent: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """A person calls a run off: play its undo plan."""

    run: str
    agent: str
    reason: str


@dataclass(frozen=True, slots=True)
class RollBack:
    """A person takes back what a finished run had published; ``msg_id`` is the wish, and a wish opens one run."""

    order: RollbackOrder
    msg_id: str


@dataclass(frozen=True, slots=True)
class Waive:
    """A person answers for what a test of one subject says; the run that asks looks again."""

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
class WithdrawWaiver:
    """A person takes back every waiver of a test of one subject; the run that asks looks again."""

    run: str
    agent: str
    subject_type: str
    item: str
    testcase: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeepNow:
    """A person wants an appointment of the calendar kept now; ``msg_id`` names the wish."""

    appointment: str
    agent: str
    msg_id: str


@dataclass(frozen=True, slots=True)
class Eject:
    """A person wants a run to leave one of its updates behind and go on without it; the run says whether it can."""

    run: str
    agent: str
    update: str
    reason: str


@dataclass(frozen=True, slots=True)
class SteerRollout:
    """A person pauses, resumes or finishes the rollout of an artifact of a run; ``msg_id`` names the wish."""

    run: str
    agent: str
    artifact: str
    wanted: Wanted
    reason: str
    msg_id: str


@dataclass(frozen=True, slots=True)
class CloseGate:
    """A person closes a gate, until some time or until somebody opens it; ``msg_id`` names the wish."""

    gate: str
    agent: str
    reason: str
    until: datetime | None
    msg_id: str


@dataclass(frozen=True, slots=True)
class OpenGate:
    """A person opens a gate that people had closed; ``msg_id`` names the wish."""

    gate: str
    agent: str
    reason: str
    msg_id: str


@dataclass(frozen=True, slots=True)
class LetThrough:
    """A person lets builds through a gate in an emergency; ``msg_id`` names the wish."""

    gate: str
    agent: str
    builds: tuple[str, ...]
    reason: str
    msg_id: str


@dataclass(frozen=True, slots=True)
class LeaveQuarantine:
    """A person wants a build out of quarantine, or tested again where it is; ``msg_id`` names the wish."""

    gate: str
    build: str
    way: WayOut
    agent: str
    reason: str
    msg_id: str


@dataclass(frozen=True, slots=True)
class NoteUpstream:
    """Remember that this version of these packages was found upstream, for the build that follows it."""

    packages: tuple[str, ...]
    version: str
    old_version: str | None
    url: str | None
    bug: int | None


Intent = (
    Start
    | Wake
    | CallKeeper
    | Doubt
    | Acknowledge
    | Retry
    | Cancel
    | RollBack
    | Waive
    | WithdrawWaiver
    | KeepNow
    | Eject
    | SteerRollout
    | CloseGate
    | OpenGate
    | LetThrough
    | LeaveQuarantine
    | NoteUpstream
)
