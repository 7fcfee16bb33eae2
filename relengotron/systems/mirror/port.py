"""What do we ask of the master mirror?"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

from relengotron.errors import MalformedInput, StateDisagrees
from relengotron.systems.mirror.paths import RelPath, rel_path

__all__ = [
    "Changes",
    "Entry",
    "Manifest",
    "MasterSeen",
    "Mirror",
    "Parcel",
    "RelPath",
    "Seen",
    "SourceChanged",
    "Staged",
    "Stamp",
    "Switched",
    "manifest_of",
]


class Entry(NamedTuple):
    """One file's content."""

    sha256: str
    size: int


class Stamp(NamedTuple):
    """By what a file is recognized as the very one that was read, untouched since: nobody can set the second back."""

    inode: int
    changed_ns: int


_SHA256 = re.compile(r"[0-9a-f]{64}")

Manifest = Mapping[str, Entry]
"""Every file of one published state, by its path below the target."""


def manifest_of(facts: Mapping[str, Any]) -> dict[str, Entry]:
    """Files as the journal keeps them: path to checksum and size; whatever else stands there is refused."""
    return {rel_path(path): _entry(*entry) for path, entry in facts.items()}


def _entry(sha256: Any, size: Any) -> Entry:
    if not _SHA256.fullmatch(str(sha256)):
        raise MalformedInput(f"not a SHA-256: {sha256!r}")
    return Entry(str(sha256), int(size))


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new state shows differently from the state with the number ``base`` (0: before anything was published)."""

    base: int
    shown: Mapping[str, Entry]
    """New files, and files whose content becomes another."""
    gone: frozenset[str]
    stamps: Mapping[str, Stamp] = field(default_factory=dict, compare=False)
    """The packages among ``shown`` as they lay there when their checksums were read."""

    def as_facts(self) -> dict[str, Any]:
        """As it is kept in the journal."""
        return {
            "base": self.base,
            "shown": {path: list(entry) for path, entry in sorted(self.shown.items())},
            "gone": sorted(self.gone),
            "stamps": {path: list(stamp) for path, stamp in sorted(self.stamps.items())},
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self | None:
        """Read it back; None when nothing was kept."""
        if not facts:
            return None
        gone = frozenset(map(rel_path, facts["gone"]))
        stamps = {path: Stamp(*map(int, stamp)) for path, stamp in facts.get("stamps", {}).items()}
        return cls(int(facts["base"]), manifest_of(facts["shown"]), gone, stamps)


@dataclass(frozen=True, slots=True)
class Staged:
    """A state whose new files lie beside its target, on the same file system, not yet visible."""

    target: RelPath
    run: str
    manifest: Manifest
    """The whole state; looked up in the record when it is asked, so that asking for one file costs one file."""
    changes: Changes
    place: Path
    """Where the new files lie, each named by its checksum."""


@dataclass(frozen=True, slots=True)
class Switched:
    """A target that shows a new state, and what is needed to go back."""

    target: RelPath
    current: Manifest
    previous: Manifest | None
    """The state before; None when nothing had ever been published here."""
    changed: Manifest
    """What ``current`` shows otherwise than ``previous``: new files and other content."""
    metadata: Manifest
    """What readers of ``current`` start from: repodata and CHECKSUM files, changed or not."""
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

    @property
    def is_absent(self) -> bool:
        """Say whether readers are told that there is no such file; a server in trouble says nothing of it."""
        return self.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


@dataclass(frozen=True, slots=True)
class MasterSeen:
    """A master on another machine, and what keeps us from writing there; None when nothing does."""

    name: str
    url: str
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files below ``source`` that come to a master under the same paths, all of them before the next parcel begins."""

    source: Path
    paths: tuple[str, ...] = ()
    is_pointer: bool = False
    """Their content changes under one name: compared by checksum, and all get their names at the end."""
    gone: tuple[str, ...] = ()
    """Paths that are taken away there first."""


class SourceChanged(StateDisagrees):
    """What was to be published is not there any more as it was compared."""


class Mirror(Protocol):
    """The master mirror; every verb may be repeated after a crash at any moment and ends in the same state."""

    def compare(self, source: Path, target: RelPath) -> Changes:
        """What publishing ``source`` would change; lists all of it, reads what is not known, changes nothing."""

    def stage(self, source: Path, target: RelPath, run: str, changes: Changes | None = None) -> Staged:
        """What ``source`` changes lies beside the target, complete and on disk; readers see nothing.

        ``changes`` is what ``compare`` said: while it still holds, only those files are looked at.
        """

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

    def generation(self, target: RelPath, number: int) -> Manifest:
        """The state with this number, as long as it can be put back."""

    def generations(self, target: RelPath) -> tuple[Manifest, ...]:
        """Every state that can still be put back, the present one last."""

    def look(self, urls: Mapping[str, str]) -> tuple[Seen, ...]:
        """Read each path (with the checksum expected there) as any reader would, over HTTP."""

    def read(self, path: str, at_most: int) -> bytes | None:
        """The content of one path as any reader gets it, over HTTP; None when there is none, or more than that."""

    def spread(self, paths: Iterable[str]) -> None:
        """These files below the root, which belong to no target, are at every remote master as they are here."""

    def relay(
        self, place: Path, asked: tuple[str, ...], parcels: Callable[[Mapping[str, bytes]], Iterable[Parcel]]
    ) -> None:
        """Every remote master has in its folder for this place, in this order, what ``parcels`` says.

        That is told what the files ``asked`` hold there now, those left out that are not there.
        """

    def try_masters(self) -> tuple[MasterSeen, ...]:
        """Every remote master that shows the same: a small hidden file is written there and taken away."""
