"""How do new files come to lie beside their target, complete and on disk?

Each is named by its checksum and gets that name last: a file that has it was read, compared and synced before.
"""

import os
import stat
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from relengotron.errors import StateDisagrees
from relengotron.systems.mirror.disk import read_entry, sync
from relengotron.systems.mirror.ground import Ground
from relengotron.systems.mirror.order import is_package
from relengotron.systems.mirror.port import Entry

_BATCH = 128
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


class Stage:
    """One run's folder for one target; ``links`` says whether packages may be hard-linked from where they come from."""

    def __init__(self, ground: Ground, folder: str, links: bool) -> None:
        self._ground = ground
        self._folder = folder
        self._links = links

    def fill(self, source: Path, files: Mapping[str, Entry]) -> None:
        """Every content is here under its checksum, once, whatever a former attempt left behind."""
        wanted = {entry.sha256: (source / path, entry) for path, entry in files.items()}
        there = set(self._ground.names(self._folder))
        missing = [item for sha256, item in sorted(wanted.items()) if sha256 not in there]
        for start in range(0, len(missing), _BATCH):
            self._batch(missing[start : start + _BATCH])

    def _batch(self, files: list[tuple[Path, Entry]]) -> None:
        here = self._ground.folder(self._folder)
        with ExitStack() as until_synced:
            written = [self._brought(source, entry, here, until_synced) for source, entry in files]
            sync(written)
        for _, entry in files:
            self._ground.announce("rename", f"{self._folder}/{entry.sha256}")
            os.replace(_part(entry), entry.sha256, src_dir_fd=here, dst_dir_fd=here)
        os.fsync(here)

    def _brought(self, source: Path, entry: Entry, here: int, until_synced: ExitStack) -> int:
        """The file under its passing name, open, with the very content that was announced."""
        with suppress(FileNotFoundError):
            os.unlink(_part(entry), dir_fd=here)
        is_linked = self._links and is_package(source.name) and self._link(source, entry, here)
        descriptor = os.open(_part(entry), _READING if is_linked else _NEW, 0o644, dir_fd=here)
        until_synced.callback(os.close, descriptor)
        read = read_entry(descriptor) if is_linked else self._copy(source, entry, descriptor)
        if read != entry:
            raise StateDisagrees(f"{source} changed while it was staged")
        return descriptor

    def _link(self, source: Path, entry: Entry, here: int) -> bool:
        """Link it, unless the file system cannot, or others could not read it there."""
        facts = source.stat(follow_symlinks=False)
        if not (stat.S_ISREG(facts.st_mode) and facts.st_mode & stat.S_IROTH):
            return False
        self._ground.announce("link", f"{self._folder}/{entry.sha256}")
        with suppress(OSError):
            os.link(source, _part(entry), dst_dir_fd=here, follow_symlinks=False)
            return True
        return False

    def _copy(self, source: Path, entry: Entry, writing: int) -> Entry:
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


def _part(entry: Entry) -> str:
    return f"{entry.sha256}.part"
