"""How long does it take to say whether a repo is closed under dependencies, as a whole and after a small change?"""

import gc
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import requests

from bench import dnf_repoclosure
from bench.results import Measure, percentile, timed
from bench.rpm_headers import write_rpm
from bench.universe.distribution import ARCHES, PLACE, Distribution
from bench.universe.index import NoPackageIndex
from bench.universe.packages import Binary
from relengotron.model.closure import Break
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.repodata.port import Replacement, Universe

ARCH = ARCHES[0]
SEED = 1
ROUNDS = 5
CHANGES, COMPARED = 60, 5
PACKAGES = 10
MOST_SECONDS, MOST_MS, MOST_ONE_MS = 1.2, 35.0, 5.0
_NAMES = ("closure_check_60k_s", "closure_delta_ms", "closure_delta_of_one_ms", "closure_delta_differs")
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """New builds of some sources, as files and as what they hold."""

    built: tuple[Binary, ...]
    files: Replacement


class Checker:
    """The repo, and readers of it: new ones that know nothing, and one that is warm."""

    def __init__(self, distribution: Distribution, session: requests.Session) -> None:
        """Let the metadata be converted once: what a new reader finds on the disk."""
        self.distribution = distribution
        self.url = distribution.repo(ARCH)
        self.universe = Universe((self.url,), ARCH)
        self._session = session
        self.new().broken(self.universe)
        self.warm = self.new()
        self.warm.breaks(self.universe, (), Replacement((), frozenset()))

    def new(self) -> SolvRepodata:
        """A reader that has nothing in its memory."""
        gc.collect()  # what the one before it leaves is not its work
        return SolvRepodata(PLACE.absolute() / "solver", self._session)

    def delta(self, change: Change) -> set[_Key]:
        """What the change breaks, by the warm reader."""
        return {_key(each) for each in self.warm.breaks(self.universe, (), change.files)}

    def in_full(self, change: Change) -> set[_Key]:
        """The same by two whole checks, before and after."""
        updates = self.distribution.updates_repo(ARCH, change.built)
        without = tuple((self.url, source) for source in sorted(change.files.sources))
        after = self.warm.broken(Universe((self.url, updates), ARCH, without=without))
        known = {_key(each) for each in self.warm.broken(self.universe)}
        return {_key(each) for each in after if each.source in change.files.sources or _key(each) not in known}


def measure(scratch: Path) -> Iterator[Measure]:
    """The whole check, against dnf where it is here; then changes."""
    try:
        distribution = Distribution.open()
    except NoPackageIndex as why:
        yield from (Measure.untold(name, str(why)) for name in _NAMES)
        return
    with requests.Session() as session:
        checker = Checker(distribution, session)
        yield _whole(checker, scratch)
        yield from _changes(checker, scratch)


def _whole(checker: Checker, scratch: Path) -> Measure:
    ours = median(timed(partial(checker.new().broken, checker.universe)) for _ in range(ROUNDS))
    broken = checker.warm.broken(checker.universe)
    count = f"{len(checker.distribution.packages):,} packages, {len(broken)} requirements that nothing provides"
    note = f"{count}; the repo was read before, its metadata are converted once per revision"
    if not dnf_repoclosure.is_here():
        return Measure(_NAMES[0], ours, "s", MOST_SECONDS, note=f"{note}; {dnf_repoclosure.NOT_HERE}")
    dnf = dnf_repoclosure.Repoclosure(scratch / "dnf", checker.url, ARCH)
    theirs = median([timed(dnf.broken) for _ in range(ROUNDS)])
    same = "the same" if dnf.broken() == {_key(each) for each in broken} else "others"
    note = f"{note}; dnf takes {theirs:.2f} s with its cache warm and names {same}"
    return Measure(_NAMES[0], ours, "s", MOST_SECONDS, compared_to="dnf repoclosure", ratio=ours / theirs, note=note)


def _changes(checker: Checker, scratch: Path) -> Iterator[Measure]:
    many = list(_drawn(checker.distribution, scratch / "many", CHANGES, PACKAGES))
    took = [timed(partial(checker.delta, change)) * 1000 for change in many]
    broke = sum(1 for change in many if checker.delta(change))
    note = (
        f"median of {CHANGES} changes that were never asked about, of {PACKAGES} packages or a few more, with reading "
        f"their files; p99 {percentile(took, 99):.1f} ms; {broke} of them break something"
    )
    yield Measure(_NAMES[1], median(took), "ms", MOST_MS, note=note)
    single = list(_drawn(checker.distribution, scratch / "one", CHANGES, 1))
    took = [timed(partial(checker.delta, change)) * 1000 for change in single]
    note = f"median of {CHANGES} changes of one source package; p99 {percentile(took, 99):.1f} ms"
    yield Measure(_NAMES[2], median(took), "ms", MOST_ONE_MS, note=note)
    different = [number for number, each in enumerate(many[:COMPARED]) if checker.delta(each) != checker.in_full(each)]
    note = f"{COMPARED} changes of {PACKAGES} packages against two whole checks each: {different or 'all are equal'}"
    yield Measure(_NAMES[3], len(different), "changes", 0, note=note)


def _drawn(distribution: Distribution, folder: Path, how_many: int, packages: int) -> Iterator[Change]:
    """Sources drawn at random until so many packages are together; every second one brings no package it had."""
    folder.mkdir(parents=True)
    chance, names = random.Random(f"{SEED} {packages}"), sorted(distribution.sources)
    for number in range(how_many):
        built: dict[str, tuple[Binary, ...]] = {}
        while sum(map(len, built.values())) < packages:
            source = chance.choice(names)
            built[source] = distribution.sources[source]
        yield _change(folder / str(number), built, loses=number % 2 == 0)


def _change(folder: Path, built: Mapping[str, Sequence[Binary]], *, loses: bool) -> Change:
    """The same packages again, or all but the first of the first source."""
    folder.mkdir()
    first = next(iter(built))
    kept = {source: several[1:] if loses and source == first else several for source, several in built.items()}
    binaries = tuple(each for several in kept.values() for each in several)
    files = tuple(write_rpm(folder, each, ARCH) for each in binaries)
    return Change(binaries, Replacement(files, frozenset(built)))


def _key(each: Break) -> _Key:
    return each.package, each.requirement
