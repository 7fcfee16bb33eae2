"""What do the builds that came through a gate say of those that are under way?"""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.gate_pace import pace
from relengotron.model.gated import BuildState, GatedBuild

NOON = datetime(2016, 6, 1, 12, tzinfo=UTC)

HOUR = timedelta(hours=1)


def a_build(took: float, ago: float, state: BuildState = BuildState.ACCEPTED) -> GatedBuild:
    ended = NOON - HOUR * ago
    return GatedBuild("rawhide", f"p-{took}-{ago}", "p", "0", "kevin", state, None, "", ended - HOUR * took, ended)


def test_what_ended_is_counted_by_day_and_week_and_by_its_end() -> None:
    builds = [a_build(1, 2), a_build(1, 30), a_build(1, 200), a_build(1, 3, BuildState.GONE), a_build(1, 0, BuildState.TESTING)]  # fmt: skip  # noqa: E501
    found = pace(builds, NOON)
    assert found.day == {BuildState.ACCEPTED: 1, BuildState.GONE: 1}
    assert found.week == {BuildState.ACCEPTED: 2, BuildState.GONE: 1}


def test_only_those_that_took_longer_say_how_long_it_still_takes() -> None:
    found = pace([a_build(hours, 1) for hours in (1, 2, 3, 5)], NOON)
    rest = found.rest(HOUR * 2)
    assert rest is not None
    assert (rest.median, rest.low, rest.high, rest.count) == (7200, 3600, 10800, 2)
    assert found.rest(HOUR * 5) is None
    assert pace([], NOON).usual is None


@given(st.lists(st.integers(1, 1000), min_size=1), st.integers(0, 1000))
def test_the_rest_is_never_negative_and_never_longer_than_the_longest(took: list[int], age: int) -> None:
    rest = pace([a_build(each, 1) for each in took], NOON).rest(HOUR * age)
    assert (rest is None) == (age >= max(took))
    assert rest is None or 0 < rest.low <= rest.median <= rest.high <= (max(took) - age) * 3600
