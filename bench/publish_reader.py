"""For how long does somebody who reads a repo as fast as he can not find what its repomd.xml names?"""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path


@dataclass
class Seen:
    """What a reader found; known when he has gone home."""

    reads: int = 0
    unseen_ms: float = 0.0


@contextmanager
def reading(repos: Path) -> Iterator[Seen]:
    """A process that reads every arch again and again while this block lasts."""
    ours, theirs = multiprocessing.Pipe()
    reader = multiprocessing.get_context("fork").Process(target=_read, args=(repos, theirs))
    reader.start()
    ours.recv()
    seen = Seen()
    try:
        yield seen
    finally:
        ours.send("enough")
        seen.reads, seen.unseen_ms = ours.recv()
        reader.join()


def _read(repos: Path, boss: Connection) -> None:
    arches = sorted(path.parent.parent for path in repos.glob("*/repodata/repomd.xml"))
    boss.send("ready")
    reads, unseen, last_good = 0, 0.0, time.perf_counter()
    while not boss.poll():
        for arch in arches:
            now = time.perf_counter()
            if not _is_whole(arch):
                unseen += now - last_good
            last_good = now
            reads += 1
    boss.send((reads, unseen * 1000))


def _is_whole(arch: Path) -> bool:
    """Whether everything is there that repomd.xml names, and that names."""
    try:
        primary = (arch / "repodata" / (arch / "repodata" / "repomd.xml").read_text()).read_text()
        return all((arch / name).stat().st_size for name in primary.splitlines()[1:])
    except FileNotFoundError:
        return False
