"""Long waits that began together do not end together; short ones end when they said."""

from datetime import timedelta

from relengotron.decisions.spreading import SHARE, WORTH_IT, spread

HOUR = timedelta(hours=1)


def test_a_short_pause_stays_as_it_is() -> None:
    assert spread("a", WORTH_IT - timedelta(seconds=1)) == WORTH_IT - timedelta(seconds=1)


def test_long_pauses_of_many_differ_and_are_never_longer() -> None:
    pauses = {spread(f"run {number}", HOUR) for number in range(200)}
    assert len(pauses) == 200
    assert HOUR * (1 - SHARE) <= min(pauses) < HOUR * (1 - SHARE * 0.9)
    assert HOUR * (1 - SHARE * 0.1) < max(pauses) <= HOUR


def test_the_same_run_always_has_the_same_pause() -> None:
    assert spread("a", HOUR) == spread("a", HOUR)
