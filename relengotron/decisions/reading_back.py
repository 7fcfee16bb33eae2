"""Is what a reader outside gets the new state, still the old one, or a lie?

What is old comes to an end by itself. A lie does not: content that is neither new nor old, or a new metadata file that
leads to what is not there. A service that answers with an error says nothing about the bits, also where it calls its
error page a success: one answer to different questions.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

ABSENT = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)


@dataclass(frozen=True, slots=True)
class Read:
    """What one path gave: the SHA-256 that is new there, the one of before, and the one that was read.

    ``start`` is the folder whose readers start from this file (``updates/24/x86_64/`` for its ``repomd.xml``), None for
    what is only led to.
    """

    path: str
    new: str
    old: str | None
    read: str | None
    status: int
    size: int
    start: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether it is what was published."""
        return self.read == self.new

    @property
    def is_old(self) -> bool:
        """Whether it is what was there before; where nothing was, that is nothing."""
        return self.read == self.old and (self.read is not None or self.status in ABSENT)

    @property
    def is_absent(self) -> bool:
        """Whether there is no such file."""
        return self.read is None and self.status in ABSENT


@dataclass(frozen=True, slots=True)
class Looked:
    """The paths that are as published, a sentence for each other; ``lies`` are those that do not mend themselves."""

    seen: tuple[str, ...]
    missing: tuple[str, ...]
    lies: tuple[str, ...]


def judge(reads: Sequence[Read]) -> Looked:
    """Weigh every file by itself, and by the new files that lead to it."""
    shown, pages = _leads(reads), _error_pages(reads)
    lies = {each.path: lie for each in reads if (lie := _lie(each, shown, pages)) is not None}
    missing = {each.path: lies.get(each.path) or _not_yet(each, pages) for each in reads if not each.is_new}
    return Looked(
        seen=tuple(each.path for each in reads if each.is_new),
        missing=tuple(missing.values()),
        lies=tuple(lies.values()),
    )


def _leads(reads: Iterable[Read]) -> Mapping[str, str | None]:
    """By folder a file that readers start from and that shows the new state; one that never changed says nothing."""
    found: dict[str, str | None] = {}
    for each in reads:
        if each.start is not None:
            shows = each.path if each.is_new and each.new != each.old else None
            found[each.start] = found.get(each.start) or shows
    return found


def _lead(path: str, shown: Mapping[str, str | None]) -> str | None:
    """The new file that leads to this one: a folder with a start of its own is no part of those above it."""
    return shown.get(max((folder for folder in shown if path.startswith(folder)), key=len, default=""))


def _error_pages(reads: Iterable[Read]) -> frozenset[str]:
    """Contents that came where different ones were wanted; of an empty file that may be true."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for each in reads:
        if each.read is not None and each.size > 0 and not each.is_new and not each.is_old:
            wanted[each.read].add(each.new)
    return frozenset(content for content, asked in wanted.items() if len(asked) > 1)


def _lie(each: Read, shown: Mapping[str, str | None], pages: frozenset[str]) -> str | None:
    if each.is_new or each.read in pages:
        return None
    if each.read is not None and not each.is_old:
        return (
            f"{each.path}: expected SHA-256 {each.new[:12]}, read {each.read[:12]} ({each.size} bytes), which is"
            " neither new nor old"
        )
    lead = _lead(each.path, shown)
    if lead is None or not (each.is_old or each.is_absent):
        return None
    return f"{each.path}: {'not there' if each.is_absent else 'old content'}, although {lead} is new and leads to it"


def _not_yet(each: Read, pages: frozenset[str]) -> str:
    if each.read is None:
        return f"{each.path}: HTTP {each.status}"
    if each.read in pages:
        what = f"({each.read[:12]}, {each.size} bytes): an error page, it seems"
        return f"{each.path}: HTTP {each.status} with what comes for other paths too {what}"
    return f"{each.path}: still the content of before"
