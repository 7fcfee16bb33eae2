"""What is composed in a month of pushes? relengotron judges each day, and the trees become what it says."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from urllib.parse import unquote, urlsplit

import requests

from bench.lane import ARCH, LaneOfTrees, Shop, build_of, ref_of
from bench.universe import updates
from bench.universe.distribution import PLACE, Distribution
from bench.universe.packages import Binary
from bench.universe.updates import Twist
from relengotron.decisions.affected import Reach
from relengotron.model.contents import Manifest
from relengotron.model.package import Package
from relengotron.model.rung import RungName, Says
from relengotron.plugins.tree_compose import MANIFEST
from relengotron.systems.koji.port import Build
from relengotron.systems.ostree.simulated import SimulatedOstree
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.repodata.port import Universe

SEED = 1
SPECIALS_OF_A_KIND, IN_SO_MANY_TREES = 2, 6
SOLVER = PLACE.absolute() / "solver"


@dataclass(frozen=True, slots=True)
class Day:
    """One push: its number, how many packages it brings, and the repo of all updates so far."""

    number: int
    packages: int
    twists: tuple[Twist, ...]
    updates: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was said of one tree on one day, and what is true.

    ``live`` is what the tree contained, ``becomes`` what a compose would bring (None: it cannot be installed).
    ``is_in_pdc`` says whether PDC knows a package of the push in it, ``has_source`` whether anything in it is built
    from a source package of the push.
    """

    day: Day
    tree: str
    reach: Reach
    live: frozenset[Package]
    becomes: frozenset[Package] | None
    is_in_pdc: bool
    has_source: bool

    @property
    def is_held(self) -> bool:
        """Whether people are asked first: a retry of theirs composes it all the same."""
        return self.reach.is_impossible

    @property
    def is_composed(self) -> bool:
        """Whether a builder has to work, before or after people were asked."""
        return self.reach.is_affected

    @property
    def is_named(self) -> bool:
        """Whether a package of the push is in the live list with another version."""
        return any(each.name is RungName.NAMES and each.says is Says.CHANGED for each in self.reach.rungs)

    @property
    def changes(self) -> bool:
        """Whether a compose brings something else than what is live."""
        return self.becomes is not None and self.becomes != self.live

    @property
    def is_needless(self) -> bool:
        """Whether a builder worked for nothing."""
        return self.is_composed and not self.changes


def replay(distribution: Distribution, folder: Path) -> Iterator[Judgement]:
    """Every tree on every day of the month; it begins with all trees composed from the released repo."""
    with _first_day(distribution, folder) as month:
        yield from month.days(distribution)


def specials(distribution: Distribution, folder: Path) -> Iterator[Judgement]:
    """Every tree, as it was on the first day, for pushes of one source that is in a tree and brings a twist."""
    with _first_day(distribution, folder) as month:
        yield from month.what_ifs(distribution)


@contextmanager
def _first_day(distribution: Distribution, folder: Path) -> Iterator["_Month"]:
    repodata = SolvRepodata(SOLVER, requests.Session())
    released = Universe((distribution.repo(ARCH),), ARCH)
    first = {wish.name: repodata.solve(released, wish.manifest) for wish in distribution.wishes}
    names = {name: frozenset(each.name for each in solved.packages) for name, solved in first.items()}
    trees = {wish.name: wish.install for wish in distribution.wishes}
    lane = LaneOfTrees(Shop(folder, distribution.repo(ARCH), trees, names, SimulatedOstree, SOLVER))
    month = _Month(lane, folder, released, names)
    for name, solution in first.items():
        month.compose(name, solution.packages)
    try:
        yield month
    finally:
        lane.close()


class _Month:
    """``known`` is what PDC knows to be in each tree."""

    def __init__(
        self, lane: LaneOfTrees, folder: Path, released: Universe, known: Mapping[str, frozenset[str]]
    ) -> None:
        self._lane = lane
        self._released = released
        self._known = known
        self._trees = SimulatedOstree(folder / "mirror" / "atomic")
        self._trees.init_archive()
        self._manifests = {each.name: lane.manifest(each) for each in lane.trees}
        self._live: dict[str, frozenset[Package]] = {}

    def days(self, distribution: Distribution) -> Iterator[Judgement]:
        everything: list[Binary] = []
        for push, built in distribution.played(distribution.pushes(SEED)):
            everything += built
            day = Day(push.day, len(built), tuple(push.twists.values()), distribution.updates_repo(ARCH, everything))
            siblings = frozenset(each.name for name in push.sources for each in distribution.sources[name])
            for judgement in self._day(day, built, siblings):
                yield judgement
                if judgement.is_composed and judgement.becomes is not None:
                    self.compose(judgement.tree, judgement.becomes)
            self._lane.publish(folder_of(day.updates).parent, f"day-{day.number}")

    def what_ifs(self, distribution: Distribution) -> Iterator[Judgement]:
        random, inside = Random(SEED), Counter(each.name for live in self._live.values() for each in live)
        everything = distribution.sources.values()
        sources = [built for built in everything if max(inside[each.name] for each in built) >= IN_SO_MANY_TREES]
        leaves = sorted(each.name for each in distribution.packages.values() if not each.requires)
        for twist in (twist for twist in Twist for _ in range(SPECIALS_OF_A_KIND)):
            fit = [each for each in sources if twist is not Twist.PROVIDER_MOVED or any(one.provides for one in each)]
            more = random.choice([name for name in leaves if name not in inside])
            chosen = random.choice(fit)
            built = updates.twisted(updates.rebuilt(chosen, 1), twist, distribution.popularity, more)
            day = Day(0, len(built), (twist,), distribution.updates_repo(ARCH, built))
            yield from self._day(day, built, frozenset(each.name for each in chosen))

    def _day(self, day: Day, built: Sequence[Binary], siblings: frozenset[str]) -> Iterator[Judgement]:
        repo, names = folder_of(day.updates).parent, frozenset(each.name for each in built)
        reaches = {each.artifact: each for each in self._lane.judge(_builds(built), repo).reaches}
        after = Universe((*self._released.urls, day.updates), ARCH)
        for tree, manifest in self._manifests.items():
            live = self._live[tree]
            has_source = not siblings.isdisjoint(each.name for each in live)
            is_in_pdc, becomes = not names.isdisjoint(self._known[tree]), self._becomes(after, manifest)
            yield Judgement(day, tree, reaches[tree], live, becomes, is_in_pdc, has_source)

    def _becomes(self, universe: Universe, manifest: Manifest) -> frozenset[Package] | None:
        solution = self._lane.world.repodata.solve(universe, manifest)
        return frozenset(solution.packages) if solution.is_possible else None

    def compose(self, tree: str, packages: Iterable[Package]) -> None:
        """A commit with one file a package, as a composer would make it."""
        ordered, ref = sorted(packages), ref_of(tree)
        parent = self._trees.head(ref)
        commit = self._trees.commit_files(
            {str(each): "" for each in ordered},
            parent=parent,
            subject="compose",
            timestamp=datetime.now(UTC),
            packages=ordered,
            metadata={MANIFEST: self._manifests[tree].digest},
        )
        self._trees.set_ref(ref, commit, parent)
        self._live[tree] = frozenset(ordered)


def folder_of(url: str) -> Path:
    """The folder of a repo on this machine."""
    return Path(unquote(urlsplit(url).path))


def _builds(built: Iterable[Binary]) -> list[Build]:
    sources: dict[str, list[Package]] = {}
    for each in built:
        sources.setdefault(each.source, []).append(each.on(ARCH))
    return [build_of(name, packages) for name, packages in sources.items()]
