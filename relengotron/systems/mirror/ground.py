"""How is a file below the mirror's root reached and changed, so that no symbolic link ever leads out of it?

Every folder is opened once, name by name from the root on, and never through a symbolic link; what is done in it is
done through its descriptor. Whoever swaps a folder for a link in the meantime changes nothing: the descriptor stays
with the folder that was checked.
"""

import errno
import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.systems.mirror.disk import Disk, read_entry, sync
from relengotron.systems.mirror.paths import PRIVATE
from relengotron.systems.mirror.port import Entry

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SYNCED_AT_ONCE = 200
_OPEN_AT_ONCE = 200
"""A process may have 1,024 files open on most machines; a tree has more folders than that."""


class Ground:
    """Everything below one root, with paths as texts relative to it; each change is atomic and announced."""

    def __init__(self, root: Path, disk: Disk) -> None:
        self._root = root
        self._disk = disk
        self._open: OrderedDict[str, int] = OrderedDict()
        self._made: set[str] = set()
        self._is_watched = type(disk).before is not Disk.before  # else a path is put together for nobody, 10 us each

    def __enter__(self) -> Self:
        self._top = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in (*self._open.values(), self._top):
            os.close(descriptor)
        self._open.clear()

    def announce(self, effect: str, path: str) -> None:
        """Something is about to be done there."""
        if self._is_watched:
            self._disk.before(effect, self._root / path)

    def facts(self, path: str) -> os.stat_result | None:
        """What the file system says of a plain file; None when there is none. Anything else there is refused."""
        try:
            folder, name = self._spot(path)
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(found.st_mode):
            raise RequestRefused(f"{self._root / path} is neither absent nor a plain file: somebody else put it there")
        return found

    def entry(self, path: str) -> Entry:
        """Checksum and size of what lies there, read now."""
        folder, name = self._spot(path)
        descriptor = os.open(name, _READING, dir_fd=folder)
        try:
            return read_entry(descriptor)
        finally:
            os.close(descriptor)

    def shows(self, path: str, entry: Entry) -> bool:
        """Say whether the very content of the entry lies there, by reading it."""
        found = self.facts(path)
        return found is not None and found.st_size == entry.size and self.entry(path) == entry

    def folder(self, path: str) -> int:
        """The folder exists; its descriptor, good until the next two folders are asked for."""
        return self._opened(path, make=True)

    def link(self, source: str, path: str) -> None:
        """The path names the same file as the source, whatever it named before; durable after ``settle``."""
        self.folder(os.path.dirname(path))
        self.announce("link", path)
        (here, old), (there, new) = self._spot(source), self._spot(path)
        try:
            os.link(old, new, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
        except FileExistsError:
            self._replace_by_link((here, old), (there, new), path)

    def move(self, source: str, path: str) -> None:
        """The file has this path and not that of the source any more; durable after ``settle``."""
        self.folder(os.path.dirname(path))
        self.announce("rename", path)
        (here, old), (there, new) = self._spot(source), self._spot(path)
        os.replace(old, new, src_dir_fd=here, dst_dir_fd=there)

    def _replace_by_link(self, source: tuple[int, str], place: tuple[int, str], path: str) -> None:
        (here, old), (there, new) = source, place
        beside = _beside(new)
        with suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=there)
        os.link(old, beside, src_dir_fd=here, dst_dir_fd=there, follow_symlinks=False)
        self.announce("rename", path)
        os.replace(beside, new, src_dir_fd=there, dst_dir_fd=there)
        with suppress(FileNotFoundError):  # a rename between two names of one file does nothing
            os.unlink(beside, dir_fd=there)

    def remove(self, path: str) -> bool:
        """The file is gone; whether it was there. Durable after ``settle``."""
        if self.facts(path) is None:
            return False
        self.announce("remove", path)
        folder, name = self._spot(path)
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        return True

    def clear(self, path: str) -> None:
        """The folder and the files in it are gone."""
        names = self.names(path)
        if names:
            self.announce("remove folder", path)
        for name in names:
            os.unlink(name, dir_fd=self._opened(path))
        self.remove_if_empty(path)

    def remove_if_empty(self, path: str) -> None:
        """The folder is gone if nothing was in it."""
        try:
            if os.listdir(self._opened(path)):
                return
            self.announce("remove folder", path)
            os.close(self._open.pop(path))
            folder, name = self._spot(path)
            os.rmdir(name, dir_fd=folder)
        except FileNotFoundError:
            return

    def names(self, path: str) -> list[str]:
        """What lies in a folder, sorted; nothing when there is no folder."""
        try:
            return sorted(os.listdir(self._opened(path)))
        except FileNotFoundError:
            return []

    def settle(self, paths: Iterable[str]) -> None:
        """The names of all these places and of new folders are on disk: each folder once, whatever changed in it."""
        folders = sorted({os.path.dirname(path) for path in (*paths, *self._made)})
        self._made.clear()
        for start in range(0, len(folders), _SYNCED_AT_ONCE):
            self._sync_folders(folders[start : start + _SYNCED_AT_ONCE])

    def _sync_folders(self, folders: list[str]) -> None:
        with ExitStack() as until_synced:
            held = []
            for folder in folders:
                with suppress(FileNotFoundError):
                    held.append(os.dup(self._opened(folder)))  # its own: the next one may close it
                    until_synced.callback(os.close, held[-1])
            sync(held)

    def _spot(self, path: str) -> tuple[int, str]:
        folder, _, name = path.rpartition("/")
        return self._opened(folder), _one(name)

    def _opened(self, path: str, make: bool = False) -> int:
        if not path:
            return self._top
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        above, name = os.path.split(path)
        parent = self._opened(above, make)
        self._open[path] = self._step(parent, _one(name), path, make)
        if len(self._open) > _OPEN_AT_ONCE:
            os.close(self._open.popitem(last=False)[1])
        return self._open[path]

    def _step(self, parent: int, name: str, path: str, make: bool) -> int:
        try:
            return os.open(name, _FOLDER, dir_fd=parent)
        except FileNotFoundError:
            if not make:
                raise
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                raise RequestRefused(f"{self._root / path} is a symbolic link or a file, not a folder") from error
            raise
        self.announce("folder", path)
        with suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=parent)
        self._made.add(path)
        return os.open(name, _FOLDER, dir_fd=parent)


def _one(name: str) -> str:
    """One step down; whoever asks has looked at his paths, and here none of them may be wrong."""
    if name in {"", ".", ".."}:
        raise MalformedInput(f"not the name of a file or folder: {name!r}")
    return name


def _beside(name: str) -> str:
    """A hidden name in the same folder, always the same one: a repeat overwrites what a crash left."""
    return f"{PRIVATE}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
