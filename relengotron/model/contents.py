"""What an artifact wishes to contain, and what it was really made of."""

from dataclasses import dataclass

from relengotron.model.package import Package


@dataclass(frozen=True, slots=True)
class Manifest:
    """What people wrote down about the content of an artifact, includes flattened.

    ``digest`` (SHA-256, hex) changes with every edit that can change bits; ``origin`` says for people where the
    manifest was read. ``install`` are the names (or provides) to be installed, None where a solver has nothing to do.
    """

    digest: str
    origin: str
    install: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    recommends: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """The packages that an artifact contains, and who says so (``commit 0f3a... of REF``).

    ``manifest`` is the digest of the manifest that it was composed from, None where nobody wrote it down.
    ``made_from`` are the identities of the artifacts that it was made from (commits), where that is known.
    """

    packages: tuple[Package, ...]
    source: str
    manifest: str | None = None
    made_from: tuple[str, ...] = ()
