"""How long does it take to say exactly what updates change in a tree, and is it what dnf would install?"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import median

import requests

from bench import dnf_command
from bench.dnf_command import DnfCommand, DnfRefused
from bench.results import Measure, timed
from bench.universe.distribution import ARCHES, PLACE, Distribution
from bench.universe.index import NoPackageIndex
from bench.universe.wishes import WishList
from bench.warm_dnf import WarmDnf, warm_dnf
from relengotron.model.contents import Manifest
from relengotron.model.difference import Change, differences
from relengotron.model.package import Package
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.repodata.port import Repodata, Universe

ARCH = ARCHES[0]
SEED = 1
ONE_TREE = 500
ROUNDS = 5
LEAST_RATIO, LEAST_API_RATIO = 80.0, 15.0
MOST_SECONDS = 0.7
_NAMES = ("predict_60_manifests_s", "predict_vs_dnf_ratio", "predict_vs_dnf_api_ratio", "predict_differs_from_dnf")
_NEW_QUESTION = count(1)


@dataclass(frozen=True, slots=True)
class Places:
    """The repos before and after a month of updates, and everything that may be composed from them."""

    old: Mapping[str, str]
    new: Mapping[str, str]
    wishes: tuple[WishList, ...]
    note: str

    @property
    def sides(self) -> Mapping[str, Mapping[str, str]]:
        """Both sets of repos by name."""
        return {"old": self.old, "new": self.new}

    @property
    def one_tree(self) -> WishList:
        """The wish list that comes closest to the size that the single prediction is measured with."""
        return min(self.wishes, key=lambda each: abs(each.size - ONE_TREE))


class Oracle:
    """Our prediction with everything loaded already; no question is asked twice, so nothing is answered from memory."""

    def __init__(self, repodata: Repodata, places: Places) -> None:
        """Load both sides."""
        self._repodata = repodata
        self._universes = {name: Universe(tuple(repos.values()), ARCH) for name, repos in places.sides.items()}
        self.predict(places.one_tree)

    def packages(self, side: str, wish: WishList) -> frozenset[Package] | None:
        """What the list brings on one side; None when it cannot be installed."""
        solution = self._repodata.solve(self._universes[side], _asked_anew(wish.manifest))
        return frozenset(solution.packages) if solution.is_possible else None

    def predict(self, wish: WishList) -> tuple[Change, ...]:
        """The exact difference that the updates make."""
        manifest = _asked_anew(wish.manifest)
        before, after = (self._repodata.solve(self._universes[side], manifest).packages for side in ("old", "new"))
        return differences(before, after)


def measure(scratch: Path) -> Iterator[Measure]:
    """Ours first, then in turns with dnf as far as it is here."""
    try:
        places = _places(Distribution.open())
    except NoPackageIndex as why:
        yield from (Measure.untold(name, str(why)) for name in _NAMES)
        return
    with requests.Session() as session:
        oracle = Oracle(SolvRepodata(PLACE.absolute() / "solver", session), places)
        yield _all_manifests(oracle, places)
        if dnf_command.is_here():
            yield from _against_dnf(oracle, places, scratch)
        else:
            yield from (Measure.untold(name, dnf_command.NOT_HERE) for name in _NAMES[1:])


def _places(distribution: Distribution) -> Places:
    pushes = distribution.pushes(SEED)
    builds = [each for _, built in distribution.played(pushes) for each in built]
    base, updates = distribution.repo(ARCH), distribution.updates_repo(ARCH, builds)
    sources = len({name for push in pushes for name in push.sources})
    note = f"{len(distribution.packages):,} packages, and updates of {sources} sources"
    return Places({"base": base}, {"base": base, "updates": updates}, distribution.wishes, note)


def _asked_anew(manifest: Manifest) -> Manifest:
    """The same wishes as a question that was never asked: what is excluded does not exist."""
    return replace(manifest, exclude=(f"nothing-has-the-name-{next(_NEW_QUESTION)}",))


def _all_manifests(oracle: Oracle, places: Places) -> Measure:
    took, changed = [], 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        changed = sum(1 for wish in places.wishes if oracle.predict(wish))
        took.append(time.perf_counter() - began)
    sizes = [each.size for each in places.wishes]
    note = f"{len(sizes)} manifests of {min(sizes)} to {max(sizes)} packages, {changed} of them change; {places.note}"
    return Measure("predict_60_manifests_s", median(took), "s", MOST_SECONDS, note=note)


def _against_dnf(oracle: Oracle, places: Places, scratch: Path) -> Iterator[Measure]:
    commands = {name: DnfCommand(scratch / "command" / name, repos, ARCH) for name, repos in places.sides.items()}
    for command in commands.values():
        command.warm()
    with warm_dnf(scratch / "api", places.sides, ARCH) as api:
        yield from _one_tree(oracle, places.one_tree, commands, api)
        yield _same_answers(oracle, places, commands, api)


def _one_tree(oracle: Oracle, tree: WishList, commands: Mapping[str, DnfCommand], api: WarmDnf) -> Iterator[Measure]:
    """All three in each round, so that they meet the same weather."""
    ours, theirs, apis = [], [], []
    for _ in range(ROUNDS):
        ours.append(timed(lambda: oracle.predict(tree)))
        theirs.append(timed(lambda: [command.install(tree.install) for command in commands.values()]))
        apis.append(sum(api.install(side, tree.install)[0] for side in commands))
    mine = median(ours)
    for name, other, peer, target in (
        ("predict_vs_dnf_ratio", median(theirs), "two runs of dnf", LEAST_RATIO),
        ("predict_vs_dnf_api_ratio", median(apis), "dnf's Python API, twice", LEAST_API_RATIO),
    ):
        note = (
            f"{mine * 1000:.1f} ms against {other * 1000:.0f} ms for {tree.size} packages; medians of {ROUNDS} rounds"
        )
        yield Measure(name, other / mine, "times", target, more_is_better=True, compared_to=peer, note=note)


def _same_answers(oracle: Oracle, places: Places, commands: Mapping[str, DnfCommand], api: WarmDnf) -> Measure:
    different = []
    for wish in places.wishes:
        for side in places.sides:
            if oracle.packages(side, wish) != _of_api(api, side, wish):
                different.append(f"{wish.name} ({side})")
    tree = places.one_tree
    for side, command in commands.items():
        if oracle.packages(side, tree) != command.install(tree.install):
            different.append(f"{tree.name} ({side}, the command)")
    note = (
        f"package sets of {len(places.wishes)} manifests, before and after: {', '.join(different) or 'all are equal'}"
    )
    return Measure("predict_differs_from_dnf", len(different), "sets", 0, note=note)


def _of_api(api: WarmDnf, side: str, wish: WishList) -> frozenset[Package] | None:
    try:
        return api.install(side, wish.install)[1]
    except DnfRefused:
        return None
