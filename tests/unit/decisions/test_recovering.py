"""No second of the past is skipped, whatever succeeds and whatever fails."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.recovering import Habits, Window, first_mark, is_behind, is_due, windows

NOON = datetime(2016, 11, 1, 12, tzinfo=UTC)
HABITS = Habits()
MINUTE = timedelta(minutes=1)


def minutes(most: int, least: int = 0) -> st.SearchStrategy[timedelta]:
    return st.integers(least * 60, most * 60).map(lambda seconds: timedelta(seconds=seconds))


habits = st.builds(
    Habits, overlap=minutes(20), unsettled=minutes(10), longest=minutes(90, 1), first_look=minutes(600, 1)
)


def test_an_ordinary_look_asks_once_with_overlap_and_trusts_all_but_the_last_minute() -> None:
    assert list(windows(NOON - 5 * MINUTE, NOON, HABITS)) == [Window(NOON - 15 * MINUTE, NOON, NOON - MINUTE)]


def test_a_long_absence_is_cut_into_hours_so_that_a_crash_loses_little() -> None:
    found = list(windows(NOON - timedelta(hours=3), NOON, HABITS))
    assert [each.until for each in found] == [NOON - timedelta(hours=2), NOON - timedelta(hours=1), NOON - MINUTE]
    assert found[0].start == NOON - timedelta(hours=3) - HABITS.overlap


def test_a_mark_of_a_clock_that_was_ahead_does_not_stop_looking() -> None:
    assert list(windows(NOON + timedelta(days=900), NOON, HABITS)) == [Window(NOON - 11 * MINUTE, NOON, NOON - MINUTE)]


@given(st.timedeltas(timedelta(days=-3), timedelta(days=3)), habits)
def test_windows_leave_no_hole_between_mark_and_now(age: timedelta, some: Habits) -> None:
    mark = NOON - age
    found = list(windows(mark, NOON, some))
    assert found[0].start <= min(mark, NOON) - some.overlap
    assert found[-1].end == NOON
    assert found[-1].until == NOON - some.unsettled
    for earlier, later in pairwise(found):
        assert later.start == earlier.until <= earlier.end
        assert later.until > earlier.until
    for each in found:
        assert each.until - max(each.start, mark) <= some.longest
        assert each.until <= NOON - some.unsettled


looks = st.lists(st.tuples(minutes(300), st.integers(0, 6)), max_size=12)
lost = st.lists(st.tuples(minutes(2000), st.floats(0, 1)), max_size=30)


@given(habits, looks, lost)
def test_whatever_fails_every_message_is_found_by_the_look_that_succeeds(
    some: Habits, looks: list[tuple[timedelta, int]], lost: list[tuple[timedelta, float]]
) -> None:
    """A look may break after any number of windows; a message may be stored as late as overlap and delay allow."""
    begin = first_mark(NOON, some)
    stored_at = {begin + after: begin + after + late * (some.overlap + some.unsettled) for after, late in lost}
    mark, now = begin, NOON
    found: set[datetime] = set()

    def look(most_windows: int | None) -> None:
        nonlocal mark
        for number, window in enumerate(windows(mark, now, some)):
            if number == most_windows:
                return
            found.update(at for at, stored in stored_at.items() if window.start <= at <= window.end and stored <= now)
            mark = window.until

    for passed, whole_windows in looks:
        now += passed
        look(whole_windows)
    now += timedelta(hours=1)
    look(None)

    assert found >= {at for at, stored in stored_at.items() if stored <= now}
    assert mark == now - some.unsettled


@pytest.mark.parametrize(
    ("age", "due"),
    [(timedelta(0), False), (4 * MINUTE, False), (5 * MINUTE, True), (-MINUTE, True), (timedelta(days=17_000), True)],
)
def test_a_look_is_due_after_its_time_and_after_one_in_the_future(age: timedelta, due: bool) -> None:
    assert is_due(NOON - age, NOON, 5 * MINUTE) is due


def test_a_mark_is_behind_when_three_looks_have_not_moved_it() -> None:
    assert not is_behind(NOON - 16 * MINUTE, NOON, MINUTE, 5 * MINUTE)
    assert is_behind(NOON - 16 * MINUTE - timedelta(seconds=1), NOON, MINUTE, 5 * MINUTE)
