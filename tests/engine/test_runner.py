"""How a run advances, waits, troubles and ends."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from relengotron.engine import settling
from relengotron.engine.journal import effects, evidence, holds, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.runner import Runner
from relengotron.engine.wakes import CROWD
from relengotron.errors import (
    DeadlineMissed,
    Permanent,
    PluginBroken,
    RefMoved,
    RequestRefused,
    SystemBusy,
    SystemUnreachable,
)
from relengotron.model.outcome import Done, Failed, FailureKind, Hold, Outcome, Running, Skipped, Watch
from relengotron.model.run import RunState, StepRecord, StepState
from tests.engine.toys import EPOCH, Hands, House, World, workflow

DEADLINE = EPOCH + timedelta(days=1)
Script = list[Outcome | Exception]


def scripted(script: Script) -> Callable[[Hands], Outcome]:
    def ensure_what_the_script_says(_: Hands) -> Outcome:
        now = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(now, Exception):
            raise now
        return now

    return ensure_what_the_script_says


def house_with(database: Database, world: World, *script: Outcome | Exception) -> House:
    return House(database, world, scripted(list(script)))


def the_step(house: House, run: str) -> StepRecord:
    with house.database.read() as db:
        return runs.steps_of(db, run)["ensure_what_the_script_says"]


def a_hold(*missing: str, deadline: datetime = DEADLINE) -> Hold:
    return Hold(missing, deadline, "releng", "relengotron waive", (Watch("toy", "gate"),))


def test_a_run_takes_all_its_steps_and_is_done(house: House, world: World) -> None:
    run = house.open()
    house.live()
    assert house.state(run) is RunState.DONE
    assert set(world.made.values()) == {1}
    assert house.run(run).finished_at == world.clock()
    assert house.run(run).look_again_at is None


def test_a_run_goes_its_way_on_both_databases(journal: Database, world: World) -> None:
    house = House(journal, world)
    runs_of_two_lanes = [house.open("one", "f23"), house.open("two", "f24")]
    house.live()
    assert [house.state(run) for run in runs_of_two_lanes] == [RunState.DONE] * 2
    assert set(world.made.values()) == {1}
    assert house.topics().count("toy.over") == 2


def test_a_skipped_step_says_why_and_the_next_follows(database: Database, world: World) -> None:
    house = House(database, world, scripted([Skipped("nothing to push")]), lambda_free)
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.DONE
    assert (the_step(house, run).state, the_step(house, run).note) == (StepState.SKIPPED, "nothing to push")


def lambda_free(_: Hands) -> Outcome:
    return Done()


def test_a_running_step_waits_in_the_journal_until_it_looks_again(database: Database, world: World) -> None:
    watch = Watch("koji.task", "4711")
    waits = Running("the task", (watch,), timedelta(seconds=90))
    house = house_with(database, world, waits, waits, Done())
    run = house.open()
    house.settle()
    assert house.run(run).look_again_at == EPOCH + timedelta(seconds=90)
    with database.read() as db:
        assert runs.watchers(db, watch.system, [watch.key]) == [run]
    house.look(seconds=89)
    assert house.state(run) is RunState.OPEN
    house.look(seconds=1)
    assert house.state(run) is RunState.DONE
    with database.read() as db:
        assert runs.watched(db) == {}


def test_in_a_crowd_everybody_takes_one_step_and_what_is_urgent_comes_in_between(
    database: Database, world: World
) -> None:
    taken: list[str] = []

    def ensure_first(hands: Hands) -> Outcome:
        taken.append(f"{hands.attempt.run.key} first")
        return Done()

    def ensure_second(hands: Hands) -> Outcome:
        taken.append(f"{hands.attempt.run.key} second")
        return Done()

    house = House(database, world, ensure_first, ensure_second)
    opened = [house.open(f"{number}", f"lane {number}") for number in range(2 * CROWD)]
    house.settle()
    assert taken[: CROWD + 1] == [f"{number} first" for number in range(CROWD + 1)]
    assert sorted(taken) == sorted(f"{number} {step}" for number in range(2 * CROWD) for step in ("first", "second"))
    assert {house.state(run) for run in opened} == {RunState.DONE}


def test_long_waits_of_many_end_at_different_times(database: Database, world: World) -> None:
    house = house_with(database, world, *[Running("patience", (), timedelta(hours=1))] * 2)
    first, second = house.open("one", "f23"), house.open("two", "f24")
    house.settle()
    one, two = house.run(first).look_again_at, house.run(second).look_again_at
    assert one is not None
    assert two is not None
    assert one != two
    assert max(one, two) <= EPOCH + timedelta(hours=1)


def test_news_between_a_look_and_its_watch_is_not_missed(database: Database, world: World) -> None:
    watch = Watch("koji.task", "4711")
    house = house_with(database, world, Running("the task", (watch,), timedelta(hours=9)), Done())
    run = house.open()
    house.settle()  # the task ended while nobody watched it yet, and its message found no run to wake
    assert house.state(run) is RunState.DONE


def test_what_was_asked_for_a_moment_ago_needs_no_second_look(database: Database, world: World) -> None:
    watch = Watch("koji.task", "4711")
    house = house_with(database, world, Running("the task", (watch,), timedelta(hours=9), is_fresh=True), Done())
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.OPEN
    with database.read() as db:
        assert runs.watchers(db, watch.system, [watch.key]) == [run]


def test_outputs_of_steps_come_back_with_their_types(database: Database, world: World) -> None:
    seen: list[object] = []

    def ensure_a_table(_: Hands) -> Outcome:
        return Done({"at": EPOCH, "numbers": (1, 2)})

    def ensure_it_is_recalled(hands: Hands) -> Outcome:
        seen.append(hands.attempt.recall(ensure_a_table, dict[str, datetime | tuple[int, ...]]))
        return Done()

    house = House(database, world, ensure_a_table, ensure_it_is_recalled)
    house.open()
    house.settle()
    assert seen == [{"at": EPOCH, "numbers": (1, 2)}]


def test_what_a_waiting_step_has_not_promised_cannot_be_recalled(database: Database, world: World) -> None:
    def ensure_patience(hands: Hands) -> Outcome:
        if "ensure_patience" in hands.attempt.steps:
            hands.attempt.recall(ensure_patience, str)
        return Running("nothing")

    house = House(database, world, ensure_patience)
    run = house.open()
    house.settle()
    house.look(minutes=1)
    assert house.state(run) is RunState.PARKED
    with database.read() as db:
        assert "LookupError" in runs.steps_of(db, run)["ensure_patience"].note


def test_a_troubled_service_is_asked_again_with_growing_pauses(database: Database, world: World) -> None:
    house = house_with(database, world, SystemUnreachable("koji is away"))
    run = house.open()
    house.settle()
    pauses = []
    for _ in range(12):
        again = house.run(run).look_again_at
        assert again is not None
        pauses.append((again - world.clock()).total_seconds())
        world.clock.time = again
        house.look()
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert the_step(house, run).troubles == 13
    assert the_step(house, run).trouble_since == EPOCH


def test_long_trouble_calls_a_person_once_and_ends_by_itself(database: Database, world: World) -> None:
    script: Script = [SystemUnreachable("koji is away")]
    house = House(database, world, scripted(script))
    run = house.open()
    house.settle()
    for _ in range(20):
        house.look(minutes=5)
    house.postman.deliver()
    assert house.state(run) is RunState.HELD
    assert house.topics().count("toy.held") == 1
    with database.read() as db:
        (hold,) = holds.all_open(db)
    assert (hold.missing, hold.owner) == (("koji is away",), "releng")
    script[:] = [Running("the task")]
    house.look(minutes=5)
    assert house.state(run) is RunState.OPEN
    assert the_step(house, run).troubles == 0
    with database.read() as db:
        assert holds.all_open(db) == []


def test_a_hold_past_its_deadline_does_not_look_every_second(database: Database, world: World) -> None:
    house = house_with(database, world, a_hold("karma"))
    run = house.open()
    house.settle()
    house.look(days=2)
    again = house.run(run).look_again_at
    assert again is not None
    assert again - world.clock() == timedelta(seconds=60)


def test_a_hold_looks_at_its_deadline_at_the_latest(database: Database, world: World) -> None:
    house = house_with(database, world, a_hold("karma", deadline=EPOCH + timedelta(seconds=7)))
    run = house.open()
    house.settle()
    assert house.run(run).look_again_at == EPOCH + timedelta(seconds=7)


def test_a_world_that_disagrees_is_looked_at_again(database: Database, world: World) -> None:
    house = house_with(database, world, RefMoved("it moved"), Done())
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.OPEN
    house.look(seconds=1)
    assert house.state(run) is RunState.DONE


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (RequestRefused("no"), FailureKind.REFUSED),
        (Permanent("no"), FailureKind.REFUSED),
        (PluginBroken("no"), FailureKind.PLUGIN),
        (DeadlineMissed("no"), FailureKind.DEADLINE),
    ],
)
def test_a_refusal_ends_the_run(database: Database, world: World, trouble: Exception, kind: FailureKind) -> None:
    house = house_with(database, world, trouble)
    run = house.open()
    house.live()
    assert (house.state(run), house.run(run).reason) == (RunState.FAILED, f"{kind}: no")
    assert house.topics() == ["toy.started", "toy.step", "toy.failed", "toy.step"]


def test_a_failed_outcome_ends_the_run_and_closes_its_hold(database: Database, world: World) -> None:
    house = house_with(database, world, a_hold("karma"), Failed(FailureKind.NOTHING_LEFT, "all ejected"))
    run = house.open()
    house.settle()
    house.look(minutes=1)
    assert house.state(run) is RunState.FAILED
    with database.read() as db:
        assert holds.all_open(db) == []
        assert runs.watched(db) == {}


@pytest.mark.parametrize(
    "defect", [ZeroDivisionError("oops"), SystemExit(1), ValueError("\0 and \ud800")], ids=["oops", "exit", "hostile"]
)
def test_a_defect_parks_its_run_with_the_traceback_and_others_go_on(
    database: Database, world: World, defect: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        logging.getLogger("relengotron.engine.runner"), "disabled", True
    )  # half surrogates do not go through a pipe

    def ensure_trouble(hands: Hands) -> Outcome:
        if hands.attempt.run.lane == "bad":
            raise defect
        return Done()

    house = House(database, world, ensure_trouble)
    bad, good = house.open("bad", "bad"), house.open("good", "good")
    house.live()
    assert (house.state(bad), house.state(good)) == (RunState.PARKED, RunState.DONE)
    assert "relengotron runs show" in house.run(bad).reason
    with database.read() as db:
        assert type(defect).__name__ in runs.steps_of(db, bad)["ensure_trouble"].note
    assert "toy.failed" in house.topics()


def test_a_run_whose_voice_breaks_is_parked_all_the_same(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = house_with(database, world, ZeroDivisionError("oops"))
    monkeypatch.setattr(house.catalogue["long"].voice, "failed", lambda *_: 1 / 0, raising=False)
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.PARKED


def test_a_run_of_an_unknown_workflow_is_parked(house: House) -> None:
    run = house.open(workflow="gone")
    house.settle()
    assert house.state(run) is RunState.PARKED
    assert "no workflow named 'gone'" in house.run(run).reason


def test_a_context_in_trouble_is_asked_for_again(database: Database, world: World) -> None:
    house = house_with(database, world, Done())
    troubles = [SystemUnreachable("settings are away")]

    def context(attempt: object) -> Hands:
        if troubles:
            raise troubles.pop()
        return SimpleNamespace()  # type: ignore[return-value]

    plain = workflow("long", world, scripted([Done()]))
    broken = type(plain)("long", plain.steps, context, plain.voice)
    house.runner = Runner(database, {"long": broken}, house.wakes, world.clock)
    run = house.open()
    house.settle()
    assert house.state(run) is RunState.QUEUED
    house.look(minutes=1)
    assert house.state(run) is RunState.DONE


def test_a_journal_in_trouble_parks_nobody(database: Database, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house = house_with(database, world, Done())
    run = house.open()

    def full(*_: object) -> None:
        raise SystemBusy("the disk is full")

    with monkeypatch.context() as trouble:
        trouble.setattr(runs, "write_step", full)
        with pytest.raises(SystemBusy):
            house.settle()
    assert house.state(run) is RunState.OPEN
    house.look()
    assert house.state(run) is RunState.DONE


def test_a_step_may_keep_a_change_of_its_hold_to_itself_and_tell_it_later(database: Database, world: World) -> None:
    first, changed = a_hold("karma", "a test"), a_hold("a test")
    quiet, loud = replace(changed, tell=False), replace(changed, tell=True)
    house = house_with(database, world, first, first, quiet, loud, quiet)
    run = house.open()
    house.settle()
    house.look(minutes=1)
    with database.read() as db:
        assert [each.missing for each in holds.all_open(db)] == [("a test",)], "who looks sees what is"
    house.postman.deliver()
    assert [body["missing"] for topic, body in world.heard.values() if topic == "toy.held"] == [["karma", "a test"]]
    house.look(minutes=1)
    house.postman.deliver()
    assert len([topic for topic, _ in world.heard.values() if topic == "toy.held"]) == 2
    assert house.state(run) is RunState.HELD


def test_a_hold_is_announced_again_only_when_something_else_is_missing(database: Database, world: World) -> None:
    house = house_with(database, world, a_hold("karma"), a_hold("karma"), a_hold("karma", "a test"), a_hold("a test"))
    house.open()
    house.settle()
    for _ in range(5):
        house.look(minutes=1)
    house.postman.deliver()
    told = [body["missing"] for topic, body in world.heard.values() if topic == "toy.held"]
    assert told == [["karma"], ["karma", "a test"], ["a test"]]


def test_a_blip_of_a_service_neither_ends_nor_repeats_a_hold(database: Database, world: World) -> None:
    house = house_with(database, world, a_hold("karma"), SystemUnreachable("bodhi is away"), a_hold("karma"))
    run = house.open()
    house.settle()
    house.look(minutes=1)
    assert house.state(run) is RunState.HELD
    with database.read() as db:
        assert runs.watchers(db, "toy", ["gate"]) == [run]
    house.look(minutes=1)
    house.postman.deliver()
    with database.read() as db:
        (hold,) = holds.of_run(db, run)
    assert (hold.since, hold.closed_at) == (EPOCH, None)
    assert house.topics().count("toy.held") == 1
    assert the_step(house, run).troubles == 0


def test_old_trouble_does_not_make_new_trouble_look_old(database: Database, world: World) -> None:
    house = house_with(
        database,
        world,
        SystemUnreachable("away"),
        a_hold("karma"),
        a_hold("karma"),
        SystemUnreachable("away"),
        a_hold("karma"),
    )
    run = house.open()
    house.settle()
    house.look(minutes=1)
    house.look(hours=5)
    assert house.run(run).reason == "karma"
    assert the_step(house, run).trouble_since == world.clock()


def test_what_a_step_leaves_aside_is_written_with_its_outcome_or_not_at_all(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(database, world)
    run = house.open()

    def full(*_: object, **__: object) -> None:
        raise SystemBusy("the disk is full")

    with monkeypatch.context() as trouble:
        trouble.setattr(settling, "_write_run", full)
        with pytest.raises(SystemBusy):
            house.settle()
    with database.read() as db:
        assert runs.steps_of(db, run) == {}
        assert evidence.of_run(db, run) == []
        assert [each.topic for each in outbox.of_run(db, run)] == ["toy.started"]
        assert len(effects.of_run(db, run)) == 2
    house.live()
    assert house.topics().count("toy.tagged") == 1
    assert set(world.made.values()) == {1}


def test_notes_that_say_nothing_new_are_kept_once(database: Database, world: World) -> None:
    def ensure_notes(hands: Hands) -> Outcome:
        hands.attempt.note("build", "bash", "waiting", "no karma", {"votes": (1, 2), "at": EPOCH})
        return Running("karma")

    house = House(database, world, ensure_notes)
    run = house.open()
    house.settle()
    for _ in range(10):
        house.look(minutes=1)
    with database.read() as db:
        assert len(evidence.of_run(db, run)) == 1


def test_a_lost_answer_is_found_instead_of_asked_for_again(house: House, world: World) -> None:
    world.answers_to_lose = {"one compose", "one tag zsh"}
    run = house.open()
    house.live()
    assert house.state(run) is RunState.DONE
    assert set(world.made.values()) == {1}


def test_an_effect_returns_what_it_would_return_after_a_restart(database: Database, world: World) -> None:
    results: list[object] = []

    def ensure_once(hands: Hands) -> Outcome:
        results.append(hands.attempt.effect("x", "x", lambda: {"parts": (1, 2)}, lambda _: None))
        return Running("more") if len(results) < 2 else Done()

    house = House(database, world, ensure_once)
    house.open()
    house.settle()
    house.look(minutes=1)
    assert results == [{"parts": [1, 2]}, {"parts": [1, 2]}]


def test_a_workflow_with_two_steps_of_one_name_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="two steps of one name"):
        workflow("long", world, lambda_free, lambda_free)
