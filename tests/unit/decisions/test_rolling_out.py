"""For which part of all machines is a version, at which time, whatever people said and whoever slept meanwhile?"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.rolling_out import in_words, standing
from relengotron.model.rollout import (
    BegunRollout,
    PlannedRollout,
    Rollout,
    RolloutWish,
    Share,
    Standing,
    Wanted,
    is_ahead,
    steps_of,
)

LIVE = datetime(2016, 11, 1, 10, tzinfo=UTC)
SHARES = (Share(10, timedelta(hours=6)), Share(50, timedelta(hours=12)))


def at(hours: float) -> datetime:
    return LIVE + timedelta(hours=hours)


def wish(wanted: Wanted, hours: float) -> RolloutWish:
    return RolloutWish("tree", wanted, "ralph", "because", at(hours))


def a_rollout(*wishes: RolloutWish) -> Rollout:
    return Rollout(
        "tree", PlannedRollout("tree", SHARES, {"identity": "old"}), BegunRollout("tree", "new", LIVE), wishes
    )


def stands(hours: float, *wishes: RolloutWish) -> Standing:
    return standing(a_rollout(*wishes), at(hours))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (0, Standing(10, at(0), 50, at(6))),
        (5.9, Standing(10, at(0), 50, at(6))),
        (6, Standing(50, at(6), 100, at(18))),
        (18, Standing(100, at(18))),
        (900, Standing(100, at(18))),
    ],
)
def test_time_alone_brings_it_to_more_machines_however_long_nobody_looked(hours: float, expected: Standing) -> None:
    assert stands(hours) == expected


def test_a_pause_keeps_the_percent_and_its_time_does_not_count() -> None:
    pause, resume = wish(Wanted.PAUSE, 4), wish(Wanted.RESUME, 30)
    assert stands(29, pause) == Standing(10, at(0), 50, None, pause)
    assert stands(31, pause, resume) == Standing(10, at(0), 50, at(32))
    assert stands(32, pause, resume) == Standing(50, at(32), 100, at(44))
    assert str(stands(29, pause)) == "for 10 % of machines, paused by ralph: because"


def test_it_is_finished_from_a_pause_too_and_stays_so() -> None:
    wishes = (wish(Wanted.PAUSE, 4), wish(Wanted.FINISH, 5), wish(Wanted.PAUSE, 6))
    assert stands(7, *wishes) == Standing(100, at(5))


def test_what_is_for_everybody_is_not_paused_any_more() -> None:
    assert stands(40, wish(Wanted.PAUSE, 20)) == Standing(100, at(18))


def test_a_second_pause_and_a_resume_of_what_goes_on_change_nothing() -> None:
    first = wish(Wanted.PAUSE, 2)
    assert stands(9, wish(Wanted.RESUME, 1), first, wish(Wanted.PAUSE, 3)).paused == first


@given(st.lists(st.tuples(st.sampled_from(Wanted), st.integers(0, 50)), max_size=6), st.permutations(range(60)))
def test_it_never_goes_back_and_does_not_depend_on_the_order_of_the_facts(
    said: list[tuple[Wanted, int]], mixed: list[int]
) -> None:
    wishes = [wish(wanted, hours) for hours, wanted in {hours: wanted for wanted, hours in said}.items()]
    shuffled = sorted(wishes, key=lambda each: mixed[int((each.at - LIVE).total_seconds() // 3600)])
    seen = [stands(hours, *wishes) for hours in range(70)]
    assert [each.percent for each in seen] == sorted(each.percent for each in seen)
    assert seen == [stands(hours, *shuffled) for hours in range(70)]
    for earlier, later in pairwise(seen):
        assert later.since >= earlier.since
        assert later.is_whole == (later.next_percent is None)
        assert (later.next_at is None) == (later.is_whole or later.paused is not None)


def test_one_is_ahead_of_the_other_if_it_reaches_more_machines_at_any_time() -> None:
    own = steps_of(SHARES)
    assert not is_ahead(own, own)
    assert is_ahead(steps_of(()), own)
    assert is_ahead(steps_of((Share(20, timedelta(days=9)),)), own)
    assert not is_ahead(steps_of((), later=timedelta(hours=18)), own)
    assert not is_ahead(own, steps_of(()))


def test_a_plan_says_the_schedule_in_words() -> None:
    assert in_words(SHARES) == ("rolled out to 10 %, 50 % after 6 h, 100 % after 18 h",)
    assert in_words(()) == ()
