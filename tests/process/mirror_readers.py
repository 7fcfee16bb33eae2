"""A publisher that may be killed at any moment, and a reader who never rests."""

import hashlib
import multiprocessing
import shutil
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from relengotron.systems.filelists.client import MirrorLists
from relengotron.systems.filelists.port import Module
from relengotron.systems.mirror.client import MasterMirror
from relengotron.systems.mirror.paths import rel_path

TARGET = rel_path("updates/23")
KEPT = 10
"""States that a slow reader may still hold; each is published in some ten milliseconds here, in hours in real life."""
PACKAGES = 12

_FORK = multiprocessing.get_context("fork")


def publisher(place: Path, pushes: int, rollbacks: int) -> BaseProcess:
    """A process that goes on where the last one was killed, until everything is published."""
    return started(_publish, place, pushes, rollbacks)


def started(work: Callable[..., None], *words: object) -> BaseProcess:
    """A process that does this and nothing else."""
    made = _FORK.Process(target=work, args=words, daemon=True)
    made.start()
    return made


def steps_done(place: Path) -> int:
    """How many publications and ways back are over."""
    file = place / "done"
    return len(file.read_text().splitlines()) if file.exists() else 0


def steps_of(pushes: int, rollbacks: int) -> list[tuple[str, int]]:
    """Publish 1, 2, 3...; every now and then back to the one before, and forward by the next publication."""
    every = pushes // rollbacks
    steps: list[tuple[str, int]] = []
    for number in range(1, pushes + 1):
        steps.append(("publish", number))
        if number % every == 0:
            steps.append(("back", number - 1))
    return steps


def _publish(place: Path, pushes: int, rollbacks: int) -> None:
    mirror = MasterMirror(place / "pub", place / "daemon" / "mirror", "http://mirror.invalid")
    lists = MirrorLists(place / "pub", place / "daemon", [Module("all")], wait=timedelta())
    for number, (verb, push) in enumerate(steps_of(pushes, rollbacks)):
        if number < steps_done(place):
            continue
        if verb == "publish":
            source = _compose(place / "source", push)
            mirror.switch(mirror.stage(source, TARGET, f"run-{push}"))
        else:
            states = mirror.generations(TARGET)
            mirror.withdraw(TARGET, next(each for each in reversed(states) if f"x86_64/push-{push}.rpm" in each))
        lists.refresh()
        mirror.sweep(TARGET, KEPT)
        lists.refresh()
        with (place / "done").open("a") as done:
            done.write(f"{verb} {push}\n")


def _compose(folder: Path, push: int) -> Path:
    """A new package in each push, others replaced by and by, in two arches; and an image under a fixed name."""
    shutil.rmtree(folder, ignore_errors=True)
    for arch in ("i386", "x86_64"):
        repodata = folder / arch / "repodata"
        repodata.mkdir(parents=True)
        names = [f"push-{push}.rpm", *(f"p{each}-{(push + each) // PACKAGES}.rpm" for each in range(PACKAGES))]
        primary = f"{push}\n" + "".join(f"{name} {_sha(_content(name))}\n" for name in names)
        for name in names:
            (folder / arch / name).write_text(_content(name))
        (repodata / f"{_sha(primary)}-primary.xml").write_text(primary)
        (repodata / "repomd.xml").write_text(f"{_sha(primary)}-primary.xml")
    return folder


def _content(name: str) -> str:
    return f"what is in {name}" * 20


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_on(pub: Path, boss: Connection) -> None:
    """Read every arch again and again until told to stop; then say how often, and what was wrong."""
    reads, wrong = 0, []
    while not boss.poll():
        for arch in (pub / TARGET / "i386", pub / TARGET / "x86_64"):
            if (arch / "repodata/repomd.xml").exists():
                reads += 1
                wrong += _read(arch)
        wrong += _read_list(pub / "fullfiletimelist-all")
    boss.send((reads, wrong[:5]))


def _read(arch: Path) -> list[str]:
    """What a client finds wrong who starts from repomd.xml; a state that was long replaced when he was done is not."""
    push = _push_of(arch)
    try:
        repomd = (arch / "repodata/repomd.xml").read_text()
        primary = (arch / "repodata" / repomd).read_text()
        if not repomd.startswith(_sha(primary)):
            return [f"{arch.name}: {repomd} has other content"]
        for name, checksum in (line.split() for line in primary.splitlines()[1:]):
            if _sha((arch / name).read_text()) != checksum:
                return [f"{arch.name}: {name} has other content"]
    except (FileNotFoundError, ValueError) as missing:
        return [f"{arch.name}: {missing}"] if _push_of(arch) < push + KEPT // 2 else []
    return []


def _read_list(place: Path) -> list[str]:
    """A list is there whole or not at all, and names every arch that had been shown before it was written."""
    if not place.exists():
        return []
    said = place.read_text()  # two arches, in the rows and in the checksums
    if not (said.startswith("[Version]\n") and said.endswith("\n[End]\n") and "\n[Checksums SHA1]\n" in said):
        return [f"{place.name} is cut short: {said[-60:]!r}"]
    return [] if said.count("/repodata/repomd.xml\n") == 4 else [f"{place.name} does not name what is there"]


def _push_of(arch: Path) -> int:
    """The push that readers get now; as long as it cannot be read, the one before the first."""
    try:
        repomd = (arch / "repodata/repomd.xml").read_text()
        return int((arch / "repodata" / repomd).read_text().splitlines()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return -KEPT
