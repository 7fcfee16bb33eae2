"""What do we ask of the place where others keep their waivers?"""

from collections.abc import Collection
from typing import Protocol

from relengotron.model.gate import Subject
from relengotron.model.waiver import Waiver


class WaiverDb(Protocol):
    """One question; waivers of our own are given by ``relengotron waive``."""

    def waivers_of(self, subjects: Collection[Subject]) -> tuple[Waiver, ...]:
        """The newest waiver of each person about each test of these subjects; it may say that nothing is waived."""
        ...

    def identity(self) -> str:
        """Which server this is."""
        ...
