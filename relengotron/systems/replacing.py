"""How is a file that readers hold replaced, so that they see the old one or the new one, and never half of it?"""

import filecmp
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.paths import PRIVATE

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITTEN_AT_ONCE = 1 << 20


class Beside:
    """What will stand under a name, written under a hidden one beside it: always the same, so that no litter grows."""

    def __init__(self, place: Path, disk: Disk) -> None:
        """Begin with nothing."""
        self.place = place
        self._disk = disk
        self._beside = place.with_name(f"{PRIVATE}-new-{place.name}")

    def __enter__(self) -> Self:
        """Open it for writing."""
        self._disk.before("write", self.place)
        self._file = open(os.open(self._beside, _NEW, 0o644), "wb", buffering=_WRITTEN_AT_ONCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, chunk: bytes) -> None:
        """Put this at its end."""
        self._file.write(chunk)

    def settle(self) -> bool:
        """It is on disk; False when readers have the very same already, and then nothing is left beside it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        if not _are_alike(self._beside, self.place):
            return True
        self._beside.unlink()
        return False

    def show(self) -> None:
        """Readers get it."""
        self._disk.before("rename", self.place)
        os.replace(self._beside, self.place)
        descriptor = os.open(self.place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def replace(place: Path, content: Iterable[bytes], disk: Disk) -> bool:
    """The file holds this content; False when it held it before: then it is not touched, and keeps its time."""
    with Beside(place, disk) as beside:
        for chunk in content:
            beside.write(chunk)
        is_news = beside.settle()
    if is_news:
        beside.show()
    return is_news


def _are_alike(one: Path, other: Path) -> bool:
    if other.is_symlink() or not other.is_file():
        return False
    return filecmp.cmp(one, other, shallow=False)
