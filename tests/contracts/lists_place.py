"""A mirror with file lists, and a reader of what they say."""

import hashlib
import re
from datetime import timedelta
from pathlib import Path

from relengotron.systems.filelists.client import MirrorLists
from relengotron.systems.filelists.port import Listed, Module
from tests.contracts.mirror_place import ARCH, TARGET, CountingDisk, Place, compose, publish

WHOLE = re.compile(
    r"\[Version\]\n2\n\n\[Files\]\n(?P<rows>(?:\d+\t[fdl]-?\t\d+\t[^\t\n]+\n)*)"
    r"\n\[Checksums SHA1\]\n(?P<sums>(?:[0-9a-f]{40}\t[^\t\n]+\n)*)\n\[End\]\n"
)


class Listing:
    """A mirror with one module, which is the mirror itself unless said otherwise, and what its lists say."""

    def __init__(self, folder: Path, *modules: Module) -> None:
        self.folder = folder
        self.mirror = Place(folder)
        for each in ("states", "daemon"):
            (folder / each).mkdir(parents=True)
        (folder / "daemon" / "mirror").symlink_to(folder / "states", target_is_directory=True)
        self.disk = CountingDisk()
        self.modules = modules or (Module("all"),)
        self.lists = self.opened()
        self.composed = 0

    def opened(self, **more: object) -> MirrorLists:
        words = {"disk": self.disk, "wait": timedelta(), **more}
        return MirrorLists(self.mirror.root, self.folder / "daemon", self.modules, **words)  # type: ignore[arg-type]

    def publish(self, packages: dict[str, str], target: str = TARGET) -> None:
        self.composed += 1
        source = compose(self.folder / f"compose-{self.composed}", packages, ARCH)
        publish(self.mirror.mirror, source, f"run-{self.composed}", target)

    def refresh(self, *also: str, full: bool = False) -> Listed:
        (listed,) = self.lists.refresh(also, full=full)
        return listed

    def text(self, name: str = "fullfiletimelist-all") -> str:
        return (self.mirror.root / name).read_text(errors="surrogateescape")

    def rows(self) -> dict[str, tuple[str, int]]:
        found = WHOLE.fullmatch(self.text())
        assert found, self.text()
        rows = [line.split("\t") for line in found["rows"].splitlines()]
        assert [row[3] for row in rows] == sorted({row[3] for row in rows})
        return {path: (kind, int(size)) for _, kind, size, path in rows}

    def times(self) -> dict[str, int]:
        found = WHOLE.fullmatch(self.text())
        assert found
        return {line.split("\t")[3]: int(line.split("\t")[0]) for line in found["rows"].splitlines()}

    def sums(self) -> dict[str, str]:
        found = WHOLE.fullmatch(self.text())
        assert found
        return {path: sha1 for sha1, path in (line.split("\t") for line in found["sums"].splitlines())}

    def must_be_true(self) -> None:
        """Every list says what a look at the whole tree says."""
        assert self.rows() == self.on_disk()
        assert self.text("fullfilelist").splitlines() == sorted(self.on_disk())
        wanted = {path: hashlib.sha1((self.mirror.root / path).read_bytes()).hexdigest() for path in self.pointers()}
        assert self.sums() == wanted

    def pointers(self) -> list[str]:
        return [path for path in self.on_disk() if path.endswith("repodata/repomd.xml")]

    def on_disk(self) -> dict[str, tuple[str, int]]:
        root, found = self.mirror.root, {}
        for path in root.rglob("*"):
            name = path.relative_to(root).as_posix()
            facts = path.lstat()
            if name.startswith((".relengotron", "fullfile", "imagelist")):
                continue
            kind = "l" if path.is_symlink() else "d" if path.is_dir() else "f"
            is_open = kind == "l" or facts.st_mode & 0o004
            found[name] = (kind if is_open else f"{kind}-", facts.st_size)
        return found
