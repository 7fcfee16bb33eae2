"""Whatever a push brings: is a tree left alone when a compose would bring nothing, and only then?

The ladder is the product's own; repos, live trees and pushes are made up.
"""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.decisions import naming
from relengotron.decisions.affected import Reach
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents, Manifest
from relengotron.model.graph import ArtifactGraph
from relengotron.model.rung import Says
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk.artifact import Changes
from relengotron.sdk.discovery import Plugins
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.repodata.converting import here
from relengotron.systems.repodata.port import Solution, Universe
from relengotron.workflows.climbing import Ladder
from relengotron.workflows.horizons import Horizon
from relengotron.workflows.push import Push
from relengotron.workflows.survey import Seen, Survey
from tests.contracts.repodata_repos import Rpm, a_manifest, a_repo

ARCH = "x86_64"
NAMES = [f"p{number}" for number in range(7)]
VIRTUAL = ["v0", "v1"]
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(QUICK, max_examples=2000)

versioned = st.builds("{} {} {}".format, st.sampled_from(NAMES), st.sampled_from(["<", ">=", "="]), st.just("2"))
anything = st.sampled_from([*NAMES, *VIRTUAL])


def an_rpm(names: st.SearchStrategy[str], *versions: str) -> st.SearchStrategy[Rpm]:
    """A package with relations as in a distribution: most need something, few conflict with anything."""
    return st.builds(
        Rpm,
        name=names,
        version=st.sampled_from(versions),
        arch=st.sampled_from([ARCH, ARCH, "noarch"]),
        requires=st.lists(st.one_of(anything, anything, versioned), max_size=2, unique=True).map(tuple),
        provides=st.lists(st.sampled_from(VIRTUAL), max_size=1).map(tuple),
        conflicts=st.one_of(st.just(()), st.just(()), st.just(()), st.tuples(versioned)),
        obsoletes=st.one_of(st.just(()), st.just(()), st.just(()), st.tuples(versioned)),
    )


released_repos = st.tuples(*(an_rpm(st.just(name), "1", "2") for name in NAMES))
new_builds = an_rpm(st.sampled_from([*NAMES, "q0", "q1"]), "1", "2", "3", "4")
pushes = st.lists(new_builds, min_size=1, max_size=3, unique_by=lambda rpm: rpm.name)
months = st.lists(pushes, min_size=1, max_size=4)
manifests = st.lists(
    st.builds(a_manifest, st.sampled_from(NAMES), anything, exclude=st.lists(st.sampled_from(NAMES), max_size=1)),
    min_size=3,
    max_size=3,
)


@dataclass(frozen=True)
class Case:
    """One tree after one push: what was said of it, and what a compose would install instead of what is live."""

    reach: Reach
    live: Solution
    after: Solution

    @property
    def is_same(self) -> bool:
        return self.after.packages == self.live.packages


@dataclass(frozen=True)
class _PushOfTrees:
    """All that the ladder wants of a push."""

    plugins: Plugins


