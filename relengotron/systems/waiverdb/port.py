"""What do we ask of the place where others keep their waivers?"""

from collections.abc import Collection
from typing import Protocol

from relengotron.model.gate import Subject
from relengotron.model.waiver import Waiver


class WaiverDb(Protocol):
    """One question, and one effect that only a person's command has; the daemon gives no waivers."""

    def waivers_of(self, subjects: Collection[Subject]) -> tuple[Waiver, ...]:
        """The newest waiver of each person about each test of these subjects; it may say that nothing is waived."""
        ...

    def give(self, waiver: Waiver) -> str:
        """The waiver, or its withdrawal, is there in the name of its person; who repeats it changes nothing.

        Returns the id that it has there.
        """
        ...

    def identity(self) -> str:
        """Which server this is."""
        ...
