"""How a step ends: always in a value, never in a sleep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Watch:
    """A fact of the outside that wakes a waiting run, such as ``Watch("koji.task", "4711")``."""

    system: str
    key: str


STEPS = "run.step"
"""The system whose facts are our own runs: ``Watch(STEPS, "RUN STEP")`` changes whenever that step was called."""

TAGS = "koji.tags"
"""The system whose facts are the tags of builds: ``Watch(TAGS, NVR)`` changes whenever the build enters or leaves one.
Nobody polls it: whoever watches it looks again by itself, or is called by the keeper of its gate."""


GATES = "gate"
"""The system whose facts are what people say of gates: ``Watch(GATES, "rawhide")`` changes when they open one."""


@dataclass(frozen=True, slots=True)
class Done:
    """The promise holds; ``output`` is what later steps may ask for."""

    output: Any = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """There was nothing to promise, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Running:
    """Work goes on outside; look again when a watched fact changes, and after ``look_again`` at the latest.

    ``tell`` says whether everybody hears of it; None: when it is news. What ``is_fresh`` was asked for a moment ago:
    there is no news of it yet, or the poll has it.
    """

    waiting_for: str
    watches: tuple[Watch, ...] = ()
    look_again: timedelta = timedelta(seconds=60)
    tell: bool | None = None
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """The run waits for people: what is missing, until when, who can act and with which command.

    ``tell`` says whether everybody hears of it; None: when it is news.
    """

    missing: tuple[str, ...]
    deadline: datetime
    owner: str
    command: str
    watches: tuple[Watch, ...] = ()
    look_again: timedelta = timedelta(seconds=60)
    tell: bool | None = None


class FailureKind(StrEnum):
    """Why a run ended without its promise."""

    REFUSED = "refused"
    COMPOSE_FAILED = "compose failed"
    DEADLINE = "deadline missed"
    PLUGIN = "plugin broken"
    DEFECT = "defect"
    NOTHING_LEFT = "nothing left to push"


@dataclass(frozen=True, slots=True)
class Failed:
    """The promise cannot be kept; ``reason`` is for people, ``evidence`` for the record."""

    kind: FailureKind
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Again:
    """The run goes back to an earlier step, or to the present one, and walks on from there anew; the reason is kept.

    What was remembered and made outside is known by its key as before: what is to happen once more needs another key.
    Where it goes on ``anew`` the run counts one more attempt, as after a person's retry, for keys to have in them.
    """

    step: str
    reason: str
    anew: bool = False


Outcome = Done | Skipped | Running | Hold | Failed | Again
