"""How are the three lists of a module written from one row after another, however many there are?"""

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from relengotron.systems.filelists import listing
from relengotron.systems.filelists.listing import Row
from relengotron.systems.filelists.port import Module
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.replacing import Beside


class Lists:
    """``fullfilelist``, ``imagelist-MODULE``, and last ``fullfiletimelist-MODULE``, which mirrors compare."""

    def __init__(self, module: Module, root: Path, disk: Disk) -> None:
        """Nothing is written yet."""
        self._top = module.place(root)
        self._names, self._images, self._times = (Beside(root / path, disk) for path in module.lists)
        self._news: list[Beside] = []

    @property
    def place(self) -> Path:
        """Where the list stands that mirrors compare."""
        return self._times.place

    def write(self, rows: Iterable[Row], known: Callable[[], Mapping[str, str]]) -> int:
        """All of them lie beside those that readers get; how many rows there are.

        ``known`` is asked after the last row for the checksums that need not be made anew.
        """
        with ExitStack() as until_written:
            each = [until_written.enter_context(one) for one in (self._names, self._images, self._times)]
            count, pointers = self._rows(rows)
            self._times.write(listing.tail(self._checksums(pointers, known())))
            self._news = [one for one in each if one.settle()]
        return count

    def show(self) -> tuple[str, ...]:
        """Readers get those that say something new; their names."""
        for one in self._news:
            one.show()
        return tuple(one.place.name for one in self._news)

    def _rows(self, rows: Iterable[Row]) -> tuple[int, list[str]]:
        count, pointers = 0, []
        self._times.write(listing.head())
        for row in rows:
            count += 1
            name = row.path.encode(errors="surrogateescape")
            self._times.write(row.line.encode(errors="surrogateescape"))
            self._names.write(name + b"\n")
            if listing.is_image(row):
                self._images.write(b"./" + name + b"\n")
            if listing.wants_checksum(row):
                pointers.append(row.path)
        return count, pointers

    def _checksums(self, pointers: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
        found = {path: known.get(path) or self._sha1(path) for path in pointers}
        return {path: sha1 for path, sha1 in found.items() if sha1 is not None}

    def _sha1(self, path: str) -> str | None:
        with suppress(FileNotFoundError):
            descriptor = os.open(self._top / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                return hashlib.file_digest(file, _sha1_of_the_format).hexdigest()
        return None


def _sha1_of_the_format() -> "hashlib._Hash":
    """The list's format wants SHA-1; nobody trusts anything because of it."""
    return hashlib.sha1(usedforsecurity=False)
