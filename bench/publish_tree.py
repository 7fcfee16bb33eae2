"""A repo of many packages that changes by 300 from one publication to the next, and what two trees have in common."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ARCHES = ("aarch64", "armhfp", "i386", "x86_64")
CHANGED = 300
SIZE, SIZE_OF_NEW = 1024, 65536


class Repo:
    """A folder with a repo per arch: packages by first letter, metadata named by checksum, a repomd.xml."""

    def __init__(self, root: Path, files: int) -> None:
        """Write it whole."""
        self.root = root
        self.release = 1
        self._names = [f"{chr(97 + number % 26)}pkg{number}" for number in range(files)]
        for number in range(files):
            self._write(number, 1, SIZE)
        self._describe()

    def push(self) -> None:
        """300 packages are replaced by newer ones; the metadata say so."""
        self.release += 1
        for number in self._changed(self.release):
            self._path(number, self._release_of(number, self.release - 1)).unlink()
            self._write(number, self.release, SIZE_OF_NEW)
        self._describe()

    def _changed(self, release: int) -> range:
        step = max(1, len(self._names) // CHANGED)
        return range(release % step, min(len(self._names), step * CHANGED), step)

    def _release_of(self, number: int, upto: int) -> int:
        return next((each for each in range(upto, 1, -1) if number in self._changed(each)), 1)

    def _path(self, number: int, release: int) -> Path:
        name = self._names[number]
        return self.root / ARCHES[number % 4] / "Packages" / name[0] / f"{name}-1.0-{release}.rpm"

    def _write(self, number: int, release: int, size: int) -> None:
        path = self._path(number, release)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(f"{number} {release} ".encode().ljust(size, b"."))

    def _describe(self) -> None:
        for arch in ARCHES:
            repodata = self.root / arch / "repodata"
            shutil.rmtree(repodata, ignore_errors=True)
            repodata.mkdir(parents=True)
            changed = [number for number in self._changed(self.release) if ARCHES[number % 4] == arch]
            rpms = [str(self._path(number, self.release).relative_to(self.root / arch)) for number in changed]
            primary = "\n".join([f"release {self.release}", *(rpms if self.release > 1 else [])])
            name = f"{hashlib.sha256(primary.encode()).hexdigest()}-primary.xml"
            (repodata / name).write_text(primary)
            (repodata / "repomd.xml").write_text(name)


def copied(source: Path, target: Path) -> Path:
    """Another tree with the same files, modes and times."""
    subprocess.run(["cp", "-a", source, target], check=True)
    return target


def linked(source: Path, target: Path) -> Path:
    """The same tree, every file a hard link: as a compose looks that took its packages from a store."""
    subprocess.run(["cp", "-al", source, target], check=True)
    return target


def listing(root: Path) -> dict[str, tuple[int, int]]:
    """Every file with size and time, as rsync compares them."""
    return {path: (facts.st_size, facts.st_mtime_ns) for path, facts in _walk(str(root), "")}


def settle() -> None:
    """Everything written so far is on disk: what follows is not charged for it."""
    os.sync()


def _walk(folder: str, below: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as items:
        for item in items:
            if item.is_dir(follow_symlinks=False):
                yield from _walk(item.path, f"{below}{item.name}/")
            else:
                yield below + item.name, item.stat(follow_symlinks=False)
