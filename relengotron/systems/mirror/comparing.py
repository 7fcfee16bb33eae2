"""What would publishing a folder change? All of it is listed; read is only what the record does not know.

A file is not read when the record knows it: it is the very file that readers get (one inode, linked from a store), or
it is a package of the size and time of the one that readers get under this name. Only packages: their names change with
their content, and a new repomd.xml may well have size and time of the old one. What readers get is not read either
while inode, time and size are those with which we showed it; whoever edits it by hand changes one of them, and is read.
"""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from relengotron.systems.mirror.disk import entry_of
from relengotron.systems.mirror.order import is_package
from relengotron.systems.mirror.port import Changes, Entry, Stamp
from relengotron.systems.mirror.records import Known, Records
from relengotron.systems.mirror.source import files_of

_TICK_NS = 100_000_000
"""A file that changes twice within one tick of the kernel's clock for files (at most 10 ms) shows only one time."""


def compare(source: Path, live: Path, records: Records) -> Changes:
    """The files that readers would get anew, with other content, or mended, and those that leave the list."""
    base, known = records.number(), records.known()
    calm = time.time_ns() - _TICK_NS
    found = files_of(source)
    shown = {path: entry for path, facts in found.items() if (entry := _new(source, live, path, facts, known))}
    stamps = {path: stamp_of(found[path]) for path in shown if is_package(path) and found[path].st_ctime_ns < calm}
    return Changes(base, shown, frozenset(known.keys() - found.keys()), stamps)


def stamp_of(facts: os.stat_result) -> Stamp:
    """By what this file is known again; a change of its content always changes the second."""
    return Stamp(facts.st_ino, facts.st_ctime_ns)


def _new(source: Path, live: Path, path: str, facts: os.stat_result, known: Mapping[str, Known]) -> Entry | None:
    """What must be shown under the path; None when readers get it already."""
    before = known.get(path)
    shown = _facts_of(f"{live}/{path}") if before is not None else None
    if before is None or shown is None:
        return entry_of(source / path)
    is_untouched = before.is_this(shown)
    if is_untouched and _is_same_file(path, facts, before, shown):
        return None
    entry = entry_of(source / path)
    if entry != before.entry:
        return entry
    return None if is_untouched or entry_of(live / path) == entry else entry


def _is_same_file(path: str, facts: os.stat_result, before: Known, shown: os.stat_result) -> bool:
    if (facts.st_ino, facts.st_dev) == (shown.st_ino, shown.st_dev):
        return True
    return is_package(path) and (facts.st_size, facts.st_mtime_ns) == (before.entry.size, before.mtime_ns)


def _facts_of(path: str) -> os.stat_result | None:
    try:
        return os.stat(path, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return None
