"""What does history let us expect, and how is it said?"""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.estimating import compose_eta, cost, estimate, remaining
from relengotron.model.estimate import Compose, Estimate, Past, PastComposes, Scope, Walk

STEPS = ("sign", "compose", "test")
seconds = st.floats(min_value=0, max_value=1e7)
spans = seconds.map(lambda each: timedelta(seconds=each))
walks = st.lists(st.dictionaries(st.sampled_from(STEPS), spans), max_size=25)


def past(*found: Walk, scope: Scope = Scope.LANE) -> Past:
    return Past(scope, found)


def minutes(**took: float) -> Walk:
    return {step: timedelta(minutes=each) for step, each in took.items()}


def test_nothing_that_was_measured_is_no_estimate() -> None:
    assert estimate([]) is None


def test_few_measurements_are_all_in_the_range() -> None:
    assert estimate([5, 1, 9]) == Estimate(5, 1, 9, 3)


def test_of_many_a_tenth_is_left_out_at_each_end() -> None:
    assert estimate(range(20)) == Estimate(9.5, 2, 17, 20)


@given(st.lists(seconds, min_size=1), st.randoms())
def test_the_order_of_measurements_does_not_matter(measured: list[float], chance: Random) -> None:
    shuffled = list(measured)
    chance.shuffle(shuffled)
    assert estimate(shuffled) == estimate(measured)


@given(st.lists(seconds, min_size=1))
def test_the_middle_lies_within_the_range_and_the_range_within_what_was_measured(measured: list[float]) -> None:
    found = estimate(measured)
    assert found is not None
    assert min(measured) <= found.low <= found.median <= found.high <= max(measured)


@given(walks, st.randoms())
def test_the_order_of_former_runs_does_not_matter(found: list[Walk], chance: Random) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert remaining(STEPS, past(*shuffled)) == remaining(STEPS, past(*found))


@given(walks, spans, spans)
def test_the_rest_never_grows_while_a_step_goes_on_and_is_never_negative(
    found: list[Walk], one: timedelta, another: timedelta
) -> None:
    sooner = remaining(STEPS, past(*found), min(one, another)).rest
    later = remaining(STEPS, past(*found), max(one, another)).rest
    if sooner is None or later is None:
        assert sooner is later
        return
    assert 0 <= later.low <= sooner.low
    assert 0 <= later.median <= sooner.median
    assert 0 <= later.high <= sooner.high


@given(walks)
def test_what_is_not_known_is_named_and_never_counted(found: list[Walk]) -> None:
    eta = remaining(STEPS, past(*found))
    known = {step for walk in found for step in walk}
    assert set(eta.unknown) == set(STEPS) - known
    assert (eta.rest is None) == (not known)


def test_the_range_is_one_of_whole_runs() -> None:
    """Who is slow in one step was quick in the other: no run ever took 20 minutes."""
    eta = remaining(("sign", "compose"), past(minutes(sign=10, compose=0), minutes(sign=0, compose=10)))
    assert eta.rest == Estimate(600, 600, 600, 2)


def test_a_step_that_a_run_skipped_counts_as_it_usually_is() -> None:
    eta = remaining(("sign", "compose"), past(minutes(sign=1), minutes(sign=1, compose=4)))
    assert eta.rest == Estimate(300, 300, 300, 2)


def test_no_history_is_said_so() -> None:
    assert str(remaining(STEPS, past())) == "no history"


def test_an_eta_says_middle_range_and_where_it_comes_from() -> None:
    eta = remaining(("sign",), past(minutes(sign=8), minutes(sign=12), minutes(sign=20), scope=Scope.REQUEST))
    assert str(eta) == "about 12 min (8 to 20 min, from 3 runs of other releases)"


def test_one_former_run_is_no_range() -> None:
    assert (
        str(remaining(("sign",), past(minutes(sign=12), scope=Scope.ANY))) == "about 12 min (from 1 run of other lanes)"
    )


def test_a_part_without_history_makes_it_a_lower_bound() -> None:
    eta = remaining(STEPS, past(minutes(sign=12)))
    assert str(eta) == "at least 12 min (from 1 run); no history for compose, test"


def test_many_parts_without_history_are_counted() -> None:
    eta = remaining(("sign", "ensure_builds_came_home", "b", "c", "d"), past(minutes(sign=12)))
    assert str(eta).endswith("no history for builds came home, b and 2 more")


def test_a_step_that_takes_longer_than_ever_is_said_to() -> None:
    before = past(minutes(sign=8, compose=5), minutes(sign=12, compose=5))
    eta = remaining(("sign", "compose"), before, timedelta(minutes=13))
    assert eta.slower_than == 2
    assert str(eta) == "this step takes longer than in any of the last 2 runs; then about 5 min (from 2 runs)"
    assert str(remaining(("sign",), before, timedelta(minutes=13))) == (
        "this step takes longer than in any of the last 2 runs"
    )
    assert remaining(("sign", "compose"), before, timedelta(minutes=12)).slower_than == 0


def test_a_clock_that_was_set_back_is_no_reason_to_wait_longer() -> None:
    assert remaining(("sign",), past(minutes(sign=8)), timedelta(minutes=-5)).rest == Estimate(480, 480, 480, 1)


def composed(kind: str, tasks: int = 1, **took: float) -> Compose:
    return Compose(kind, timedelta(**took), tasks, timedelta(**took) * tasks)


TREE, OTHER_TREE, ISO = composed("ostree", minutes=30), composed("ostree", 2, minutes=60), composed("iso", hours=4)
BEFORE = PastComposes(Scope.LANE, {"tree": (TREE,), "other-tree": (OTHER_TREE,), "iso": (ISO,)})


@pytest.mark.parametrize(
    ("artifact", "kind", "words"),
    [
        ("tree", "ostree", "about 30 min (from 1 run)"),
        ("new-tree", "ostree", "about 45 min (30 min to 1 h, from 2 runs)"),
        ("ami", "ami", "no history"),
    ],
)
def test_a_compose_takes_as_long_as_it_did_or_as_others_of_its_kind(artifact: str, kind: str, words: str) -> None:
    assert str(compose_eta(artifact, kind, BEFORE)) == words


def test_the_cost_of_a_kind_counts_every_try() -> None:
    found = cost("ostree", BEFORE)
    assert found is not None
    assert found.tasks == Estimate(1.5, 1, 2, 2)
    assert found.task_hours == Estimate(1.25, 0.5, 2, 2)
    assert cost("ami", BEFORE) is None
