"""The name of one binary package, as repos, trees and solvers mean it."""

from typing import NamedTuple, Self

from relengotron.errors import MalformedInput

NO_EPOCH = "0"


class Package(NamedTuple):
    """Name, epoch, version, release and architecture; the epoch is ``0`` where there is none."""

    name: str
    epoch: str
    version: str
    release: str
    arch: str

    @property
    def evr(self) -> str:
        """``[epoch:]version-release``; an epoch of 0 is not written."""
        epoch = "" if self.epoch == NO_EPOCH else f"{self.epoch}:"
        return f"{epoch}{self.version}-{self.release}"

    def __str__(self) -> str:
        return f"{self.name}-{self.evr}.{self.arch}"

    @classmethod
    def of(cls, name: str, evr: str, arch: str) -> Self:
        """Put it together from ``[epoch:]version-release`` as a solver writes it.

        Raises:
            MalformedInput: the text is not such a version.
        """
        epoch, _, rest = evr.rpartition(":")
        version, dash, release = rest.rpartition("-")
        if not (dash and version and release):
            raise MalformedInput(f"not a [epoch:]version-release: {evr!r}")
        return cls(name, epoch or NO_EPOCH, version, release, arch)
