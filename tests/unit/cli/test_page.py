"""How does text look at night?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.cli import page

NOON = datetime(2016, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(seconds=0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(seconds=95), "1 min 35 s"),
        (timedelta(minutes=44, seconds=9), "44 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=5, minutes=3), "5 h 3 min"),
        (timedelta(days=2, hours=3, minutes=9), "2 d 3 h"),
    ],
)
def test_a_time_span_is_told_in_its_two_largest_units(span: timedelta, told: str) -> None:
    assert page.length(span) == told


def test_a_moment_is_told_both_ways() -> None:
    assert page.clock(NOON - timedelta(minutes=10), NOON) == "11:50:00 UTC (10 min ago)"
    assert page.clock(NOON + timedelta(hours=2), NOON) == "14:00:00 UTC (in 2 h)"
    assert page.clock(NOON - timedelta(days=1), NOON) == "2016-05-31 12:00:00 UTC (1 d ago)"


def test_a_step_is_told_as_its_promise() -> None:
    assert page.promise("ensure_builds_are_signed") == "builds are signed"


def test_every_state_has_words() -> None:
    from relengotron.model.run import RunState

    assert all(page.state_in_words(state) for state in RunState)


@given(st.text())
def test_no_text_steers_a_terminal(text: str) -> None:
    assert not set(page.plain(text)) & set(map(chr, [*range(9), *range(11, 32), 127, *range(128, 160)]))


def test_columns_are_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    page.columns(("A", "WHY"), [("x", "y" * 500), ("longer", "z")])
    assert f"x       {'y' * 500}\n" in capsys.readouterr().out
