"""Which metadata files does a repo have now, and how are they recognised?"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import createrepo_c

from relengotron.errors import MalformedInput
from relengotron.systems.repodata.address import is_inside

REPOMD = "repodata/repomd.xml"
PRIMARY = "primary"
FILELISTS = "filelists"
LARGEST_REPOMD = 1 << 20
LARGEST_FILE = 1 << 29
LARGEST_OPEN = 1 << 31
"""The file lists of the largest repos of the field are 0.8 GiB when unpacked."""
_CHECKSUMS = {"sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
_READ = (PRIMARY, FILELISTS)
_LAST_SECOND = 1 << 32
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Record:
    """One file that ``repomd.xml`` names; ``size`` is None where it does not say it."""

    kind: str
    href: str
    algorithm: str
    checksum: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Repomd:
    """What a repo says of itself; ``revision`` is the SHA-256 of the file that says it, ``made_at`` in seconds."""

    revision: str
    records: Mapping[str, Record]
    made_at: int = 0

    @property
    def primary(self) -> Record:
        """The list of packages, which every repo has."""
        return self.records[PRIMARY]

    @property
    def filelists(self) -> Record | None:
        """The list of all files, which some repos leave out."""
        return self.records.get(FILELISTS)


def revision_of(content: bytes) -> str:
    """The revision of a repo whose ``repomd.xml`` has this content."""
    return hashlib.sha256(content).hexdigest()


def read_repomd(content: bytes, file: Path, repo: str) -> Repomd:
    """Understand the content of ``repomd.xml``, which ``file`` holds as well: the library reads only files.

    Raises:
        MalformedInput: it is not such a file, or names a file in a way that is not to be followed.
    """
    try:
        found = createrepo_c.Repomd(str(file)).records
    except (createrepo_c.CreaterepoCError, OSError, ValueError) as wrong:
        raise MalformedInput(f"{repo}: repomd.xml cannot be read: {' '.join(str(wrong).split())}") from wrong
    records = {each.type: _record(each, repo) for each in found if each.type in _READ}
    if PRIMARY not in records:
        raise MalformedInput(f"{repo}: repomd.xml names no primary metadata")
    made_at = min(max(each.timestamp, 0) for each in found if each.type in _READ)
    return Repomd(revision_of(content), records, min(made_at, _LAST_SECOND))


def _record(found: Any, repo: str) -> Record:
    kind, href = found.type, found.location_href or ""
    if found.location_base or not is_inside(href):
        raise MalformedInput(f"{repo}: repomd.xml names a file outside of the repo as {kind}: {href[:200]!r}")
    algorithm, checksum = found.checksum_type or "none", (found.checksum or "").lower()
    if len(checksum) != _CHECKSUMS.get(algorithm) or not set(checksum) <= _HEX:
        raise MalformedInput(f"{repo}: {kind} has no usable checksum: wanted one of {', '.join(_CHECKSUMS)}")
    if max(found.size, 0) > LARGEST_FILE or max(found.size_open, 0) > LARGEST_OPEN:
        raise MalformedInput(f"{repo}: {kind} is too large: {found.size} bytes, {found.size_open} when unpacked")
    return Record(kind, href, algorithm, checksum, found.size if found.size > 0 else None)
