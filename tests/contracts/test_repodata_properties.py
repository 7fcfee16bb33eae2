"""What holds for every solution, whatever the repos look like?"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.model.contents import Manifest
from relengotron.systems.repodata.port import Solution, Universe
from tests.contracts.repodata_repos import Reader, Rpm, a_manifest, a_repo

NAMES = [f"p{number}" for number in range(8)]
VIRTUAL = ["v0", "v1", "v2"]
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

some = st.lists(st.sampled_from([*NAMES, *VIRTUAL]), max_size=2, unique=True).map(tuple)
rpms = st.builds(
    Rpm,
    name=st.sampled_from(NAMES),
    version=st.sampled_from(["1", "2", "10"]),
    requires=some,
    provides=st.lists(st.sampled_from(VIRTUAL), max_size=2, unique=True).map(tuple),
    conflicts=st.lists(st.sampled_from(NAMES), max_size=1).map(tuple),
    recommends=some,
)
contents = st.lists(rpms, max_size=14, unique_by=lambda rpm: (rpm.name, rpm.version))
manifests = st.builds(
    a_manifest,
    st.sampled_from(NAMES),
    st.sampled_from([*NAMES, *VIRTUAL]),
    exclude=st.lists(st.sampled_from(NAMES), max_size=2),
    recommends=st.booleans(),
)


def solved(repos: Iterable[Sequence[Rpm]], manifest: Manifest) -> Solution:
    """Solve with repos that are named in this order."""
    place = Path(tempfile.mkdtemp())
    try:
        urls = tuple(a_repo(place / _name(each), *each, with_files=False) for each in repos)
        return Reader(place / "cache").repodata.solve(Universe(urls, "x86_64"), manifest)
    finally:
        shutil.rmtree(place)


def _name(rpms: Sequence[Rpm]) -> str:
    return f"r{hashlib.sha256(repr(rpms).encode()).hexdigest()}"


def _gives(rpm: Rpm, name: str) -> bool:
    return name in (rpm.name, *rpm.provides)


@QUICK
@given(contents, manifests)
def test_a_solution_is_closed_and_has_all_that_is_wished_and_nothing_excluded(
    repo: list[Rpm], manifest: Manifest
) -> None:
    solution = solved([repo], manifest)
    known = {rpm.package: rpm for rpm in repo}
    chosen = [known[package] for package in solution.packages]

    for need in [*(manifest.install or ()), *(need for rpm in chosen for need in rpm.requires)]:
        assert not chosen or any(_gives(rpm, need) for rpm in chosen), need
    for rpm in chosen:
        assert rpm.name not in manifest.exclude
        assert not any(other.name in rpm.conflicts for other in chosen if other is not rpm)
    assert len({rpm.name for rpm in chosen}) == len(chosen)
    assert dict(solution.packages) == {rpm.package: rpm.checksum for rpm in chosen}
    assert bool(chosen) != bool(solution.problems)


@QUICK
@given(contents, contents, manifests)
def test_the_order_of_repos_packages_and_wishes_means_nothing(
    one: list[Rpm], other: list[Rpm], manifest: Manifest
) -> None:
    turned = Manifest(
        "digest", "o", tuple(reversed(manifest.install or ())), manifest.exclude[::-1], manifest.recommends
    )
    first, second = solved([one, other], manifest), solved([other, one], turned)

    assert first.packages.keys() == second.packages.keys()
    assert first.problems == second.problems


@QUICK
@given(contents, manifests)
def test_a_repo_with_nothing_of_interest_changes_nothing(repo: list[Rpm], manifest: Manifest) -> None:
    unrelated = [Rpm("q1", requires=("q2",)), Rpm("q2", requires=("p1",), conflicts=("p2",), recommends=("p3",))]

    before, after = solved([repo], manifest), solved([unrelated, repo], manifest)

    assert before.packages == after.packages
    assert before.problems == after.problems


@QUICK
@given(contents, st.lists(manifests, min_size=2, max_size=4))
def test_what_was_asked_before_changes_no_answer(repo: list[Rpm], asked: list[Manifest]) -> None:
    place = Path(tempfile.mkdtemp())
    try:
        universe = Universe((a_repo(place / "r", *repo, with_files=False),), "x86_64")
        reader = Reader(place / "cache").repodata
        answers = [reader.solve(universe, each) for each in asked]
        again = [Reader(place / "cache").repodata.solve(universe, each) for each in asked[::-1]]
    finally:
        shutil.rmtree(place)

    assert answers == again[::-1]
