"""What is a binary package of the generated distribution, before it is written as rpm-md?"""

from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from relengotron.model.package import Package

NOARCH = "noarch"


class Evr(NamedTuple):
    """Epoch, version and release."""

    epoch: str
    version: str
    release: str

    def __str__(self) -> str:
        epoch = "" if self.epoch == "0" else f"{self.epoch}:"
        return f"{epoch}{self.version}-{self.release}"

    def bumped(self, serial: int) -> Self:
        """A newer release of the same version; a higher serial is newer still."""
        return self._replace(release=f"{self.release}.{serial}")


class Relation(NamedTuple):
    """A name and, where a version matters, how it must compare (``LT``, ``LE``, ``EQ``, ``GE``, ``GT``)."""

    name: str
    flag: str | None = None
    evr: Evr | None = None

    def __str__(self) -> str:
        signs = {"LT": "<", "LE": "<=", "EQ": "=", "GE": ">=", "GT": ">"}
        return self.name if self.flag is None else f"{self.name} {signs[self.flag]} {self.evr}"


AnyOf = tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """One package; any relation of a tuple in ``requires`` or ``recommends`` keeps the whole tuple."""

    name: str
    evr: Evr
    is_noarch: bool
    source: str
    requires: tuple[AnyOf, ...] = ()
    recommends: tuple[AnyOf, ...] = ()
    provides: tuple[Relation, ...] = ()
    conflicts: tuple[Relation, ...] = ()
    obsoletes: tuple[Relation, ...] = ()
    section: str = ""
    priority: str = ""
    checksum: str = ""
    size: int = 0

    def on(self, arch: str) -> Package:
        """The package as a repo of the arch shows it."""
        return Package(self.name, *self.evr, NOARCH if self.is_noarch else arch)

    def requiring(self, *more: AnyOf) -> Self:
        """The same package with more dependencies."""
        return replace(self, requires=(*self.requires, *more))
