"""Which answers of a slow service may be taken from memory, which must be asked for, which are too old for both?"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

SETTLES: Final = timedelta(seconds=31)
"""An answer this young after an announcement may still be from before it: PDC repeats its answers for 30 seconds."""
CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""What claims to be from further ahead than this was written under a wrong clock, and proves nothing."""
NAMED: Final = 3
"""So many names are told, and how many more there are."""


class Standing(StrEnum):
    """What an answer from memory is worth."""

    FRESH = "fresh"
    AGED = "aged"
    DOUBTED = "doubted"
    TOO_OLD = "too old"
    UNKNOWN = "unknown"

    @property
    def is_usable(self) -> bool:
        """Whether it may be used while nobody answers."""
        return self in (Standing.FRESH, Standing.AGED, Standing.DOUBTED)


WORST_FIRST: Final = (Standing.UNKNOWN, Standing.TOO_OLD, Standing.DOUBTED, Standing.AGED, Standing.FRESH)


@dataclass(frozen=True, slots=True)
class Habits:
    """How long an answer holds without asking, and how long it holds while nobody answers."""

    fresh_for: timedelta
    usable_for: timedelta


class Remembered(NamedTuple):
    """One answer about a name: when it was asked for, and when a change of it was announced last."""

    name: str
    asked_at: datetime | None
    announced_at: datetime | None = None

    def standing(self, habits: Habits, now: datetime) -> Standing:
        """What this answer is worth now."""
        if self.asked_at is None:
            return Standing.UNKNOWN
        age = now - self.asked_at
        if not -CLOCKS_DIFFER <= age <= habits.usable_for:
            return Standing.TOO_OLD
        if self.announced_at is not None and self.asked_at < self.announced_at + SETTLES:
            return Standing.DOUBTED
        return Standing.AGED if age >= habits.fresh_for else Standing.FRESH


@dataclass(frozen=True, slots=True)
class Memory:
    """How each name stands."""

    standings: Mapping[str, Standing]

    @property
    def wanted(self) -> tuple[str, ...]:
        """What must be asked now."""
        return tuple(name for name, standing in self.standings.items() if standing is not Standing.FRESH)

    @property
    def useless(self) -> tuple[str, ...]:
        """What memory cannot answer even while nobody else does."""
        return tuple(name for name, standing in self.standings.items() if not standing.is_usable)

    def which_are(self, wanted: Standing) -> tuple[str, ...]:
        """The names that stand so."""
        return tuple(name for name, standing in self.standings.items() if standing is wanted)


def weigh(
    names: Collection[str], answers_each: int, remembered: Iterable[Remembered], habits: Habits, now: datetime
) -> Memory:
    """How the names stand: each is known by ``answers_each`` answers, and stands as the worst of them does."""
    found: dict[str, list[Standing]] = {name: [] for name in names}
    of_times: dict[tuple[datetime | None, datetime | None], Standing] = {}  # a thousand answers share a few times
    for each in remembered:
        times = each[1:]
        if times not in of_times:
            of_times[times] = each.standing(habits, now)
        found[each.name].append(of_times[times])
    return Memory({name: _worst(standings, answers_each) for name, standings in found.items()})


def _worst(standings: Collection[Standing], wanted: int) -> Standing:
    if len(standings) < wanted:
        return Standing.UNKNOWN
    return next(standing for standing in WORST_FIRST if standing in standings)


def some_of(names: Collection[str]) -> str:
    """The first few names and how many more there are."""
    first = ", ".join(list(names)[:NAMED])
    return first if len(names) <= NAMED else f"{first} and {len(names) - NAMED} more"
