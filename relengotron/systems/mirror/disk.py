"""When is a change on the file system about to be made, and how is trouble with it told?"""

import errno
import functools
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from relengotron.errors import RelengError, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.systems.mirror.port import Entry

P = ParamSpec("P")
T = TypeVar("T")
_CHUNK = 1 << 20
_AT_ONCE = 8
_AT_ONCE_FROM_S = 0.0001
"""A file that is on disk already takes 0.03 ms, which is less than a thread costs."""
_SENTENCES: Final = {
    errno.ENOSPC: "the mirror's file system is full: make room there; nothing of this is visible yet",
    errno.EDQUOT: "the quota on the mirror's file system is used up: make room there; nothing of this is visible yet",
    errno.EROFS: "the mirror's file system is read-only: mount it writable",
    errno.EACCES: "the daemon may not write to the mirror: look at the owner and the modes",
    errno.EPERM: "the daemon may not write to the mirror: look at the owner and the modes",
    errno.ESTALE: "the mirror's file system is not there (stale handle): mount it again",
    errno.EIO: "the mirror's file system does not answer (input/output error)",
    errno.ENOTCONN: "the mirror's file system is not connected: mount it again",
}


class Disk:
    """The machine's disk as publishing uses it: each change is announced to ``before``."""

    def before(self, effect: str, path: Path) -> None:
        """Called before each change; a rehearsal overrides it to cut the power there."""


def sync(descriptors: Iterable[int]) -> None:
    """What was written to these is on disk; where that takes its time several wait at once, and share the flushes."""
    waiting = tuple(descriptors)
    first, rest = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
    began = time.perf_counter()
    _sync_all(first)
    if len(rest) < _AT_ONCE or time.perf_counter() - began < len(first) * _AT_ONCE_FROM_S:
        _sync_all(rest)
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(_sync_all, (rest[start::_AT_ONCE] for start in range(_AT_ONCE))))


def _sync_all(descriptors: tuple[int, ...]) -> None:
    for descriptor in descriptors:
        os.fsync(descriptor)


def in_our_words(verb: Callable[P, T]) -> Callable[P, T]:
    """A verb whose trouble with the file system is told as ours: full or broken disks are waited for."""

    @functools.wraps(verb)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return verb(*args, **kwargs)
        except OSError as error:
            raise _told(error) from error
        except sqlite3.OperationalError as error:
            busy = "locked" in str(error)
            raise (SystemBusy if busy else SystemUnreachable)(f"the mirror's records: {error}") from error

    return told


def _told(error: OSError) -> RelengError:
    if error.errno in {errno.ELOOP, errno.ENAMETOOLONG}:
        return RequestRefused(f"a path that the mirror cannot have: {error}")
    sentence = _SENTENCES.get(error.errno or 0, "the mirror's file system")
    return SystemUnreachable(f"{sentence} ({error})")


def entry_of(path: Path) -> Entry:
    """Read a file's checksum and size."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return read_entry(descriptor)
    finally:
        os.close(descriptor)


def read_entry(descriptor: int, onward: Callable[[bytes], object] = lambda chunk: None) -> Entry:
    """Checksum and size of what an open file still holds; each piece is handed on."""
    digest, size = hashlib.sha256(), 0
    while chunk := os.read(descriptor, _CHUNK):
        digest.update(chunk)
        onward(chunk)
        size += len(chunk)
    return Entry(digest.hexdigest(), size)
