"""A new version that reaches machines little by little: how fast, since when, and what people said meanwhile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

PLANNED, BEGUN, WISHED = "rollout planned ", "rollout begun ", "rollout wish "
"""What the keys of three decisions of a push begin with: the schedule, that it runs, and what a person wants."""

WHOLE: Final = 100

FOLLOWED_BY: Final = "roll_out"
"""The workflow whose runs follow rollouts."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of all machines, and for how long it stays that part."""

    percent: int
    lasts: timedelta


class Wanted(StrEnum):
    """What a person may want of a rollout."""

    PAUSE = "pause"
    RESUME = "resume"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class RolloutWish:
    """What a person wanted of the rollout of one artifact, and when that was read."""

    artifact: str
    wanted: Wanted
    who: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlannedRollout:
    """The schedule as it was when the push went live; ``rest`` is what the page says to all other machines."""

    artifact: str
    shares: tuple[Share, ...]
    rest: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BegunRollout:
    """This is live since then."""

    artifact: str
    identity: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rollout:
    """Everything that the journal knows of one; ``name`` is the artifact's, and the round in which it went live."""

    name: str
    planned: PlannedRollout
    begun: BegunRollout
    wishes: tuple[RolloutWish, ...] = ()


@dataclass(frozen=True, slots=True)
class RolloutOrder:
    """What a run of ``roll_out`` follows: one artifact that a push has shown."""

    push: str
    artifact: str
    name: str
    identity: str
    lane: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a rollout is; ``next_at`` is None while it is paused, and once everybody may take it."""

    percent: int
    since: datetime
    next_percent: int | None = None
    next_at: datetime | None = None
    paused: RolloutWish | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it is for every machine."""
        return self.percent == WHOLE

    def __str__(self) -> str:
        if self.is_whole:
            return "for every machine"
        if self.paused is not None:
            return f"for {self.percent} % of machines, paused by {self.paused.who}: {self.paused.why}"
        assert self.next_at is not None  # noqa: S101 - only a pause takes it away
        return f"for {self.percent} % of machines; for {self.next_percent} % at {self.next_at:%Y-%m-%d %H:%M} UTC"


Steps = tuple[tuple[int, timedelta], ...]
"""Each percent with the time after which it begins."""


def steps_of(shares: Iterable[Share], later: timedelta = timedelta()) -> Steps:
    """When each share begins, and that of everybody; ``later`` is how long it is not live at all."""
    steps = []
    for share in shares:
        steps.append((share.percent, later))
        later += share.lasts
    return (*steps, (WHOLE, later))


def is_ahead(mine: Steps, theirs: Steps) -> bool:
    """Whether one reaches more machines than the other, at any time."""
    return any(_percent_at(mine, moment) > _percent_at(theirs, moment) for _, moment in (*mine, *theirs))


def _percent_at(steps: Steps, moment: timedelta) -> int:
    return max((percent for percent, after in steps if after <= moment), default=0)


def lane_of(push: str, name: str) -> str:
    """A lane of its own: a rollout holds up nobody."""
    return f"rollout/{push}/{name}"
