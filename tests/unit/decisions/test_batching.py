"""Do builds that belong together go together, and does nobody wait for a stranger?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.batching import QUIET, Arrival, Brought, Habits, Together, Waiting, bring_together

NOON = datetime(2016, 11, 1, 12, tzinfo=UTC)
WINDOW = timedelta(minutes=10)
ALONE, TEN_MINUTES = Habits(), Habits(same_submitter=WINDOW)


def an_arrival(package: str, minute: float = 0, submitter: str = "alice", side_tag: str | None = None) -> Arrival:
    return Arrival(f"{package}-1-1", package, submitter, NOON + timedelta(minutes=minute), side_tag)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def names(groups: tuple[Together, ...]) -> list[list[str]]:
    return [[each.package for each in group.builds] for group in groups]


def test_a_build_that_nothing_joins_goes_alone_and_at_once() -> None:
    found = bring_together([an_arrival("bash"), an_arrival("nano")], (), ALONE, NOON)
    assert names(found.ready) == [["bash"], ["nano"]]


def test_what_one_person_brings_within_the_window_goes_together() -> None:
    arrivals = [an_arrival("bash"), an_arrival("nano", 10), an_arrival("vim", 11), an_arrival("zsh", 3, "bob")]
    found = bring_together(arrivals, (), TEN_MINUTES, at(10))
    assert names(found.ready) == [["bash", "nano"]]
    assert found.ready[0].why == "alice brought them within 10 min"
    assert names(found.later) == [["vim"], ["zsh"]]


def test_who_has_no_name_is_nobody_in_particular() -> None:
    arrivals = [an_arrival("bash", submitter=""), an_arrival("nano", submitter="")]
    assert names(bring_together(arrivals, (), TEN_MINUTES, NOON).ready) == [["bash"], ["nano"]]


def test_what_comes_from_a_side_tag_goes_once_nothing_more_comes() -> None:
    arrivals = [an_arrival("bash", side_tag="side-7"), an_arrival("nano", 0.5, "bob", "side-7")]
    assert names(bring_together(arrivals, (), ALONE, at(1)).later) == [["bash", "nano"]]
    (group,) = bring_together(arrivals, (), ALONE, at(0.5) + QUIET).ready
    assert (group.why, len(group.builds)) == ("built together in side-7", 2)


def test_no_more_go_together_than_may_and_a_full_batch_waits_for_nobody() -> None:
    arrivals = [an_arrival(f"package{number}") for number in range(5)]
    found = bring_together(arrivals, (), Habits(WINDOW, most=2), NOON)
    assert names(found.ready) == [["package0", "package1"], ["package2", "package3"]]
    assert names(found.later) == [["package4"]]
    assert found.ready[0].why == "alice brought them within 10 min, 2 of 5"


def test_two_builds_of_one_package_never_go_together() -> None:
    newer = Arrival("bash-2-1", "bash", "alice", NOON)
    found = bring_together([an_arrival("bash"), newer, an_arrival("nano")], (), TEN_MINUTES, at(10))
    assert names(found.ready) == [["bash", "nano"], ["bash"]]


def test_what_people_let_through_waits_for_nobody_and_nobody_for_it() -> None:
    free = replace(an_arrival("bash"), is_let_through=True)
    batch = waiting("first", an_arrival("libfoo", -60), wants="bash")
    found = bring_together([free, an_arrival("nano")], [batch], TEN_MINUTES, NOON)
    assert [(group.builds, group.why) for group in found.ready] == [((free,), "people let it through")]
    assert names(found.later) == [["nano"]]


# -- what waits for what mends it ------------------------------------------------------------------------------------


def waiting(batch: str, *builds: Arrival, wants: str = "") -> Waiting:
    return Waiting(batch, builds, frozenset(wants.split()))


def test_what_mends_a_batch_joins_it_and_others_do_not() -> None:
    batch = waiting("first", an_arrival("libfoo", -60), wants="bar baz")
    found = bring_together([an_arrival("bar"), an_arrival("other")], [batch], ALONE, NOON)
    assert names(found.ready) == [["libfoo", "bar"], ["other"]]
    assert found.ready[0].takes == ("first",)
    assert found.ready[0].why == "bar-1-1 has what libfoo-1-1 requires"


def test_a_batch_that_nothing_mends_is_left_alone() -> None:
    batch = waiting("first", an_arrival("libfoo", -60), wants="bar")
    found = bring_together([an_arrival("other")], [batch], ALONE, NOON)
    assert [group.takes for group in found.ready] == [()]
    assert bring_together([], [batch], ALONE, NOON) == Brought((), ())


def test_what_a_mending_batch_would_break_itself_is_mended_too() -> None:
    first = waiting("first", an_arrival("libfoo", -60), wants="libbar")
    second = waiting("second", an_arrival("libbar", -50), wants="app")
    found = bring_together([an_arrival("app")], [second, first], ALONE, NOON)
    assert names(found.ready) == [["libfoo", "libbar", "app"]]
    assert set(found.ready[0].takes) == {"first", "second"}


def test_what_mends_two_batches_joins_them() -> None:
    one, two = waiting("1", an_arrival("one", -2), wants="app"), waiting("2", an_arrival("two", -1), wants="app one")
    found = bring_together([an_arrival("app")], [one, two], ALONE, NOON)
    assert names(found.ready) == [["one", "two", "app"]]
    assert found.ready[0].why == "one-1-1, app-1-1 have what two-1-1 requires"


def test_all_that_lack_the_same_join_it_at_once() -> None:
    library = waiting("z", an_arrival("libfoo", -60))
    others = [waiting(name, an_arrival(name, -30), wants="libfoo") for name in ("bar", "baz")]
    found = bring_together([an_arrival("other")], [library, *others], ALONE, NOON)
    assert names(found.ready) == [["libfoo", "bar", "baz"], ["other"]]
    assert found.ready[0].takes == ("bar", "z", "baz")
    assert found.ready[0].why == "libfoo-1-1 has what bar-1-1, baz-1-1 require"


def test_a_batch_never_grows_beyond_the_most() -> None:
    batch = waiting("first", an_arrival("libfoo", -60), wants="bar baz")
    found = bring_together([an_arrival("bar"), an_arrival("baz")], [batch], Habits(most=2), NOON)
    assert names(found.ready) == [["libfoo", "bar"], ["baz"]]


def test_a_newer_build_of_what_is_in_the_batch_does_not_join_it() -> None:
    batch = waiting("first", an_arrival("libfoo", -60), an_arrival("bar", -60), wants="bar")
    newer = Arrival("bar-2-1", "bar", "alice", NOON)
    assert names(bring_together([newer], [batch], ALONE, NOON).ready) == [["bar"]]


# -- whatever comes --------------------------------------------------------------------------------------------------

ARRIVALS = st.lists(
    st.builds(
        an_arrival,
        st.sampled_from([f"package{number}" for number in range(12)]),
        st.integers(-60, 0),
        st.sampled_from(["alice", "bob", ""]),
        st.sampled_from([None, None, "side-1", "side-2"]),
    ),
    max_size=12,
    unique_by=lambda each: each.nvr,
)
HABITS = st.builds(Habits, st.sampled_from([None, WINDOW]), st.integers(1, 6))
BATCHES = st.lists(
    st.tuples(st.sampled_from(["x", "y", "z"]), st.sets(st.sampled_from([f"package{n}" for n in range(12)] + ["y"]))),
    max_size=3,
    unique_by=lambda each: each[0],
)


@given(ARRIVALS, BATCHES, HABITS)
def test_every_build_is_in_one_group_and_no_group_has_a_package_twice(
    arrivals: list[Arrival], batches: list[tuple[str, set[str]]], habits: Habits
) -> None:
    held = [waiting(name, an_arrival(name, -90), wants=" ".join(wants)) for name, wants in batches]
    found = bring_together(arrivals, held, habits, NOON)
    groups = [*found.ready, *found.later]
    there = [build for group in groups for build in group.builds]
    taken = {batch for group in groups for batch in group.takes}
    assert sorted(build.nvr for build in there) == sorted(
        [
            *(build.nvr for build in arrivals),
            *(build.nvr for each in held if each.batch in taken for build in each.builds),
        ]
    )
    for group in groups:
        packages = [build.package for build in group.builds]
        assert len(set(packages)) == len(packages) <= habits.most
    assert all(group.at <= NOON for group in found.ready)
    assert all(group.at > NOON and not group.takes for group in found.later)


@given(ARRIVALS, HABITS)
def test_nobody_waits_longer_than_the_window_and_the_quiet(arrivals: list[Arrival], habits: Habits) -> None:
    late = NOON + WINDOW + QUIET
    assert bring_together(arrivals, (), habits, late).later == ()


@given(ARRIVALS, HABITS, st.randoms())
def test_the_order_in_which_builds_are_named_does_not_matter(
    arrivals: list[Arrival], habits: Habits, dice: Random
) -> None:
    shuffled = list(arrivals)
    dice.shuffle(shuffled)
    assert bring_together(shuffled, (), habits, NOON) == bring_together(arrivals, (), habits, NOON)
