"""Where are solver data kept between two starts, and when are they believed?

``<cache>/<shelf>/<name>.solv``: a shelf for each repo, a file for each of its revisions. Each file ends with a seal, a
checksum over its place, the version of the library that wrote it and its content. A file without the right seal is
thrown away and made anew.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import IO

_LAYOUT = b"relengotron solver data 1"
_LIBRARY = version("solv").encode()
_SEAL = hashlib.sha256().digest_size
_BLOCK = 1 << 20
_KEPT = 6
"""Files of one shelf: three revisions, with and without file lists."""
_FORGOTTEN_AFTER = 30 * 86400.0
_LEFT_BY_THE_DEAD = 3600.0


class Cache:
    """A directory of solver data; several processes may use it at once."""

    def __init__(self, root: Path) -> None:
        """Nothing is made before the first file."""
        self._root = root

    def find(self, shelf: str, name: str) -> IO[bytes] | None:
        """The solver data, open at the beginning, or None when there are none to be believed."""
        path = self._path(shelf, name)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return None
        if not _is_sealed(file, path):
            file.close()
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):
            os.utime(path)  # the age is counted from the last use
        file.seek(0)
        return file

    def keep(self, shelf: str, name: str, make: Callable[[Path, Path], None]) -> IO[bytes]:
        """Let ``make`` write solver data to its first path (its second is for scratch); they are kept and opened."""
        path = self._path(shelf, name)
        with self._scratch() as scratch:
            made = scratch / "made.solv"
            make(made, scratch)
            _put_a_seal(made, path)
            path.parent.mkdir(exist_ok=True)
            file = made.open("rb")
            made.replace(path)
        self._sweep(shelf)
        return file

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        self._root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".making-", dir=self._root, ignore_cleanup_errors=True) as place:
            yield Path(place)

    def _path(self, shelf: str, name: str) -> Path:
        return self._root / shelf / f"{name}.solv"

    def _sweep(self, shelf: str) -> None:
        """Old revisions go, and shelves that nobody asks for any more, and what a process left that died."""
        for each in sorted((self._root / shelf).glob("*.solv"), key=_last_use, reverse=True)[_KEPT:]:
            each.unlink(missing_ok=True)
        now = time.time()
        for place in self._root.iterdir():
            longest = _LEFT_BY_THE_DEAD if place.name.startswith(".making-") else _FORGOTTEN_AFTER
            if now - max(map(_last_use, [place, *place.glob("*.solv")])) > longest:
                shutil.rmtree(place, ignore_errors=True)


def shelf_of(text: str) -> str:
    """The shelf of something with this name, whatever signs the name has."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _last_use(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _is_sealed(file: IO[bytes], path: Path) -> bool:
    size = os.fstat(file.fileno()).st_size - _SEAL
    return size >= 0 and _seal(file, size, path) == file.read(_SEAL)


def _put_a_seal(made: Path, path: Path) -> None:
    with made.open("r+b") as file:
        seal = _seal(file, os.fstat(file.fileno()).st_size, path)
        file.write(seal)  # not forced to the disk: what a power cut spoils has no right seal


def _seal(file: IO[bytes], size: int, path: Path) -> bytes:
    digest = hashlib.sha256(b"\0".join((_LAYOUT, _LIBRARY, path.parent.name.encode(), path.name.encode(), b"")))
    while size > 0:
        block = file.read(min(size, _BLOCK))
        if not block:
            return b""
        digest.update(block)
        size -= len(block)
    return digest.digest()
