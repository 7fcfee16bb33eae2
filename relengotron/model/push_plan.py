"""What would a push do? Everything about it before it runs, and everything that a run then did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from relengotron.model.batch import Ejected, Update
from relengotron.model.difference import Change
from relengotron.model.estimate import Estimate, Eta
from relengotron.model.lane import Lane
from relengotron.model.rung import Rung, RungName

SIGHT: Final = "sight"
"""The kind of the notes in which a run keeps what it saw of the world; they are for comparing, not for people."""


class Treatment(StrEnum):
    """What a push means for one artifact; all but the first compose it."""

    SKIP = "skip"
    COMPOSE = "compose"
    FOLLOWS = "follows"
    DOUBT = "in doubt"
    IMPOSSIBLE = "cannot be installed"

    @property
    def is_composed(self) -> bool:
        """Whether a compose is started."""
        return self is not Treatment.SKIP


@dataclass(frozen=True, slots=True)
class Move:
    """One build that goes from one tag to another."""

    build: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Untag:
    """One pending tag that is taken off a build."""

    build: str
    tag: str


@dataclass(frozen=True, slots=True)
class Task:
    """One Koji task that a compose needs, and the architectures of what it makes."""

    method: str
    arches: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class PlannedArtifact:
    """One artifact: what becomes of it, why, and what that takes.

    ``rung`` is the one that decided, None where none did. ``changes`` are the packages as the surest rung knows them.
    ``trouble`` says why nobody can tell how it would be composed, ``apart`` what lets it go live without the others.
    """

    name: str
    kind: str
    treatment: Treatment
    reason: str
    rung: RungName | None = None
    follows: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    rungs: tuple[Rung, ...] = ()
    effects: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    required_tests: tuple[str, ...] = ()
    target: str = ""
    component: str | None = None
    eta: Eta | None = None
    trouble: str = ""
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """Time and cost, as history has them: until done, Koji tasks, hours of them, and the kinds without any history."""

    eta: Eta
    tasks: int
    task_hours: Estimate | None
    unknown_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenUpdate:
    """One update as Bodhi showed it."""

    builds: tuple[str, ...]
    release: str
    request: str | None
    is_locked: bool


@dataclass(frozen=True, slots=True)
class Sight:
    """The facts of the world that decide. A plan keeps them and a run does, so that a difference has its reason.

    ``contained`` is PDC's answer, ``live`` what each artifact is now, ``wished`` the digests of their manifests,
    ``revisions`` those of the repos by URL, ``configuration`` a digest for each artifact and one for the lane.
    """

    updates: Mapping[str, SeenUpdate | None] = field(default_factory=dict)
    contained: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    live: Mapping[str, str] = field(default_factory=dict)
    wished: Mapping[str, str] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LanePlan:
    """One lane of a push before it runs.

    ``holds`` are the sentences about what would stop it; ``notes`` what a reader should know besides. ``published``
    names the artifacts in the order in which they go live.
    """

    lane: Lane
    asked: tuple[str, ...]
    ships: tuple[Update, ...]
    ejected: tuple[Ejected, ...]
    holds: tuple[str, ...]
    notes: tuple[str, ...]
    unsigned: Mapping[str, tuple[str, ...]]
    moves: tuple[Move, ...]
    in_place: tuple[str, ...]
    lost: tuple[str, ...]
    untags: tuple[Untag, ...]
    artifacts: tuple[PlannedArtifact, ...]
    published: tuple[str, ...]
    acknowledged_by: tuple[str, ...]
    forecast: Forecast
    sight: Sight

    @property
    def is_clear(self) -> bool:
        """Whether there is something to push and nothing in the way."""
        return bool(self.ships) and not self.holds

    @property
    def tasks(self) -> dict[str, int]:
        """How many Koji tasks of each method."""
        counted = {"tagBuild": len(self.moves)} if self.moves else {}
        for task in (task for artifact in self.artifacts for task in artifact.tasks):
            counted[task.method] = counted.get(task.method, 0) + 1
        return counted


@dataclass(frozen=True, slots=True)
class PushPlan:
    """A whole push before it runs; ``left_out`` says what was asked for and has no lane, and why."""

    made_at: datetime
    lanes: tuple[LanePlan, ...]
    left_out: tuple[str, ...] = ()

    @property
    def is_clear(self) -> bool:
        """Whether something would be pushed in every lane and nothing is in the way."""
        return bool(self.lanes) and all(lane.is_clear for lane in self.lanes)


class Fate(StrEnum):
    """What really became of one artifact in a run."""

    PENDING = "pending"
    SKIPPED = "skipped"
    COMPOSED = "composed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Story:
    """What became of one artifact, why it was composed or skipped, the rung that decided, and what was to change."""

    fate: Fate
    reason: str
    rung: RungName | None = None
    follows: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """What a run has done, as the journal has it. ``in_place`` are builds that were in their target already."""

    run: str
    lane: Lane
    state: str
    is_finished: bool
    attempts: int
    asked: tuple[str, ...]
    shipped: tuple[Update, ...]
    ejected: tuple[Ejected, ...]
    moves: tuple[Move, ...]
    in_place: tuple[str, ...]
    artifacts: Mapping[str, Story]
    tasks: Mapping[str, int]
    published: Mapping[str, str]
    sight: Sight
