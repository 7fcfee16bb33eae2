"""What was not answered is said again, ever more rarely, and never again at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.repeating import FIRST_PAUSE, LONGEST_PAUSE, is_due

NOON = datetime(2016, 11, 1, 12, tzinfo=UTC)


def repeats(lasting: timedelta) -> list[int]:
    """After how many seconds a message is said again when somebody looks every second."""
    said: list[int] = []
    last: datetime | None = None
    for second in range(int(lasting.total_seconds())):
        now = NOON + timedelta(seconds=second)
        if is_due(NOON, last, now):
            said.append(second)
            last = now
    return said


def test_each_pause_is_as_long_as_all_before_it_up_to_ten_minutes() -> None:
    assert repeats(timedelta(minutes=45)) == [10, 20, 40, 80, 160, 320, 640, 1240, 1840, 2440]


@given(st.none() | st.timedeltas(timedelta(0), timedelta(days=9)))
def test_no_pause_is_shorter_or_longer_than_it_may_be(repeated_after: timedelta | None) -> None:
    last = NOON + repeated_after if repeated_after is not None else None
    assert not is_due(NOON, last, (last or NOON) + FIRST_PAUSE - timedelta(milliseconds=1))
    assert is_due(NOON, last, (last or NOON) + LONGEST_PAUSE)
