"""A mirror in a folder whose power may be cut, repos to publish on it, and a reader of what it shows."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from relengotron.errors import PowerCut
from relengotron.systems.mirror import record_file
from relengotron.systems.mirror.client import Everywhere, MasterMirror, Remote
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Manifest, Mirror

TARGET = rel_path("updates/23")


def without_platters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal need not wait until anything is really on disk."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(record_file, "SYNCHRONOUS", "OFF")


class CountingDisk(Disk):
    """A disk that counts its changes, cuts the power before one of them, and lets a reader look between them."""

    def __init__(self) -> None:
        self.count = 0
        self.effects: list[str] = []
        self.cut_before: int | str | None = None
        self.between: Callable[[], None] = lambda: None
        self.trouble: OSError | None = None

    def trouble_before(self, count: int, trouble: OSError) -> None:
        """Once, before the change with this number, the file system answers with trouble."""
        self.cut_before, self.trouble = count, trouble

    def before(self, effect: str, path: Path) -> None:
        self.between()
        self.count += 1
        self.effects.append(effect)
        if self.count == self.cut_before and self.trouble:
            raise self.trouble
        if self.cut_before in {self.count, effect}:
            self.cut_before = None
            raise PowerCut(f"before {effect} {path}")


class Place:
    """A mirror in a folder, and a reader of what it shows."""

    def __init__(self, folder: Path, links_packages: bool = False, remotes: tuple[Remote, ...] = ()) -> None:
        self.root = folder / "pub"
        self.disk = CountingDisk()
        here = (self.root, folder / "states", "http://mirror")
        self.mirror = (
            Everywhere(*here, remotes, disk=self.disk)
            if remotes
            else MasterMirror(*here, disk=self.disk, links_packages=links_packages)
        )

    def shown(self, target: str = TARGET) -> dict[str, str]:
        live = self.root / target
        return {str(path.relative_to(live)): path.read_text() for path in live.rglob("*") if path.is_file()}

    def everything(self) -> dict[str, str]:
        return {str(path.relative_to(self.root)): path.read_text() for path in self.root.rglob("*") if path.is_file()}

    def entry_points(self) -> Iterator[Path]:
        return (self.root / TARGET).rglob("repomd.xml")


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def compose(folder: Path, packages: Mapping[str, str], arches: tuple[str, ...] = ("i386", "x86_64")) -> Path:
    """A folder like a mash: per arch packages, metadata named by checksum, and a repomd.xml that names them."""
    for arch in arches:
        repo = folder / arch
        (repo / "repodata").mkdir(parents=True)
        for name, content in packages.items():
            (repo / name).write_text(content)
        primary = "".join(f"{name} {sha(content)}\n" for name, content in sorted(packages.items()))
        (repo / "repodata" / f"{sha(primary)}-primary.xml").write_text(primary)
        (repo / "repodata" / "repomd.xml").write_text(f"{sha(primary)}-primary.xml")
    return folder


def read_as_a_client(place: Place) -> None:
    """From every repomd.xml on, all that is named is there with the very content."""
    for repomd in list(place.entry_points()):
        check_what_it_names(repomd.parent.parent, repomd.read_text())


def check_what_it_names(repo: Path, repomd: str) -> None:
    primary = (repo / "repodata" / repomd).read_text()
    assert repomd.startswith(sha(primary))
    for name, checksum in (line.split() for line in primary.splitlines()):
        assert sha((repo / name).read_text()) == checksum


OLD = {"bash-4.rpm": "bash four", "same-1.rpm": "same"}
ARCH = ("x86_64",)
NEW = {"bash-5.rpm": "bash five", "same-1.rpm": "same"}


def publish(mirror: Mirror, source: Path, run: str, target: str = TARGET) -> Manifest:
    return mirror.switch(mirror.stage(source, rel_path(target), run)).current
