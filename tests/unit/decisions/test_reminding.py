"""When are people reminded of a build in quarantine? At every set age, and for ever by the last one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.reminding import Reminding, reminding

SINCE = datetime(2016, 11, 1, 10, tzinfo=UTC)
AGES = tuple(timedelta(days=days) for days in (1, 3, 7))


def at(days: float) -> Reminding:
    return reminding(AGES, SINCE, SINCE + timedelta(days=days))


@pytest.mark.parametrize(
    ("days", "count", "next_days"),
    [(0, 0, 1), (0.9, 0, 1), (1, 1, 3), (2.9, 1, 3), (3, 2, 7), (7, 3, 14), (13.9, 3, 14), (14, 4, 21), (70, 12, 77)],
)
def test_the_ages_come_one_after_another_and_the_last_one_again_and_again(
    days: float, count: int, next_days: int
) -> None:
    standing = at(days)
    assert (standing.count, standing.next_at) == (count, SINCE + timedelta(days=next_days))


@pytest.mark.parametrize(("days", "is_urgent"), [(0, False), (6.9, False), (7, True), (100, True)])
def test_it_is_urgent_once_every_age_has_passed(days: float, is_urgent: bool) -> None:
    assert at(days).is_urgent is is_urgent


def test_a_clock_that_went_back_reminds_nobody() -> None:
    assert at(-2) == Reminding(0, SINCE + timedelta(days=1), is_urgent=False)


@given(
    st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=90)), min_size=1, max_size=5),
    st.timedeltas(timedelta(0), timedelta(days=900)),
)
def test_the_next_reminder_is_always_to_come_and_changes_the_count_by_its_time(
    ages: list[timedelta], age: timedelta
) -> None:
    now = SINCE + age
    standing = reminding(ages, SINCE, now)
    assert standing.next_at > now
    assert reminding(ages, SINCE, standing.next_at).count > standing.count
    assert reminding(list(reversed(ages)), SINCE, now) == standing
