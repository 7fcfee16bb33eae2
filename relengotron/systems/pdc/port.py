"""What do we ask PDC?"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Containment:
    """One artifact of a release contains one binary package."""

    artifact: str
    artifact_release: str
    relation: str
    package: str


@dataclass(frozen=True, slots=True)
class PdcRelease:
    """A release as PDC knows it; ``product_version`` is None for one that hangs below no product."""

    release_id: str
    short: str
    version: str
    active: bool
    product_version: str | None


class Pdc(Protocol):
    """The database of what every artifact is made from.

    Every method raises ``SystemUnreachable`` when PDC cannot answer now, ``RequestRefused`` when it says no, and
    ``MalformedInput`` when what it says is not what it promises.
    """

    def questions(
        self, release: str, packages: Collection[str], relation_types: Collection[str]
    ) -> Iterator[tuple[str, ...]]:
        """The packages in as few groups as can each be asked about in one request; nothing is asked yet."""

    def artifacts_containing(
        self, release: str, packages: Collection[str], relation_types: Collection[str], *, fresh: bool = False
    ) -> tuple[Containment, ...]:
        """Which artifacts contain any of these binary packages of the release, by one of these relations; each once.

        PDC repeats its answers for half a minute; ``fresh`` asks so that it has to look.
        """

    def packages_of(
        self, release: str, artifact: str, relation_types: Collection[str], at_most: int
    ) -> tuple[Containment, ...]:
        """The binary packages that an artifact contains, by one of these relations, page by page up to a number."""

    def release(self, release_id: str) -> PdcRelease | None:
        """The release, or None when PDC does not know it."""

    def component_types(self) -> frozenset[str]:
        """The kinds of components the administrators set up."""

    def relation_types(self) -> frozenset[str]:
        """The kinds of relationships the administrators set up."""

    def identity(self) -> str:
        """One line for a person: where PDC is, and as whom it knows us."""
