"""How does one change on a file system become durable and all-or-nothing?"""

import functools
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ParamSpec, TypeVar

from relengotron.errors import SystemUnreachable
from relengotron.systems.mirror.paths import PRIVATE
from relengotron.systems.mirror.port import Entry

P = ParamSpec("P")
T = TypeVar("T")
_CHUNK = 1 << 20


class Disk:
    """The few changes that publishing makes; each is atomic, durable and announced to ``before``."""

    def before(self, effect: str, path: Path) -> None:
        """Called before each change; a rehearsal overrides it to cut the power there."""

    def folder(self, path: Path) -> None:
        """The folder exists."""
        if not path.is_dir():
            self.folder(path.parent)
            self.before("folder", path)
            path.mkdir(mode=0o755, exist_ok=True)
            sync_folder(path.parent)

    def copy(self, source: Path, place: Path) -> None:
        """A copy with the source's time stamp stands at the place."""
        self.folder(place.parent)
        beside = _beside(place)
        self.before("copy", place)
        shutil.copyfile(source, beside)
        self.before("half a copy", place)
        stat = source.stat()
        os.utime(beside, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        self._settle(beside, place)

    def write(self, text: str, place: Path) -> None:
        """The text stands at the place."""
        self.folder(place.parent)
        beside = _beside(place)
        self.before("write", place)
        beside.write_text(text, encoding="utf-8")
        self._settle(beside, place)

    def link(self, source: Path, place: Path) -> None:
        """The place names the same file as the source, whatever it named before; durable after ``settle``."""
        self.folder(place.parent)
        beside = _beside(place)
        beside.unlink(missing_ok=True)
        self.before("link", place)
        os.link(source, beside)
        self.before("rename", place)
        beside.replace(place)
        beside.unlink(missing_ok=True)  # a rename between two names of one file does nothing

    def settle(self, places: Iterable[Path]) -> None:
        """The names of all these places are on disk."""
        for folder in {place.parent for place in places}:
            sync_folder(folder)

    def remove(self, path: Path) -> None:
        """The file is gone."""
        if path.is_file():
            self.before("remove", path)
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def remove_folder(self, path: Path) -> None:
        """The folder and all in it are gone."""
        if path.is_dir():
            self.before("remove folder", path)
            shutil.rmtree(path)

    def remove_if_empty(self, path: Path) -> None:
        """The folder is gone if nothing was in it."""
        if path.is_dir() and not any(path.iterdir()):
            self.before("remove folder", path)
            path.rmdir()

    def _settle(self, beside: Path, place: Path) -> None:
        beside.chmod(0o644)
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        self.before("rename", place)
        beside.replace(place)
        sync_folder(place.parent)


def in_our_words(verb: Callable[P, T]) -> Callable[P, T]:
    """A verb whose trouble with the file system is told as ours: full or broken disks are waited for."""

    @functools.wraps(verb)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return verb(*args, **kwargs)
        except OSError as error:
            raise SystemUnreachable(f"the mirror's file system: {error}") from error

    return told


def _beside(place: Path) -> Path:
    """A hidden name in the same folder, always the same one: a repeat overwrites what a crash left."""
    return place.with_name(f"{PRIVATE}-{hashlib.sha256(place.name.encode()).hexdigest()[:16]}")


def sync_folder(path: Path) -> None:
    """The names in a folder are on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def entry_of(path: Path) -> Entry:
    """Read a file's checksum and size."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        return Entry(digest.hexdigest(), file.tell())
