"""What do people want of a build in quarantine, how is its run called, and how does the build leave it?"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from relengotron.model.gated import WayOut

KEPT_BY: Final = "keep_in_quarantine"
"""The workflow whose run looks after one build in quarantine."""

LEAVING: Final = "leave quarantine"
"""The key of the first wish that ends the stay; others that come after it count no more."""

TEST_AGAIN: Final = "test again "
"""What the key of each wish for new tests begins with; the name of the wish follows."""


@dataclass(frozen=True, slots=True)
class QuarantineWish:
    """What one person wants of one build in quarantine, and why."""

    way: WayOut
    who: str
    why: str
    at: datetime


class Departure(StrEnum):
    """How a build leaves quarantine."""

    RELEASED = "released"
    DROPPED = "dropped"
    SUPERSEDED = "superseded"
    BY_HAND = "moved by hand"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A build leaves quarantine: how, why, and who wants that, where it is a person."""

    how: Departure
    why: str
    who: str | None = None
