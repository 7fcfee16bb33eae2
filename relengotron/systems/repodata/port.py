"""What do we ask about the packages of repos?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, Self

from relengotron.model.closure import Break
from relengotron.model.contents import Manifest
from relengotron.model.package import Package


@dataclass(frozen=True, slots=True)
class Universe:
    """Everything that a compose of one arch can install from.

    ``urls`` are rpm-md repos (``http``, ``https``, ``file``), each the directory that holds ``repodata/``. ``rpms`` are
    files that no repo shows yet, such as the builds of a push before they are mashed. ``without`` holds (URL, source
    package): that repo is taken as if it had nothing of that source, as after a newer build has taken its place.
    """

    urls: tuple[str, ...]
    arch: str
    rpms: tuple[Path, ...] = ()
    without: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Replacement:
    """Builds that take the place of everything made from the same sources: their RPM files, and these sources.

    Without files nothing takes their place. Files of other arches may be among them, and are left aside.
    """

    rpms: tuple[Path, ...]
    sources: frozenset[str]


@dataclass(frozen=True, slots=True)
class Solution:
    """What installing a manifest brings: every package with its checksum as the metadata say it.

    ``problems`` are a solver's words; they are not empty when and only when nothing can be installed. ``revisions``
    are the repos' revisions (SHA-256 of ``repomd.xml``) that were looked at.
    """

    packages: Mapping[Package, str]
    problems: tuple[str, ...] = ()
    revisions: Mapping[str, str] | None = None

    @property
    def is_possible(self) -> bool:
        """Whether the manifest can be installed."""
        return not self.problems


class Repodata(Protocol):
    """Repo metadata, read once per revision and kept warm. Every method reads only, and any thread may call.

    Every method raises ``SystemUnreachable`` when a repo or a file cannot be read now or changes while it is read, and
    ``MalformedInput`` when its metadata, or a package, are not what they claim to be.
    """

    def newest(self, universe: Universe) -> Mapping[tuple[str, str], Package]:
        """The newest package of each (name, arch) that this arch can install."""

    def solve(self, universe: Universe, manifest: Manifest) -> Solution:
        """What a fresh system with the manifest would consist of; ``manifest.install`` must not be None."""

    def broken(self, universe: Universe) -> tuple[Break, ...]:
        """Every requirement of a package of this arch that nothing provides, as ``dnf repoclosure`` finds them."""

    def breaks(self, universe: Universe, before: Sequence[Replacement], change: Replacement) -> tuple[Break, ...]:
        """Every requirement that nothing provides once these builds are there, and that something provided until then.

        What a package requires that comes with the change counts in any case. ``before`` came already, in this order,
        even if the metadata do not show it yet; where they do, it makes no difference.
        """

    def offers(
        self, rpms: Mapping[str, Collection[Path]], requirements: Collection[str]
    ) -> Mapping[str, frozenset[str]]:
        """Per requirement, as a ``Break`` words it, which of these builds provide it, or a part of it."""

    def revisions(self, urls: tuple[str, ...]) -> Mapping[str, str]:
        """The revision of each repo as it is now: SHA-256 of its ``repomd.xml``."""

    def made_at(self, urls: Collection[str]) -> datetime:
        """When the oldest of these repos was made, as its metadata say; 1970 where they do not."""

    def frozen(self) -> Self:
        """The same repos, each looked at once and then believed: for many questions of one moment, then thrown away."""
