"""A step sends its run back to an earlier one: what lies between is walked once more, and what was before is kept."""

from datetime import timedelta

import pytest

from relengotron.engine.journal import evidence, runs
from relengotron.engine.journal.database import Database
from relengotron.errors import PowerCut
from relengotron.model.outcome import Again, Done, Outcome
from relengotron.model.run import RunState, StepState
from tests.engine.toys import Hands, House, Storm, StormyDatabase, World

ROUNDS = 2


def ensure_it_is_begun(hands: Hands) -> Outcome:
    return Done(hands.ensure("begin"))


def ensure_it_is_shown(hands: Hands) -> Outcome:
    return Done(hands.ensure(f"show {_round(hands)}"))


def ensure_it_is_told(hands: Hands) -> Outcome:
    return Done()


def ensure_it_is_right(hands: Hands) -> Outcome:
    now = _round(hands)
    if now < ROUNDS:
        hands.attempt.remember(f"wrong {now}", lambda: True)
        return Again("ensure_it_is_shown", f"round {now} was wrong")
    return Done()


def ensure_it_goes_where_there_is_nothing(hands: Hands) -> Outcome:
    return Again("ensure_the_impossible", "nobody knows")


STEPS = (ensure_it_is_begun, ensure_it_is_shown, ensure_it_is_told, ensure_it_is_right)


def _round(hands: Hands) -> int:
    return next(number for number in range(1, ROUNDS + 1) if not hands.attempt.remembered(f"wrong {number}"))


def test_the_steps_between_are_walked_once_more_and_those_before_are_not(database: Database, world: World) -> None:
    house = House(database, world, *STEPS)
    run = house.open()

    house.live()

    assert house.state(run) is RunState.DONE
    assert world.made == {"one begin": 1, "one show 1": 1, "one show 2": 1}


def test_why_it_went_back_is_kept_with_every_step_that_is_walked_again(database: Database, world: World) -> None:
    house = House(database, world, *STEPS)
    run = house.open()
    house.live()

    with database.read() as db:
        kept = {each.subject: each.reason for each in evidence.of_run(db, run) if each.state == "again"}
    again = ("ensure_it_is_shown", "ensure_it_is_told", "ensure_it_is_right")
    assert kept == dict.fromkeys(again, "round 1 was wrong")


def test_the_patience_of_a_step_begins_anew(database: Database, world: World) -> None:
    house = House(database, world, ensure_it_is_begun, ensure_it_is_shown, ensure_it_is_right)
    run = house.open()
    house.settle()
    with database.read() as db:
        began = runs.steps_of(db, run)["ensure_it_is_shown"].started_at

    other = House(database, world, ensure_it_is_begun, ensure_it_is_shown, ensure_it_is_right)
    second = other.open("two", lane="another")
    world.clock.pass_by(minutes=1)
    other.live()

    with database.read() as db:
        assert runs.steps_of(db, second)["ensure_it_is_shown"].started_at - began == timedelta(minutes=1)


def test_a_step_that_is_nowhere_before_is_a_defect_of_the_workflow(database: Database, world: World) -> None:
    house = House(database, world, ensure_it_is_begun, ensure_it_goes_where_there_is_nothing)
    run = house.open()

    house.live()

    assert house.state(run) is RunState.PARKED
    with database.read() as db:
        assert runs.steps_of(db, run)["ensure_it_is_begun"].state is StepState.DONE


@pytest.mark.parametrize("moment", range(1, 23, 4))
def test_a_machine_that_dies_on_the_way_back_ends_in_the_same_world(world: World, sqlite_url: str, moment: int) -> None:
    storm = Storm(moment)
    world.storm = storm
    database = StormyDatabase(sqlite_url, storm)
    house = House(database, world, *STEPS)
    try:
        run = house.open()
        house.live()
    except PowerCut:
        house = House(database, world, *STEPS)
        with database.read() as db:
            opened = runs.newest(db, 1)
        run = opened[0].id if opened else house.open()
        house.live()

    assert house.state(run) is RunState.DONE
    assert world.made == {"one begin": 1, "one show 1": 1, "one show 2": 1}
    assert len(storm.moments) >= moment
    database.close()


def ensure_it_is_right_by_attempt(hands: Hands) -> Outcome:
    if hands.attempt.run.attempt < ROUNDS:
        return Again("ensure_it_is_begun", "begin anew", anew=True)
    return Done(hands.ensure(f"attempt {hands.attempt.run.attempt}"))


def test_who_begins_anew_has_a_number_for_what_happens_once_more(database: Database, world: World) -> None:
    house = House(database, world, ensure_it_is_begun, ensure_it_is_right_by_attempt)
    run = house.open()

    house.live()

    assert house.state(run) is RunState.DONE
    assert world.made == {"one begin": 1, "one attempt 2": 1}
