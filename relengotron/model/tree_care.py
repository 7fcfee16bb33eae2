"""What is to be done to one repo of trees, as a run was asked for it."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FreshBranches:
    """Branches that fit ``refs`` are merged into the branch ``into``, and then away."""

    refs: str
    into: str


@dataclass(frozen=True, slots=True)
class OldBranches:
    """Branches that fit ``refs`` and got no commit for ``idle`` go into the repo ``into``, and then away."""

    refs: str
    idle: timedelta
    into: Path


@dataclass(frozen=True, slots=True)
class TreeCare:
    """The appointment that asks for it, the repo, and what is wanted there."""

    appointment: str
    repo: Path
    check: bool = True
    merge: tuple[FreshBranches, ...] = ()
    tag: tuple[str, ...] = ()
    archive: tuple[OldBranches, ...] = ()
    collect: bool = True
    deltas: int = 0
    deltas_for: str = "*"

    @property
    def lane(self) -> str:
        """One repo is looked after by one run at a time."""
        return f"trees {self.repo}"
