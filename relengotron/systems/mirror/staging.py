"""How do new files come to lie beside their target, complete and on disk?

Each is named by its checksum and gets that name last: a file that has it was read, compared and synced before.
"""

import os
import stat
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from relengotron.systems.mirror.comparing import stamp_of
from relengotron.systems.mirror.disk import read_entry, sync
from relengotron.systems.mirror.ground import Ground
from relengotron.systems.mirror.order import is_package
from relengotron.systems.mirror.port import Changes, Entry, SourceChanged, Stamp

_BATCH = 256
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class _Wanted(NamedTuple):
    """A file to bring: where it lies, what it must hold, and by what it is known again if it was read before."""

    source: str
    entry: Entry
    stamp: Stamp | None


class Stage:
    """One run's folder for one target; ``links`` says whether packages may be hard-linked from where they come from."""

    def __init__(self, ground: Ground, folder: str, links: bool) -> None:
        self._ground = ground
        self._folder = folder
        self._links = links

    def fill(self, source: Path, changes: Changes) -> None:
        """Every content is here under its checksum, once, whatever a former attempt left behind."""
        wanted = {
            entry.sha256: _Wanted(f"{source}/{path}", entry, changes.stamps.get(path))
            for path, entry in changes.shown.items()
        }
        there = set(self._ground.names(self._folder))
        for half in there & {_part(each.entry) for each in wanted.values()}:
            self._ground.remove(f"{self._folder}/{half}")
        missing = [each for sha256, each in sorted(wanted.items()) if sha256 not in there]
        for start in range(0, len(missing), _BATCH):
            self._batch(missing[start : start + _BATCH])
        self._ground.settle(f"{self._folder}/{each.entry.sha256}" for each in missing)

    def _batch(self, files: list[_Wanted]) -> None:
        here = self._ground.folder(self._folder)
        with ExitStack() as until_synced:
            sync([self._brought(each, here, until_synced) for each in files])
        for each in files:
            self._ground.announce("rename", f"{self._folder}/{each.entry.sha256}")
            os.replace(_part(each.entry), each.entry.sha256, src_dir_fd=here, dst_dir_fd=here)

    def _brought(self, wanted: _Wanted, here: int, until_synced: ExitStack) -> int:
        """The file under its passing name, open, with the very content that was announced."""
        source, entry = wanted.source, wanted.entry
        linked = self._link(wanted, here) if self._links and is_package(source) else None
        descriptor = os.open(_part(entry), _NEW if linked is None else _READING, 0o644, dir_fd=here)
        until_synced.callback(os.close, descriptor)
        if linked is not None and _is_known(wanted, linked, os.fstat(descriptor)):
            return descriptor
        read = self._copy(source, entry, descriptor) if linked is None else read_entry(descriptor)
        if read != entry:
            raise SourceChanged(f"{source} changed while it was staged")
        return descriptor

    def _link(self, wanted: _Wanted, here: int) -> os.stat_result | None:
        """Link it, and say what was known of it before; None if it cannot be, or others could not read it."""
        facts = os.stat(wanted.source, follow_symlinks=False)
        if not (stat.S_ISREG(facts.st_mode) and facts.st_mode & stat.S_IROTH):
            return None
        self._ground.announce("link", f"{self._folder}/{wanted.entry.sha256}")
        with suppress(OSError):
            os.link(wanted.source, _part(wanted.entry), dst_dir_fd=here, follow_symlinks=False)
            return facts
        return None

    def _copy(self, source: str, entry: Entry, writing: int) -> Entry:
        self._ground.announce("copy", f"{self._folder}/{entry.sha256}")
        reading = os.open(source, _READING)
        try:
            with open(writing, "wb", closefd=False) as copy:
                read = read_entry(reading, copy.write)
            self._ground.announce("half a copy", f"{self._folder}/{entry.sha256}")
            facts = os.fstat(reading)
        finally:
            os.close(reading)
        os.fchmod(writing, 0o644)
        os.utime(writing, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        return read


def _is_known(wanted: _Wanted, before: os.stat_result, linked: os.stat_result) -> bool:
    """Say whether its checksum was read before and nobody touched it since; linking alone changes its second time."""
    return stamp_of(before) == wanted.stamp and (linked.st_ino, linked.st_size) == (before.st_ino, wanted.entry.size)


def _part(entry: Entry) -> str:
    return f"{entry.sha256}.part"
