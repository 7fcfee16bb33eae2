"""What former runs let us expect: how long, how much, and from how much history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from relengotron.model.spans import between, length


class Scope(StrEnum):
    """Whose history it is: of the same lane, else of the same request of other releases, else of any lane."""

    LANE = "lane"
    REQUEST = "request"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Estimate:
    """The middle of what was measured ``count`` times (seconds, tasks, hours), and the range that holds most of it."""

    median: float
    low: float
    high: float
    count: int

    def as_time(self, source: str = "") -> str:
        """The seconds in words, as ``12 min (8 to 20 min, from 14 runs)``; ``source`` is what it is from."""
        median, low, high = (timedelta(seconds=each) for each in (self.median, self.low, self.high))
        ends = between(low, high) if length(low) != length(high) else ""
        added = ", ".join(part for part in (ends, source) if part)
        return f"{length(median)} ({added})" if added else length(median)


Walk = Mapping[str, timedelta]
"""How long each step took that a former run has done, the time in which it waited for people left out."""


@dataclass(frozen=True, slots=True)
class Past:
    """The newest former runs that there is reason to compare with."""

    scope: Scope
    walks: tuple[Walk, ...]


@dataclass(frozen=True, slots=True)
class Compose:
    """What one former run spent on one artifact.

    ``took`` is for how long its compose was waited for; ``tasks`` is how many Koji tasks were asked for in all tries,
    and ``task_time`` for how long those were waited for that came to something.
    """

    kind: str
    took: timedelta
    tasks: int
    task_time: timedelta


@dataclass(frozen=True, slots=True)
class PastComposes:
    """By artifact the composes of the newest former runs that there is reason to compare with."""

    scope: Scope
    composes: Mapping[str, tuple[Compose, ...]]

    def of_kind(self, kind: str) -> tuple[Compose, ...]:
        """The composes of every artifact of this kind."""
        return tuple(each for composes in self.composes.values() for each in composes if each.kind == kind)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one compose of a kind costs: Koji tasks, and hours from asking for them until their result was seen."""

    tasks: Estimate
    task_hours: Estimate


@dataclass(frozen=True, slots=True)
class Eta:
    """How many seconds are still to come.

    ``rest`` is None where no step that is to come was ever done before. It leaves out the ``unknown`` steps.
    ``slower_than`` counts the former runs if the present step takes longer than in any of them, and is 0 otherwise.
    """

    rest: Estimate | None
    scope: Scope
    unknown: tuple[str, ...] = ()
    slower_than: int = 0

    def __str__(self) -> str:
        """In one line: how long, the range, from how much history, and which part of it is not known."""
        if self.rest is None:
            return "no history"
        known = self.rest.as_time(f"from {_runs(self.rest.count)}{_OF[self.scope]}")
        about = f"at least {known}" if self.unknown else f"about {known}"
        slow = f"this step takes longer than in any of the last {_runs(self.slower_than)}" if self.slower_than else ""
        if slow:
            about = f"then {about}" if self.rest.high > 0 else ""
        missing = f"no history for {_some(self.unknown)}" if self.unknown else ""
        return "; ".join(part for part in (slow, about, missing) if part)


_OF = {Scope.LANE: "", Scope.REQUEST: " of other releases", Scope.ANY: " of other lanes"}
_MOST_NAMES = 2


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"


def _some(names: tuple[str, ...]) -> str:
    rest, promises = len(names) - _MOST_NAMES, [name.removeprefix("ensure_").replace("_", " ") for name in names]
    return ", ".join(promises) if rest < 2 else f"{', '.join(promises[:_MOST_NAMES])} and {rest} more"
