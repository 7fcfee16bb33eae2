"""In which order do files become visible, so that a reader finds whatever he has read about?"""

import re
from collections.abc import Iterable
from enum import IntEnum

_REPOMD = re.compile(r"repomd\.xml(?:\.[a-z]+)?")
_CHECKSUMS = ("CHECKSUM", "SHA256SUM", "MD5SUM")


class Rank(IntEnum):
    """What a file points at is always of a smaller rank."""

    CONTENT = 0
    METADATA = 1
    POINTER = 2


def rank(path: str) -> Rank:
    """Packages and images first, then metadata, then what readers start from: repomd.xml and CHECKSUM files."""
    folder, _, name = path.rpartition("/")
    if any(word in name for word in _CHECKSUMS):
        return Rank.POINTER
    if folder != "repodata" and not folder.endswith("/repodata"):
        return Rank.CONTENT
    return Rank.POINTER if _REPOMD.fullmatch(name) else Rank.METADATA


def is_pointer(path: str) -> bool:
    """Say whether readers start from it; nothing points at it, and nothing else points at anything."""
    return rank(path) is Rank.POINTER


def in_order(paths: Iterable[str]) -> list[str]:
    """The order of publishing; a signature stands after the repomd.xml that it signs."""
    return sorted(paths, key=lambda path: (rank(path), path))


def has_one_content_for_ever(path: str) -> bool:
    """Say whether readers of an older repomd.xml rely on this name's content: packages and named metadata."""
    return is_package(path) or rank(path) is Rank.METADATA


def is_package(path: str) -> bool:
    """Say whether it is a package, whose name holds version and release."""
    return path.endswith((".rpm", ".drpm"))
