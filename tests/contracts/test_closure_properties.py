"""Is the quick answer about a change the same as two whole checks give, whatever the repos look like?"""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.model.closure import Break
from relengotron.systems.repodata.port import Replacement, Universe
from tests.contracts.header_rpms import a_file
from tests.contracts.repodata_repos import Reader, Rpm, a_repo

NAMES = [f"p{number}" for number in range(5)]
PATHS = ["/usr/bin/tool", "/usr/share/thing", "/etc/conf", "/usr/lib/other"]
PLAIN = [*NAMES, "v0", "v1", "p0 >= 2", "v0 = 2", "v1 < 2", "p1 = 1-1", *PATHS]
QUICK = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])

plain = st.sampled_from(PLAIN)
sets = st.sampled_from([each for each in PLAIN if not each.startswith("/")])
words = st.sampled_from(["({} and {})", "({} or {})", "({} if {})", "({} unless {})"])
set_words = st.sampled_from(["({} with {})", "({} without {})"])
rich = st.one_of(
    st.builds(str.format, words, plain, plain),
    st.builds(str.format, set_words, sets, sets),
    st.builds("({} if {} else {})".format, plain, plain, plain),
    st.builds("(({} or {}) and ({} with {}))".format, plain, plain, sets, sets),
    st.builds("(({} and {}) if ({} or {}))".format, plain, plain, plain, plain),
)
rpms = st.builds(
    Rpm,
    name=st.sampled_from(NAMES),
    version=st.sampled_from(["1", "2", "10"]),
    arch=st.sampled_from(["noarch", "x86_64", "i686"]),
    epoch=st.sampled_from(["0", "0", "1"]),
    requires=st.lists(st.one_of(plain, rich), max_size=3, unique=True).map(tuple),
    provides=st.lists(st.sampled_from(["v0", "v1", "v0 = 2", "v1 = 1"]), max_size=2, unique=True).map(tuple),
    files=st.lists(st.sampled_from(PATHS), max_size=2, unique=True).map(tuple),
    source=st.sampled_from(["s0", "s1", "s2", "s3"]),
).map(lambda rpm: replace(rpm, release=rpm.source))  # so that two sources never make the same package


def _place_of(rpm: Rpm) -> tuple[str, str]:
    return rpm.name, rpm.arch


contents = st.lists(rpms, max_size=10, unique_by=_place_of)
builds = st.lists(rpms, max_size=4, unique_by=_place_of)
gone = st.frozensets(st.sampled_from(["s0", "s1", "s2", "s3"]), max_size=2)
changes = st.tuples(builds, gone)
Change = tuple[Sequence[Rpm], frozenset[str]]


@contextmanager
def a_place() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp())
    try:
        yield place
    finally:
        shutil.rmtree(place)


def sources_of(change: Change) -> frozenset[str]:
    rpms, gone = change
    return gone | {rpm.source for rpm in rpms}


def after(shown: Sequence[Rpm], before: Sequence[Rpm], change: Change) -> list[Rpm]:
    """What there is once the change has come; of a second arch only where the metadata show some of its source."""
    made, sources = {(rpm.source, rpm.arch) for rpm in shown}, sources_of(change)
    kept = [rpm for rpm in before if rpm.source not in sources]
    return kept + [rpm for rpm in change[0] if rpm.arch != "i686" or (rpm.source, rpm.arch) in made]


def replacement(place: Path, change: Change) -> Replacement:
    return Replacement(tuple(a_file(place, each) for each in change[0]), sources_of(change))


def in_full(place: Path, repo: Sequence[Rpm]) -> set[Break]:
    """Another reader each time: nothing is warm."""
    url = a_repo(place, *repo)
    return set(Reader(place / "cache").repodata.broken(Universe((url,), "x86_64")))


def wanted(place: Path, shown: Sequence[Rpm], before: Sequence[Rpm], change: Change) -> set[tuple[str, str, bool]]:
    """By two whole checks: what is broken afterwards and was not, or comes with the change."""
    then, now = in_full(place / "then", before), in_full(place / "now", after(shown, before, change))
    known = {(each.package, each.requirement) for each in then}
    came = {str(rpm.package) for rpm in change[0]}
    named = {_place_of(rpm) for rpm in shown}
    certain = {str(rpm.package) for rpm in [*before, *change[0]] if rpm.arch != "i686" or _place_of(rpm) in named}
    return {
        (each.package, each.requirement, each.package in came)
        for each in now
        if each.package in certain and (each.package in came or (each.package, each.requirement) not in known)
    }


@QUICK
@given(contents, st.lists(changes, min_size=1, max_size=3))
def test_the_answer_about_a_change_is_that_of_two_whole_checks(repo: list[Rpm], asked: list[Change]) -> None:
    with a_place() as place:
        reader, url = Reader(place / "cache"), a_repo(place / "repo", *repo)
        before, replaced = list(repo), list[Replacement]()
        for number, change in enumerate(asked):
            news = replacement(place / f"files{number}", change)
            found = reader.repodata.breaks(Universe((url,), "x86_64"), replaced, news)
            assert {(each.package, each.requirement, each.is_new) for each in found} == wanted(
                place / f"whole{number}", repo, before, change
            )
            before, replaced = after(repo, before, change), [*replaced, news]


@QUICK
@given(contents, changes, changes)
def test_what_was_asked_before_changes_no_answer(repo: list[Rpm], one: Change, other: Change) -> None:
    with a_place() as place:
        universe = Universe((a_repo(place / "repo", *repo),), "x86_64")
        first, second = replacement(place / "one", one), replacement(place / "other", other)
        warm, cold = Reader(place / "cache").repodata, Reader(place / "cache").repodata

        for before in ([], [second], [second, first]):
            warm.breaks(universe, before, first)

        assert warm.breaks(universe, [second], first) == cold.breaks(universe, [second], first)
        assert warm.broken(universe) == cold.broken(universe)


@QUICK
@given(contents, changes)
def test_what_the_metadata_show_already_makes_no_difference(repo: list[Rpm], change: Change) -> None:
    with a_place() as place:
        held = [rpm for rpm in repo if rpm.source in {"s0", "s1"}]
        shown: Change = held, frozenset({"s0", "s1"})
        universe = Universe((a_repo(place / "repo", *repo),), "x86_64")
        reader, news = Reader(place / "cache").repodata, replacement(place / "news", change)

        told = reader.breaks(universe, [replacement(place / "shown", shown)], news)

        assert told == reader.breaks(universe, [], news)
