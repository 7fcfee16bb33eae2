"""What does it cost to publish a push of 300 packages to a repo of many, and does a reader ever notice?"""

import shutil
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from bench.publish_reader import reading
from bench.publish_tree import ARCHES, CHANGED, Repo, copied, linked, listing, settle
from bench.results import Measure, timed
from relengotron.model.artifact import Artifact, Published
from relengotron.plugins.mash import MashPlugin
from relengotron.sdk import Workbench, as_previous
from relengotron.systems.mirror.client import MasterMirror
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Switched

FILES, ROUNDS = 100_000, 3
CURVE = (10_000, 50_000, 100_000, 200_000)
TARGET = rel_path("updates/23")
NEITHER = "rsync is not here (scripts/bench-setup installs it)"


@dataclass
class Times:
    """Seconds of each way to publish, one a round."""

    list_read: list[float] = field(default_factory=list)
    published: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    in_place: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)
    unseen_ms: float = 0.0
    reads: int = 0

    def ratio(self, peer: list[float]) -> float:
        """How many times longer the peer took, round by round, the median."""
        return statistics.median(theirs / ours for theirs, ours in zip(peer, self.published, strict=True))


def measure(root: Path) -> Iterator[Measure]:
    """Copies first, then hard links from a store, then the curve."""
    for store, names, targets in (
        (False, ("publish_vs_rsync_ratio", "publish_vs_rsync_inplace_ratio"), (20, 3)),
        (True, ("publish_from_store_vs_rsync_ratio", "publish_from_store_vs_rsync_inplace_ratio"), (60, 8)),
    ):
        with _place(root / names[0]) as place:
            times = _rounds(place, store)
        yield from _compared(times, names, targets)
        if not store:
            yield Measure(
                "publish_visible_gap_ms", times.unseen_ms, "ms", 0, note=f"{times.reads} reads without a pause"
            )
            yield Measure(
                "rollback_s", max(times.back), "s", 5, note=f"{FILES} files, plan and deed, the slowest of {ROUNDS}"
            )
    yield from _curve(root)


def _compared(times: Times, names: tuple[str, str], targets: tuple[int, int]) -> Iterator[Measure]:
    ours = statistics.median(times.published)
    for name, target, peer in zip(names, targets, (times.beside, times.in_place), strict=True):
        if not peer:
            yield Measure.untold(name, NEITHER)
            continue
        note = f"{CHANGED} of {FILES} files: {ours * 1000:.0f} ms, rsync {statistics.median(peer) * 1000:.0f} ms;"
        note += f" medians of {ROUNDS} rounds; the list, before: {statistics.median(times.list_read) * 1000:.0f} ms"
        yield Measure(name, times.ratio(peer), "times faster", target, more_is_better=True, note=note)


def _rounds(place: Path, store: bool) -> Times:
    """Each round the same push goes out in three ways; the trees must be equal afterwards."""
    repo, times = Repo(place / "source", FILES), Times()
    mirror = _mirror(place, store)
    _publish(mirror, repo.root, "run-0")
    has_rsync = shutil.which("rsync") is not None
    old, in_place = (copied(repo.root, place / name) for name in ("beside-0", "in-place"))
    for number in range(1, ROUNDS + 1):
        source = _pushed(repo, place / f"push-{number}", store)
        _ours(mirror, source, number, times, place)
        if has_rsync:
            new = place / f"beside-{number}"
            settle()
            times.beside.append(timed(lambda: _rsync(f"--link-dest={old}", source, new)))  # noqa: B023
            settle()
            times.in_place.append(timed(lambda: _rsync("--delete", source, in_place)))  # noqa: B023
            old = new
        _all_equal(source, place / "pub" / TARGET, *((old, in_place) if has_rsync else ()))
    return times


def _ours(mirror: MasterMirror, source: Path, number: int, times: Times, place: Path) -> None:
    """Publish and go back, timed; then all of it again while a reader looks."""
    before = mirror.published(TARGET)
    settle()
    changes = None

    def compare() -> None:
        nonlocal changes
        changes = mirror.compare(source, TARGET)

    times.list_read.append(timed(compare))
    times.published.append(timed(lambda: mirror.switch(mirror.stage(source, TARGET, f"run-{number}", changes))))
    times.back.append(timed(lambda: _roll_back(mirror)))
    with reading(place / "pub" / TARGET) as seen:
        after = _publish(mirror, source, f"again-{number}").current
        mirror.withdraw(TARGET, before or {})
        mirror.withdraw(TARGET, after)
        mirror.sweep(TARGET)
    times.unseen_ms += seen.unseen_ms
    times.reads += seen.reads
    mirror.sweep(TARGET, keep_generations=0)


def _roll_back(mirror: MasterMirror) -> None:
    """What the run does: is a way back open, the bits of before, and what readers must see of them."""
    target = Artifact("repo", "mash", "F23", ARCHES, str(TARGET))
    bench = cast(Workbench, SimpleNamespace(mirror=mirror, release=SimpleNamespace(tag="f23-updates")))
    plugin, now = MashPlugin(), mirror.generations(TARGET)
    shown = Published(target.name, "bad", {}, previous=as_previous(now[-2]))
    if not plugin.way_back(shown, target, bench).effects:
        raise AssertionError("there was nothing to roll back")
    plugin.withdraw(shown, target, bench)


def _curve(root: Path) -> Iterator[Measure]:
    """How both halves grow: the reading of the list, and the publication of a list that is known."""
    read, published = {}, {}
    for files in CURVE:
        with _place(root / f"curve-{files}") as place:
            repo = Repo(place / "source", files)
            mirror = _mirror(place, True)
            _publish(mirror, repo.root, "run-0")
            halves = [_halves(mirror, repo, place, number) for number in range(1, ROUNDS + 1)]
            read[files] = statistics.median(half[0] for half in halves) * 1000
            published[files] = statistics.median(half[1] for half in halves) * 1000
    told = ", ".join(f"{files}: {read[files]:.0f} + {published[files]:.0f} ms" for files in CURVE)
    growth = published[CURVE[-1]] / published[CURVE[0]]
    yield Measure("publish_growth", growth, "times", 1.5, note=f"list + publication by files: {told}")


def _halves(mirror: MasterMirror, repo: Repo, place: Path, number: int) -> tuple[float, float]:
    source = _pushed(repo, place / f"push-{number}", True)
    times = Times()
    _ours(mirror, source, number, times, place)
    return times.list_read[0], times.published[0]


def _pushed(repo: Repo, place: Path, store: bool) -> Path:
    repo.push()
    return (linked if store else copied)(repo.root, place)


def _mirror(place: Path, store: bool) -> MasterMirror:
    return MasterMirror(place / "pub", place / "states", "http://mirror.invalid", links_packages=store)


def _publish(mirror: MasterMirror, source: Path, run: str) -> Switched:
    return mirror.switch(mirror.stage(source, TARGET, run))


def _rsync(how: str, source: Path, target: Path) -> None:
    """What rsync has written is on disk when it counts as published: ours is."""
    subprocess.run(["rsync", "-aH", "--delete", how, f"{source}/", f"{target}/"], check=True)
    subprocess.run(["sync", "-f", target], check=True)


def _all_equal(*trees: Path) -> None:
    first, *others = map(listing, trees)
    if any(other != first for other in others):
        raise AssertionError("the trees differ after they were published in different ways")


@contextmanager
def _place(folder: Path) -> Iterator[Path]:
    """Some hundred thousand files, gone afterwards: the next measure must not wait for them."""
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)
