"""What do we ask of the master mirror?"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from relengotron.systems.mirror.paths import RelPath

__all__ = ["Entry", "Manifest", "Mirror", "RelPath", "Seen", "Staged", "Switched"]


class Entry(NamedTuple):
    """One file's content."""

    sha256: str
    size: int


Manifest = Mapping[str, Entry]
"""Every file of one published state, by its path below the target."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A whole state that lies beside its target, on the same file system, not yet visible."""

    target: RelPath
    run: str
    manifest: Manifest
    place: Path


@dataclass(frozen=True, slots=True)
class Switched:
    """A target that shows a new state, and what is needed to go back."""

    target: RelPath
    current: Manifest
    previous: Manifest | None
    """The state before; None when nothing had ever been published here."""
    kept: Path
    """Where the files lie that the new state replaced under their own names."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader gets for one path."""

    path: str
    status: int
    sha256: str | None
    size: int
    expected: str

    def __str__(self) -> str:
        if self.is_as_expected:
            return f"{self.path}: as published"
        return f"{self.path}: other content than published" if self.sha256 else f"{self.path}: HTTP {self.status}"

    @property
    def is_as_expected(self) -> bool:
        """Say whether readers get the very content that we published."""
        return self.sha256 == self.expected


class Mirror(Protocol):
    """The master mirror; every verb may be repeated after a crash at any moment and ends in the same state."""

    def stage(self, source: Path, target: RelPath, run: str) -> Staged:
        """The files of ``source`` lie beside the target, complete and on disk; readers see nothing."""

    def discard(self, target: RelPath, run: str) -> None:
        """What the run had staged for the target is gone."""

    def switch(self, staged: Staged) -> Switched:
        """Readers see the staged state; at no moment did they see a mixed one."""

    def withdraw(self, target: RelPath, to_manifest: Manifest) -> Switched:
        """Readers see an earlier state again; an empty manifest takes the target off the list altogether."""

    def sweep(self, target: RelPath, keep_generations: int = 1) -> tuple[str, ...]:
        """Files that neither the present state nor the last ``keep_generations`` name are gone; returns their paths."""

    def place(self, target: RelPath) -> Path:
        """Where the target lies on this machine."""

    def published(self, target: RelPath) -> Manifest | None:
        """The state we last published; None when there was none."""

    def generations(self, target: RelPath) -> tuple[Manifest, ...]:
        """Every state that can still be put back, the present one last."""

    def look(self, urls: Mapping[str, str]) -> tuple[Seen, ...]:
        """Read each path (with the checksum expected there) as any reader would, over HTTP."""
