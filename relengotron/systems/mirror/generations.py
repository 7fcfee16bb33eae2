"""Which states of a target were published, in which order?"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from relengotron.errors import MalformedInput, SystemBusy
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.paths import RelPath
from relengotron.systems.mirror.port import Entry, Manifest


class Generations:
    """The published states of one target, one small file each; the file with the highest number is the present."""

    def __init__(self, states: Path, target: RelPath, disk: Disk) -> None:
        self._folder = states / quote(target, safe="")
        self._disk = disk

    def all(self) -> tuple[Manifest, ...]:
        """Every recorded state, the present one last."""
        return tuple(_read(path) for path in self._files())

    def current(self) -> Manifest | None:
        """The state that readers see."""
        files = self._files()
        return _read(files[-1]) if files else None

    def before(self, manifest: Manifest) -> Manifest | None:
        """The newest state that differs from this one."""
        return next((state for state in reversed(self.all()) if state != dict(manifest)), None)

    def add(self, manifest: Manifest) -> None:
        """This is the present state."""
        files = self._files()
        if files and _read(files[-1]) == dict(manifest):
            return
        number = int(files[-1].stem) + 1 if files else 1
        self._disk.write(_written(manifest), self._folder / f"{number:06}.json")

    def split(self, keep: int) -> tuple[list[Manifest], list[Path]]:
        """The states to keep (the present and ``keep`` different ones before it) and the files of the others."""
        files = self._files()
        kept: list[Manifest] = []
        for index, path in enumerate(reversed(files)):
            if (manifest := _read(path)) not in kept:
                if len(kept) > keep:
                    return kept, files[: len(files) - index]
                kept.append(manifest)
        return kept, []

    def forget(self, files: list[Path]) -> None:
        """These states cannot be put back any more."""
        for path in files:
            self._disk.remove(path)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the target against every other writer; a taken target is answered at once, never waited for."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _lock(descriptor, self._folder.name)
            yield
        finally:
            os.close(descriptor)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.json"))


def _lock(descriptor: int, name: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        raise SystemBusy(f"another writer is publishing to {name}") from taken


def _written(manifest: Manifest) -> str:
    return json.dumps({path: list(entry) for path, entry in sorted(manifest.items())}, indent=0)


def _read(path: Path) -> dict[str, Entry]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {name: Entry(str(sha256), int(size)) for name, (sha256, size) in rows.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise MalformedInput(f"{path} is not a record of a published state: {error}") from error
