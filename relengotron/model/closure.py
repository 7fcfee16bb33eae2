"""What does not fit together in a set of packages?"""

from dataclasses import dataclass
from typing import Final

WAITS_FOR: Final = "waits for"
"""How a batch says what it waits for: a note of its run about ``batch`` and its id, in this state, with the packages of
the builds at the gate that have what it lacks under ``packages`` in its facts."""


@dataclass(frozen=True, slots=True, order=True)
class Break:
    """A requirement that no package fulfils.

    ``package`` is the NEVRA of who requires it, ``source`` the name of the source package that is from. ``is_new`` says
    that the package comes with the change itself; else it was there before and the change took away what it needs.
    """

    package: str
    source: str
    requirement: str
    arch: str
    is_new: bool

    def __str__(self) -> str:
        return f"{self.package} requires {self.requirement}, which nothing provides ({self.arch})"
