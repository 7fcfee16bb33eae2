"""A run and its parts, as the journal remembers them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    """Where a run stands; the last four are ends, and the lane is free after them."""

    QUEUED = "queued"
    OPEN = "open"
    HELD = "held"
    CANCELLING = "cancelling"
    FAILING = "failing"
    PARKED = "parked"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_being_taken_back(self) -> bool:
        """Whether what the run changed outside is being undone."""
        return self in (RunState.CANCELLING, RunState.FAILING)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more happens by itself and the lane is free."""
        return self in (RunState.DONE, RunState.FAILED, RunState.CANCELLED, RunState.PARKED)


class StepState(StrEnum):
    """Where a step of a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    HELD = "held"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One procedure on its way, or finished and kept."""

    id: str
    workflow: str
    lane: str
    key: str
    state: RunState
    request: Any
    reason: str
    priority: int
    attempt: int
    trigger_msg_id: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    look_again_at: datetime | None

    @property
    def is_on_its_way(self) -> bool:
        """Whether it waits for nothing and has only to be advanced, as after a step that is done."""
        return self.look_again_at is None or self.look_again_at <= self.updated_at


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What is known of one step of one run; ``note`` is the sentence people see."""

    run: str
    name: str
    state: StepState
    note: str
    output: Any
    troubles: int
    trouble_since: datetime | None
    started_at: datetime
    finished_at: datetime | None


DECISION = "decision "
"""What the key of a remembered decision begins with; it is kept with the effects and changes nothing outside."""


@dataclass(frozen=True, slots=True)
class EffectRecord:
    """One change outside: intended before it is made, finished when its result is known."""

    id: int
    run: str
    key: str
    what: str
    old: Any
    result: Any
    is_finished: bool
    intended_at: datetime
    finished_at: datetime | None

    @property
    def is_decision(self) -> bool:
        """Whether this is only a decision that must not change while the run lives."""
        return self.key.startswith(DECISION)


@dataclass(frozen=True, slots=True)
class HoldRecord:
    """One wait for people: what is missing, since when, until when, who can act and how."""

    id: int
    run: str
    step: str
    missing: tuple[str, ...]
    since: datetime
    deadline: datetime
    owner: str
    command: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a subject of a run (an update, a build, an artifact) is in its state; the newest is what holds."""

    run: str
    step: str
    subject_kind: str
    subject: str
    state: str
    reason: str
    facts: Mapping[str, Any]
    at: datetime
