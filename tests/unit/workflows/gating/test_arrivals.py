"""Who looks for builds that have moved, when many wait at the same time?"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relengotron.workflows.gating.arrivals import ASKED_TOGETHER, EXPECTED_FOR, GOOD_FOR, Arrivals

NOON = datetime(2016, 11, 1, 12, tzinfo=UTC)
A, B = "a-1-1", "b-1-1"


class Tags:
    """A Koji that knows tags, and how often it was asked about what."""

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.asked: list[list[str]] = []

    def tags_of(self, nvrs: Collection[str]) -> Mapping[str, frozenset[str]]:
        self.asked.append(sorted(nvrs))
        return {nvr: frozenset({"rawhide" if nvr in self.there else "rawhide-pending"}) for nvr in nvrs}


def look(arrivals: Arrivals, koji: Tags, *builds: str, at: datetime = NOON) -> dict[str, frozenset[str]]:
    port: Any = koji
    return dict(arrivals.tags_of(port, builds, "rawhide", at))


@pytest.fixture
def arrivals() -> Arrivals:
    found = Arrivals()
    found.expect([A, B], NOON)
    return found


def test_one_look_serves_all_that_have_arrived(arrivals: Arrivals) -> None:
    koji = Tags(A, B)
    assert look(arrivals, koji, A) == {A: {"rawhide"}}
    assert look(arrivals, koji, B) == {B: {"rawhide"}}
    assert koji.asked == [[A, B]]


def test_what_has_not_arrived_is_asked_for_again(arrivals: Arrivals) -> None:
    koji = Tags(A)
    look(arrivals, koji, A)
    assert look(arrivals, koji, B) == {B: {"rawhide-pending"}}
    assert koji.asked == [[A, B], [B]]


def test_an_answer_is_used_once_and_while_it_is_fresh(arrivals: Arrivals) -> None:
    koji = Tags(A, B)
    look(arrivals, koji, A)
    assert look(arrivals, koji, A)
    look(arrivals, koji, B, at=NOON + GOOD_FOR)
    assert koji.asked == [[A, B], [A], [B]]


def test_what_somebody_knows_of_a_part_is_no_answer_about_the_whole(arrivals: Arrivals) -> None:
    koji = Tags(A, B)
    look(arrivals, koji, A)
    assert set(look(arrivals, koji, B, "c-1-1")) == {B, "c-1-1"}
    assert koji.asked[-1] == [B, "c-1-1"]


def test_nobody_asks_for_more_than_some_others_nor_for_ever() -> None:
    arrivals, koji = Arrivals(), Tags()
    arrivals.expect([f"pkg{number}-1-1" for number in range(2 * ASKED_TOGETHER)], NOON)
    look(arrivals, koji, A)
    look(arrivals, koji, A, at=NOON + EXPECTED_FOR)
    assert [len(each) for each in koji.asked] == [1 + ASKED_TOGETHER, 1]


def test_a_clock_that_went_back_makes_nothing_fresh(arrivals: Arrivals) -> None:
    koji = Tags(A, B)
    look(arrivals, koji, A)
    look(arrivals, koji, B, at=NOON - timedelta(seconds=1))
    assert koji.asked == [[A, B], [B]]
