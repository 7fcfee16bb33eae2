from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.scheduling import due, following, latest
from relengotron.model.appointment import Rhythm

WEEKLY = Rhythm(timedelta(days=7), timedelta(hours=3, minutes=30))
MONDAY = datetime(2016, 11, 7, 3, 30, tzinfo=UTC)
ROUNDS = st.integers(5, 60 * 24 * 40).map(lambda minutes: timedelta(minutes=minutes))
TIMES = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (MONDAY - timedelta(seconds=1), MONDAY - timedelta(days=7)),
        (MONDAY, MONDAY),
        (MONDAY + timedelta(days=6, hours=23), MONDAY),
    ],
)
def test_every_seven_days_means_every_monday(now: datetime, expected: datetime) -> None:
    assert latest(WEEKLY, now) == expected
    assert following(WEEKLY, now) == expected + timedelta(days=7)


def test_nothing_is_due_twice_and_what_was_slept_through_is_due_once() -> None:
    assert due(WEEKLY, MONDAY, MONDAY + timedelta(days=6)) is None
    assert due(WEEKLY, MONDAY, MONDAY + timedelta(days=30)) == MONDAY + timedelta(days=28)


@given(ROUNDS, TIMES, TIMES)
def test_a_moment_is_never_in_the_future_and_the_next_one_always(
    every: timedelta, now: datetime, then: datetime
) -> None:
    rhythm = Rhythm(every)
    assert latest(rhythm, now) <= now < following(rhythm, now)
    assert latest(rhythm, latest(rhythm, now)) == latest(rhythm, now)
    moment = due(rhythm, then, now)
    assert moment is None or then < moment <= now
