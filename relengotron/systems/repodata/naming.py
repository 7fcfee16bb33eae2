"""Which files do the metadata of a repo name, and how are they recognised?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import createrepo_c

from relengotron.errors import MalformedInput
from relengotron.systems.repodata.address import is_inside


@dataclass(frozen=True, slots=True)
class Named:
    """One file that a repo leads its readers to; ``kind`` is ``package`` or what repomd.xml calls it."""

    kind: str
    href: str
    algorithm: str
    checksum: str
    size: int


def files_named(repomd: Path) -> Sequence[Named]:
    """What repomd.xml names.

    Raises:
        MalformedInput: it is none, or leads outside of the repo.
    """
    try:
        found = createrepo_c.Repomd(str(repomd)).records
    except (createrepo_c.CreaterepoCError, OSError, ValueError) as wrong:
        raise MalformedInput(f"{repomd.name} cannot be read: {_words(wrong, repomd)}") from wrong
    strange = [each.location_href or "" for each in found if not _is_here(each)]
    if strange:
        raise MalformedInput(f"{repomd.name} leads outside of the repo: {strange[0][:200]!r}")
    return [_named(each.type, each, each.checksum, each.size) for each in found]


def packages_named(primary: Path) -> Sequence[Named]:
    """What primary metadata name within the repo; their file is packed as its name says.

    A package may lie elsewhere (``xml:base``): that is no part of this repo, and left out.

    Raises:
        MalformedInput: they cannot be read.
    """
    found: list[Any] = []
    try:
        createrepo_c.xml_parse_primary(str(primary), pkgcb=found.append)
    except (createrepo_c.CreaterepoCError, OSError, ValueError) as wrong:
        raise MalformedInput(f"{primary.name} cannot be read: {_words(wrong, primary)}") from wrong
    return [_named("package", each, each.pkgId, each.size_package) for each in found if _is_here(each)]


def _is_here(found: Any) -> bool:
    return not found.location_base and is_inside(found.location_href or "")


def _named(kind: str, found: Any, checksum: str | None, size: int) -> Named:
    return Named(kind, found.location_href, found.checksum_type or "none", (checksum or "").lower(), size)


def _words(wrong: Exception, file: Path) -> str:
    """What the library says, without the place where we happen to have the file."""
    return " ".join(str(wrong).replace(str(file), file.name).split())
