"""Does the keeper believe Koji's tags and the journal where they agree, and look twice where they do not?"""

import itertools

import pytest

from relengotron.decisions.standing import Finding, Places, first_look, second_look
from relengotron.model.gated import BuildState

NOWHERE, PENDING, QUARANTINE, TARGET = Places(), Places(pending=True), Places(quarantine=True), Places(target=True)
EVERYWHERE = [Places(*each) for each in itertools.product((False, True), repeat=3)]
SETTLED = [state for state in BuildState if state.is_settled]


def test_a_build_that_nobody_knows_arrives_or_is_adopted() -> None:
    assert first_look(None, PENDING) is Finding.ARRIVES
    assert first_look(None, QUARANTINE) is Finding.IS_LEFT_IN_QUARANTINE
    assert first_look(None, Places(pending=True, quarantine=True)) is Finding.ARRIVES
    assert first_look(None, NOWHERE) is Finding.AGREES


@pytest.mark.parametrize("places", EVERYWHERE)
def test_what_is_moving_is_nobody_elses_business(places: Places) -> None:
    assert first_look(BuildState.MOVING, places) is Finding.AGREES


@pytest.mark.parametrize(
    ("state", "place"),
    [(BuildState.TESTING, PENDING), (BuildState.QUARANTINED, QUARANTINE), (BuildState.ARRIVED, PENDING)],
)
def test_a_build_in_its_tag_is_as_it_should_be(state: BuildState, place: Places) -> None:
    assert first_look(state, place) is Finding.AGREES


@pytest.mark.parametrize("state", [BuildState.TESTING, BuildState.QUARANTINED])
def test_whoever_answers_for_a_build_hears_that_it_left_its_tag(state: BuildState) -> None:
    assert first_look(state, NOWHERE) is Finding.LEFT_ITS_TAG


@pytest.mark.parametrize("state", [BuildState.TESTING, BuildState.QUARANTINED])
def test_whoever_answers_for_a_build_hears_that_it_was_tagged_elsewhere_too(state: BuildState) -> None:
    assert first_look(state, Places(pending=True, quarantine=True)) is Finding.LEFT_ITS_TAG


@pytest.mark.parametrize("state", [BuildState.ARRIVED, *SETTLED])
def test_nothing_is_settled_or_begun_by_a_listing_that_may_be_old(state: BuildState) -> None:
    places = NOWHERE if state is BuildState.ARRIVED else PENDING
    assert first_look(state, places) is Finding.IS_IN_DOUBT


def test_an_older_build_stays_superseded_while_the_newer_one_is_there() -> None:
    assert first_look(BuildState.SUPERSEDED, PENDING, is_superseded=True) is Finding.AGREES
    assert first_look(BuildState.SUPERSEDED, PENDING) is Finding.IS_IN_DOUBT


def test_what_arrived_and_left_again_ends_where_it_is_now() -> None:
    assert second_look(BuildState.ARRIVED, TARGET) is Finding.WAS_MOVED_THROUGH
    assert second_look(BuildState.ARRIVED, NOWHERE) is Finding.IS_GONE
    assert second_look(BuildState.ARRIVED, QUARANTINE) is Finding.IS_LEFT_IN_QUARANTINE
    assert second_look(BuildState.ARRIVED, PENDING) is Finding.AGREES


@pytest.mark.parametrize("state", SETTLED)
def test_what_was_settled_and_is_there_comes_once_more(state: BuildState) -> None:
    assert second_look(state, PENDING) is Finding.ARRIVES
    assert second_look(state, QUARANTINE) is Finding.IS_LEFT_IN_QUARANTINE
    assert second_look(state, TARGET) is second_look(state, NOWHERE) is Finding.AGREES
