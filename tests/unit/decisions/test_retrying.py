"""Pauses grow and stay bounded; a person is called in the end."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.retrying import FIRST_PAUSE, LONGEST_PAUSE, needs_a_person, pause_after

NOON = datetime(2016, 11, 1, 12, tzinfo=UTC)


def test_the_first_pause_is_short_and_each_next_one_is_twice_as_long() -> None:
    assert [pause_after(troubles).total_seconds() for troubles in range(6)] == [1, 2, 4, 8, 16, 32]


@given(st.integers(min_value=0, max_value=10**9))
def test_no_number_of_troubles_makes_a_pause_too_long_or_shorter_than_before(troubles: int) -> None:
    assert FIRST_PAUSE <= pause_after(troubles) <= pause_after(troubles + 1) <= LONGEST_PAUSE


def test_the_longest_pause_is_reached() -> None:
    assert pause_after(9) == pause_after(100) == LONGEST_PAUSE


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=365)))
def test_a_person_is_called_exactly_when_the_patience_is_over(lasted: timedelta) -> None:
    patience = timedelta(minutes=30)
    assert needs_a_person(NOON - lasted, NOON, patience) == (lasted >= patience)


def test_a_clock_that_was_set_back_calls_nobody() -> None:
    assert not needs_a_person(NOON + timedelta(hours=1), NOON, timedelta(minutes=30))
