"""Does dividing find every culprit and let every innocent through, in so few rounds?

The walk below is what runs of batches do: a batch that fails is divided, its parts are tested at the same time, what
passes goes through, and whose kin came through meanwhile is tested once more.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil, log, log2

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.bisecting import parts_of, rounds_at_most, wholes_of

Test = Callable[[frozenset[str]], bool]
"""Whether these builds pass together with what has come through."""


@dataclass
class Walk:
    """What became of every build, how many rounds it took, and how many tests."""

    through: set[str] = field(default_factory=set)
    guilty: set[str] = field(default_factory=set)
    rounds: int = 0
    tests: int = 0


@dataclass(frozen=True)
class Part:
    """One batch on its way; ``kin_came`` says whether its kin came through since its tests began."""

    builds: tuple[str, ...]
    round: int
    kin: tuple[str, ...] = ()


def walk(builds: tuple[str, ...], passes: Test, groups: Iterable[tuple[str, ...]] = ()) -> Walk:
    """Round by round, until nothing is left."""
    groups, found, waiting = tuple(groups), Walk(), deque([Part(builds, 1)])
    while waiting:
        tested = [(part, passes(frozenset(part.builds) | found.through)) for part in waiting]
        waiting.clear()
        came: set[str] = set()
        for part, is_good in tested:
            found.tests += 1
            found.rounds = max(found.rounds, part.round)
            if is_good and came.isdisjoint(part.kin):
                came |= set(part.builds)
            elif is_good:
                waiting.append(Part(part.builds, part.round + 1, part.kin))
            elif len(part.builds) == 1:
                found.guilty |= set(part.builds)
            else:
                one, other = parts_of(part.builds, groups)
                waiting += [Part(one, part.round + 1, other), Part(other, part.round + 1, one)]
        found.through |= came
    return found


def names(count: int) -> tuple[str, ...]:
    return tuple(f"build-{number}" for number in range(count))


COUNTS = st.integers(1, 70)


@st.composite
def batches(draw: st.DrawFn) -> tuple[tuple[str, ...], frozenset[str], tuple[tuple[str, ...], ...]]:
    """Builds, who of them is bad, and what belongs together."""
    builds = names(draw(COUNTS))
    guilty = draw(st.frozensets(st.sampled_from(builds), max_size=5))
    groups = draw(st.lists(st.lists(st.sampled_from(builds), min_size=1, max_size=30).map(tuple), max_size=8))
    return builds, guilty, tuple(groups)


@given(batches())
def test_every_innocent_gets_through_and_no_culprit_does(
    batch: tuple[tuple[str, ...], frozenset[str], tuple[tuple[str, ...], ...]],
) -> None:
    builds, guilty, groups = batch
    found = walk(builds, guilty.isdisjoint, groups)

    assert found.guilty == guilty
    assert found.through == set(builds) - guilty
    assert found.rounds <= rounds_at_most(builds, groups)


@given(COUNTS, st.data())
def test_one_culprit_is_found_in_a_logarithm_of_rounds(count: int, data: st.DataObject) -> None:
    culprit = data.draw(st.sampled_from(names(count)))
    found = walk(names(count), lambda tested: culprit not in tested)

    assert found.rounds <= 1 + ceil(log2(count))
    assert found.tests <= 1 + 2 * ceil(log2(count))


@given(COUNTS, st.data())
def test_many_culprits_take_no_more_rounds_and_each_a_logarithm_of_tests(count: int, data: st.DataObject) -> None:
    guilty = data.draw(st.frozensets(st.sampled_from(names(count)), min_size=1))
    found = walk(names(count), guilty.isdisjoint)

    assert found.rounds <= 1 + ceil(log2(count))
    assert found.tests <= 1 + 2 * len(guilty) * ceil(log2(count))


@given(batches())
def test_groups_cost_few_rounds_more(
    batch: tuple[tuple[str, ...], frozenset[str], tuple[tuple[str, ...], ...]],
) -> None:
    builds, _, groups = batch

    assert rounds_at_most(builds, groups) <= 3 + log(len(builds), 1.5)


@given(batches())
def test_parts_are_the_whole_and_tear_no_group_apart_while_there_are_several(
    batch: tuple[tuple[str, ...], frozenset[str], tuple[tuple[str, ...], ...]],
) -> None:
    builds, _, groups = batch
    parts, wholes = parts_of(builds, groups), wholes_of(builds, groups)

    assert sorted(nvr for part in parts for nvr in part) == (sorted(builds) if len(builds) > 1 else [])
    assert all(parts)
    assert parts == parts_of(builds, groups)
    if len(wholes) > 1:
        assert all(any(set(whole) <= set(part) for part in parts) for whole in wholes)


@given(st.integers(2, 64), st.data())
def test_of_two_that_break_one_another_one_goes_through_and_one_does_not(count: int, data: st.DataObject) -> None:
    pair = data.draw(st.lists(st.sampled_from(names(count)), min_size=2, max_size=2, unique=True).map(frozenset))
    found = walk(names(count), lambda tested: not pair <= tested)

    assert len(found.guilty) == 1
    assert found.guilty < pair
    assert found.through == set(names(count)) - found.guilty
    assert found.rounds <= 2 + 2 * ceil(log2(count))


@given(st.integers(2, 64))
def test_a_test_that_failed_once_for_nothing_keeps_nobody(count: int) -> None:
    outcomes = deque([False])
    found = walk(names(count), lambda _tested: outcomes.popleft() if outcomes else True)

    assert found.through == set(names(count))
    assert found.rounds <= 3
