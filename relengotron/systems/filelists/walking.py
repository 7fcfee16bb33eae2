"""What does a list say of a file, a folder, or everything in a folder?"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from relengotron.systems.filelists.listing import Row, can_be_listed
from relengotron.systems.mirror.paths import PRIVATE

_LISTS: Final = ("fullfilelist", "fullfiletimelist-", "imagelist-")
_OF_RSYNC: Final = ".~tmp~"
"""Where rsync --delay-updates keeps what is not complete."""


class Walk:
    """One module's directory; what it could not list is remembered."""

    def __init__(self, place: Path, leave_out: tuple[str, ...] = ()) -> None:
        self._place = str(place)
        self._left_out = frozenset(leave_out)
        self.unlistable: set[str] = set()

    def row(self, path: str) -> Row | None:
        """What the list says of a path; None when nothing is there, or it is not to be listed."""
        if not all(self._is_listed(path[:cut], path[:cut].rpartition("/")[2]) for cut in _cuts(path)):
            return None
        try:
            return _row(path, os.lstat(f"{self._place}/{path}"))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def below(self, folder: str = "") -> Iterator[Row]:
        """Everything in a folder and in its folders, itself not; no link is followed."""
        folders = []
        beginning = f"{folder}/" if folder else ""
        try:
            with os.scandir(f"{self._place}/{folder}") as items:
                for item in items:
                    path = beginning + item.name
                    if not self._is_listed(path, item.name):
                        continue
                    row = _row_if_there(path, item)
                    if row is None:
                        continue
                    yield row
                    if row.kind[0] == "d":
                        folders.append(path)
        except (FileNotFoundError, NotADirectoryError):
            return
        for path in folders:
            yield from self.below(path)

    def _is_listed(self, path: str, name: str) -> bool:
        if name.startswith(PRIVATE) or name == _OF_RSYNC or path in self._left_out:
            return False
        if "/" not in path and (name == _LISTS[0] or name.startswith(_LISTS[1:])):
            return False
        if not can_be_listed(name):
            self.unlistable.add(path)
            return False
        return True


def _cuts(path: str) -> list[int]:
    """Where each folder's path ends, and the whole path."""
    return [place for place, letter in enumerate(path) if letter == "/"] + [len(path)]


def _row_if_there(path: str, item: os.DirEntry[str]) -> Row | None:
    try:
        return _row(path, item.stat(follow_symlinks=False))
    except FileNotFoundError:
        return None


def _row(path: str, found: os.stat_result) -> Row | None:
    """A hard link changes the ctime alone: mirrors must hear of it, to make the same link."""
    kind = _kind(found.st_mode)
    if kind is None:
        return None
    return Row.of(path, kind, int(max(found.st_mtime, found.st_ctime)), found.st_size)


def _kind(mode: int) -> str | None:
    if stat.S_ISLNK(mode):
        return "l"
    if stat.S_ISDIR(mode):
        is_open = stat.S_IROTH | stat.S_IXOTH
        return "d" if mode & is_open == is_open else "d-"
    if stat.S_ISREG(mode):
        return "f" if mode & stat.S_IROTH else "f-"
    return None
