"""What would go through a gate now, and why the rest would not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relengotron.model.gated import Closing


class Prospect(StrEnum):
    """What would become of a batch if it were looked at now, best first."""

    MOVES = "moves"
    MOVING = "moving"
    WAITS = "waits"
    HELD = "held"
    SUSPECT = "suspect"


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """Builds that go together or not at all: what brought them together, what would become of them, and why.

    ``batch`` and ``run`` are those that answer for them already, ``breaks`` what the target would lose, package by
    package, and ``passed_by`` the people who let all of them through.
    """

    builds: tuple[str, ...]
    why: str
    prospect: Prospect
    reasons: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    batch: str | None = None
    run: str | None = None
    passed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutOfTheWay:
    """A build that would be taken out, or let go, and why."""

    build: str
    reason: str


@dataclass(frozen=True, slots=True)
class GatePlan:
    """A whole gate at one moment; nothing was changed to know this. ``notes`` say what could not be looked at."""

    gate: str
    pending: str
    target: str
    quarantine: str
    made_at: datetime
    closings: tuple[Closing, ...]
    batches: tuple[PlannedBatch, ...]
    out_of_the_way: tuple[OutOfTheWay, ...]
    in_quarantine: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def of(self, *prospects: Prospect) -> tuple[PlannedBatch, ...]:
        """The batches that this would become of."""
        return tuple(each for each in self.batches if each.prospect in prospects)

    @property
    def is_clear(self) -> bool:
        """Whether everything that is pending would move, or is moving."""
        return len(self.of(Prospect.MOVES, Prospect.MOVING)) == len(self.batches)


def builds_of(batches: Iterable[PlannedBatch]) -> int:
    """How many builds these batches have."""
    return sum(len(each.builds) for each in batches)
