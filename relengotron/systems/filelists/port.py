"""What do we ask of the file lists that mirrors read?"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Module:
    """A part of the mirror that others copy as one; ``path`` is its directory below the root, empty for the root.

    ``leave_out`` are directories below it that are not listed.
    """

    name: str
    path: str = ""
    leave_out: tuple[str, ...] = ()

    @property
    def lists(self) -> tuple[str, ...]:
        """Its lists, below the mirror's root; last the one that mirrors compare."""
        names = ("fullfilelist", f"imagelist-{self.name}", f"fullfiletimelist-{self.name}")
        return tuple(f"{self.path}/{name}".removeprefix("/") for name in names)

    def place(self, root: Path) -> Path:
        """Its directory on this machine."""
        return root / self.path if self.path else root


class How(StrEnum):
    """How a list came to be true."""

    AS_IT_WAS = "as it was"
    CHANGED = "changed where the tree has changed"
    WALKED = "read anew from the whole tree"


@dataclass(frozen=True, slots=True)
class Listed:
    """One module whose lists are true; ``news`` are those that say something new, ``left_out`` names that none can say.

    ``rows`` is 0 where nothing had to be read.
    """

    module: str
    how: How
    news: tuple[str, ...] = ()
    rows: int = 0
    left_out: tuple[str, ...] = ()


class FileLists(Protocol):
    """``fullfiletimelist-MODULE``, ``fullfilelist`` and ``imagelist-MODULE``; each verb may be repeated at any time."""

    def refresh(self, also: Iterable[str] = (), *, full: bool = False) -> tuple[Listed, ...]:
        """The lists of every module name what is on the mirror; one that is true already is not touched.

        ``also`` are files and directories below the mirror's root that were changed without a record of it. With
        ``full`` nothing is taken from the lists of before.
        """

    def behind(self) -> dict[str, str]:
        """By module why its list is not known to be true; nothing for those that are."""

    def paths(self) -> tuple[str, ...]:
        """Every list that is there, below the mirror's root; of a module the one last that mirrors compare."""
