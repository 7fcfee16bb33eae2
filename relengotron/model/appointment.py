"""Something that is done again and again, at moments that everybody can work out."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

LEISURELY = 50
"""What nobody waits for: pushes have lower numbers, and go first."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every so often, counted from the first Monday of 1970, UTC; ``at`` is the time of day, from midnight."""

    every: timedelta
    at: timedelta = timedelta()

    def __str__(self) -> str:
        return f"every {self.every} from {self.at}"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A run of this workflow is opened in this lane at each moment of the rhythm; its name is unique."""

    name: str
    rhythm: Rhythm
    workflow: str
    lane: str
    request: Any
    priority: int = LEISURELY
