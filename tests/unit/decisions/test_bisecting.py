"""Is a failed batch divided into two fair parts that tear nothing apart that belongs together?"""

import pytest

from relengotron.decisions.bisecting import parts_of, rounds_at_most, wholes_of


def test_separate_builds_are_halved() -> None:
    assert parts_of(("a", "b", "c", "d", "e")) == (("a", "c", "e"), ("b", "d"))


@pytest.mark.parametrize("builds", [(), ("a",)])
def test_one_build_is_not_divided(builds: tuple[str, ...]) -> None:
    assert parts_of(builds) == ()


def test_what_belongs_together_stays_together() -> None:
    parts = parts_of(("lib", "x", "app", "y"), [("lib", "app")])

    assert parts == (("lib", "app"), ("x", "y"))


def test_the_last_group_is_divided_too() -> None:
    assert parts_of(("a", "b", "c"), [("a", "b", "c")]) == (("a", "b"), ("c",))


def test_groups_that_share_a_build_are_one() -> None:
    assert wholes_of(("a", "b", "c", "d"), [("a", "b"), ("b", "c")]) == [("a", "b", "c"), ("d",)]


def test_who_is_not_of_the_batch_belongs_to_nothing() -> None:
    assert wholes_of(("a",), [("z", "y"), ("a", "z")]) == [("a",)]


@pytest.mark.parametrize(("builds", "rounds"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (64, 7), (65, 8), (128, 8)])
def test_rounds_grow_with_the_logarithm(builds: int, rounds: int) -> None:
    names = tuple(map(str, range(builds)))

    assert rounds_at_most(names) == rounds
    assert rounds_at_most(names, [(each,) for each in names]) == rounds