@dataclass
class ALane:
    """Trees that are composed whenever the ladder says so; each push replaces builds in the repo of updates.

    The released repo stays beside it, so that what could be installed once can be installed for ever.
    """

    place: Path
    released: Sequence[Rpm]
    manifests: Sequence[Manifest]
    updates: dict[str, Rpm] = field(default_factory=dict)
    live: dict[str, tuple[Manifest, Solution]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._repodata = SolvRepodata(self.place / "cache", requests.Session(), convert=here)
        self._urls: tuple[str, ...] = (a_repo(self.place / "released", *self.released, with_files=False),)
        for number, manifest in enumerate(self.manifests):
            solution = self._repodata.solve(Universe(self._urls, ARCH), manifest)
            if solution.is_possible:
                self.live[f"tree-{number}"] = (manifest, solution)

    def push(self, number: int, pushed: Sequence[Rpm]) -> list[Case]:
        """Judge every tree, and compose what is said to change."""
        self.updates |= {rpm.name: rpm for rpm in pushed}
        url = a_repo(self.place / f"mashed-{number}", *self.updates.values(), with_files=False)
        before, after = Universe(self._urls, ARCH), Universe((self._urls[0], url), ARCH)
        ladder = self._ladder(pushed, Horizon(before, after, Universe((url,), ARCH)))
        cases = [self._judge(name, ladder, after) for name in list(self.live)]
        self._urls = after.urls
        return cases

    def _judge(self, name: str, ladder: Ladder, after: Universe) -> Case:
        manifest, live = self.live[name]
        case = Case(ladder.climb(a_tree(name)), live, self._repodata.solve(after, manifest))
        if case.reach.is_affected:
            self.live[name] = (manifest, case.after)
        return case

    def _ladder(self, pushed: Sequence[Rpm], horizon: Horizon) -> Ladder:
        trees = [a_tree(name) for name in self.live]
        seen = {
            name: Seen(manifest, Contents(tuple(live.packages), f"commit of {name}", manifest.digest), "commit")
            for name, (manifest, live) in self.live.items()
        }
        contents = {name: each.contents for name, each in seen.items() if each.contents is not None}
        graph = ArtifactGraph(trees, contents, "config/artifacts")
        changes = Changes(("build-1-1",), frozenset(rpm.name for rpm in pushed))
        changed = naming.changed_in(graph, [rpm.package for rpm in pushed])
        push = cast(Push, _PushOfTrees(Plugins({"ostree": OstreePlugin()}, {})))
        return Ladder(push, Survey(seen, graph, changes, changed, "PDC"), lambda _: [horizon], self._repodata.frozen())


def a_tree(name: str) -> Artifact:
    return Artifact(name, "ostree", "F24", (ARCH,), name, ("repo",), name)


def cases_of(released: Sequence[Rpm], month: Iterable[Sequence[Rpm]], *manifests: Manifest) -> list[Case]:
    """Every tree after every push."""
    with tempfile.TemporaryDirectory() as place:
        lane = ALane(Path(place), released, manifests)
        return [case for number, pushed in enumerate(month) for case in lane.push(number, pushed)]


def no_skip_is_false_and_no_compose_needless(cases: Iterable[Case]) -> None:
    """The promise: who is skipped stays the same, who is composed does not, and nothing is in doubt."""
    for case in cases:
        reach = case.reach
        assert not reach.is_doubt, reach.reason
        assert reach.is_affected or case.is_same, reach.reason
        assert not reach.is_affected or reach.is_impossible or not case.is_same, reach.reason


@QUICK
@given(released_repos, months, manifests)
def test_a_tree_is_skipped_when_and_only_when_a_compose_would_bring_nothing(
    released: tuple[Rpm, ...], month: list[list[Rpm]], wanted: list[Manifest]
) -> None:
    no_skip_is_false_and_no_compose_needless(cases_of(released, month, *wanted))


@pytest.mark.crash
@pytest.mark.timeout(900)
@LONG
@given(released_repos, months, manifests)
def test_the_same_for_thousands_of_pushes(
    released: tuple[Rpm, ...], month: list[list[Rpm]], wanted: list[Manifest]
) -> None:
    no_skip_is_false_and_no_compose_needless(cases_of(released, month, *wanted))


def test_an_older_build_of_a_package_in_the_tree_is_a_name_without_consequence() -> None:
    (case,) = cases_of([Rpm("p0", "2")], [[Rpm("p0", "1")]], a_manifest("p0"))

    assert not case.reach.is_affected
    assert case.is_same
    assert case.reach.rungs[1].says is Says.CHANGED


def test_a_provider_that_nobody_named_makes_the_tree_change() -> None:
    released = [Rpm("p0", requires=("v0",)), Rpm("p1", provides=("v0",))]
    (case,) = cases_of(released, [[Rpm("p2", "2", obsoletes=("p1 < 2",), provides=("v0",))]], a_manifest("p0", "p1"))

    assert case.reach.is_affected
    assert not case.is_same
    assert case.reach.rungs[1].says is Says.UNCHANGED


def test_an_update_that_cannot_be_installed_asks_people_first() -> None:
    (case,) = cases_of([Rpm("p0")], [[Rpm("p0", "2", requires=("v1",))]], a_manifest("p0"))

    assert case.reach.is_impossible
    assert case.is_same
