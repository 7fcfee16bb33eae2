"""How are the steps of a procedure written that never take long?"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import event

from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.model.outcome import Done, Outcome, Running, Skipped
from relengotron.model.run import RunState, StepState
from tests.engine.toys import Hands, House, World


def ensure_one(_: Hands) -> Outcome:
    return Done({"found": 1})


def ensure_nothing(_: Hands) -> Outcome:
    return Skipped("there is nothing to promise")


def ensure_what_the_first_found(hands: Hands) -> Outcome:
    assert hands.attempt.recall(ensure_one, dict[str, int]) == {"found": 1}
    return Done()


def ensure_it_is_waited_for(_: Hands) -> Outcome:
    return Running("the end")


def brisk(database: Database, world: World, *steps: Callable[[Hands], Outcome]) -> House:
    house = House(database, world, *steps)
    house.catalogue["long"] = replace(house.catalogue["long"], is_brisk=True)
    return house


def commits(house: House) -> int:
    counted: list[int] = []

    def count(*_: object) -> None:
        counted.append(1)

    event.listen(house.database.engine, "commit", count)
    try:
        house.settle()
    finally:
        event.remove(house.database.engine, "commit", count)
    return len(counted)


STEPS = (ensure_one, ensure_nothing, ensure_what_the_first_found, ensure_it_is_waited_for)


def test_brief_steps_are_written_with_the_first_that_waits(database: Database, world: World) -> None:
    slow, fast = House(database, world, *STEPS), brisk(database, world, *STEPS)
    one = slow.open("one", "one")
    many = commits(slow)
    two = fast.open("two", "two")
    few = commits(fast)
    assert many - few == len(STEPS) - 1
    with database.read() as db:
        written = {run: {name: each.state for name, each in runs.steps_of(db, run).items()} for run in (one, two)}
        assert runs.steps_of(db, two)["ensure_nothing"].note == "there is nothing to promise"
    assert written[one] == written[two]
    assert written[two]["ensure_it_is_waited_for"] is StepState.RUNNING


def test_a_run_of_brief_steps_alone_is_done_and_kept(database: Database, world: World) -> None:
    house = brisk(database, world, *STEPS[:-1])
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.DONE
    with database.read() as db:
        assert set(runs.steps_of(db, run)) == {each.__name__ for each in STEPS[:-1]}


def test_a_brief_step_that_had_to_wait_first_is_one_step(database: Database, world: World) -> None:
    outcomes: list[Outcome] = [Running("the task"), Done("at last")]

    def ensure_patience(_: Hands) -> Outcome:
        return outcomes.pop(0)

    house = brisk(database, world, ensure_patience, ensure_one)
    run = house.open()
    house.settle()
    house.look(minutes=1)
    with database.read() as db:
        steps = runs.steps_of(db, run)
    assert {name: (each.state, each.output) for name, each in steps.items()} == {
        "ensure_patience": (StepState.DONE, "at last"),
        "ensure_one": (StepState.DONE, {"found": 1}),
    }


def test_what_was_not_written_before_the_machine_died_is_looked_at_anew(database: Database, world: World) -> None:
    looked: list[str] = []

    def ensure_it_is_seen(_: Hands) -> Outcome:
        looked.append("seen")
        return Done()

    def ensure_the_lights_stay_on(_: Hands) -> Outcome:
        if len(looked) == 1:
            raise KeyboardInterrupt
        return Done()

    house = brisk(database, world, ensure_it_is_seen, ensure_the_lights_stay_on)
    run = house.open()
    with pytest.raises(KeyboardInterrupt):
        house.settle()
    with database.read() as db:
        assert runs.steps_of(db, run) == {}
    house.live()
    assert looked == ["seen", "seen"]
    assert house.state(run) is RunState.DONE


def test_a_brief_step_that_has_something_to_say_is_written_at_once(database: Database, world: World) -> None:
    def ensure_it_is_said(hands: Hands) -> Outcome:
        hands.attempt.say("hello", "toy.hello", {})
        return Done()

    def ensure_defect(_: Hands) -> Outcome:
        raise KeyboardInterrupt

    house = brisk(database, world, ensure_one, ensure_it_is_said, ensure_defect)
    run = house.open()
    with pytest.raises(KeyboardInterrupt):
        house.settle()
    with database.read() as db:
        assert set(runs.steps_of(db, run)) == {"ensure_one", "ensure_it_is_said"}
