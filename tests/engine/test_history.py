"""What does the journal know of how long things took?"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter

from sqlalchemy import Connection, event, insert

from relengotron.decisions.estimating import cost
from relengotron.engine.history import KEPT_FOR, History
from relengotron.engine.journal import durations, effects, holds, runs, tables
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.durations import RECENT
from relengotron.model.estimate import Compose, Estimate, Scope
from relengotron.model.intents import Start
from relengotron.model.outcome import Done, Hold, Outcome, Running
from relengotron.model.run import RunState, StepState
from tests.engine.toys import EPOCH, Hands, House, World

MINUTE = timedelta(minutes=1)
LANE = "F24/testing"


def a_run(database: Database, lane: str = LANE, *, state: RunState = RunState.DONE, **steps: float) -> str:
    """A run that took so many minutes for each step, and ended."""
    with database.write() as db:
        run = runs.open_run(db, Start("push", lane, f"{lane} {len(runs.newest(db, 1000))}", None, "2016-1"), EPOCH)
        assert run is not None
        for name, minutes in steps.items():
            runs.write_step(db, run, name, StepState.DONE, "", EPOCH + minutes * MINUTE, began=EPOCH)
        runs.change(db, run, state, EPOCH)
    return run


def past_of(database: Database, lane: str = LANE) -> tuple[Scope, list[dict[str, float]]]:
    with database.read() as db:
        past = durations.past(db, "push", lane)
    return past.scope, [{step: took / MINUTE for step, took in walk.items()} for walk in past.walks]


def test_a_lane_is_compared_with_its_own_newest_runs(database: Database) -> None:
    a_run(database, sign=3, compose=20)
    a_run(database, sign=4)
    a_run(database, "F23/testing", sign=50)
    assert past_of(database) == (Scope.LANE, [{"sign": 4}, {"sign": 3, "compose": 20}])


def test_a_new_lane_is_compared_with_the_same_request_of_other_releases(database: Database) -> None:
    a_run(database, "F23/testing", sign=3)
    a_run(database, "F23/stable", sign=50)
    assert past_of(database) == (Scope.REQUEST, [{"sign": 3}])


def test_a_new_request_is_compared_with_any_lane_and_without_one_there_is_no_history(journal: Database) -> None:
    a_run(journal, "F23/testing", sign=3)
    assert past_of(journal, "F24/stable") == (Scope.ANY, [{"sign": 3}])
    with journal.read() as db:
        assert durations.past(db, "another", LANE).walks == ()


def test_only_what_ended_well_is_compared_with(database: Database) -> None:
    for state in RunState:
        if state is not RunState.DONE:
            a_run(database, state=state, sign=3)
    assert past_of(database) == (Scope.ANY, [])


def test_only_steps_that_are_done_count(database: Database) -> None:
    run = a_run(database, sign=3)
    with database.write() as db:
        runs.write_step(db, run, "compose", StepState.SKIPPED, "nothing is left", EPOCH + MINUTE, began=EPOCH)
        runs.write_step(db, run, "test", StepState.RUNNING, "", EPOCH + MINUTE, began=EPOCH)
    assert past_of(database) == (Scope.LANE, [{"sign": 3}])


def test_no_more_than_the_newest_few_are_looked_at(database: Database) -> None:
    for number in range(RECENT + 3):
        a_run(database, sign=number)
    _, walks = past_of(database)
    assert [walk["sign"] for walk in walks] == list(range(RECENT + 2, 2, -1))


def test_the_time_in_which_people_were_waited_for_does_not_count(journal: Database) -> None:
    run = a_run(journal, sign=60)
    hold = Hold(("a key",), EPOCH + 90 * MINUTE, "releng", "relengotron runs retry x")
    with journal.write() as db:
        holds.open_hold(db, run, "sign", hold, EPOCH + 5 * MINUTE)
        holds.close(db, run, EPOCH + 45 * MINUTE)
    assert past_of(journal) == (Scope.LANE, [{"sign": 20}])
    with journal.read() as db:
        assert durations.time_on_hold(db, run, "sign", EPOCH + 80 * MINUTE) == 40 * MINUTE


def test_a_clock_that_was_set_back_makes_no_negative_time(database: Database) -> None:
    a_run(database, sign=-5)
    assert past_of(database) == (Scope.LANE, [{"sign": 0}])


def tried(db: Connection, run: str, artifact: str, attempt: int, asked: float, seen: float | None = None) -> None:
    """One try of a compose, from minute ``asked`` to minute ``seen``."""
    key = f"{artifact} try {attempt}"
    effect = effects.intend(db, run, f"compose {key}", "", None, EPOCH + asked * MINUTE)
    effects.finish(db, effect, {"task": 4711}, EPOCH + asked * MINUTE)
    if seen is not None:
        built = effects.intend(db, run, f"decision built {key}", "", None, EPOCH + seen * MINUTE)
        effects.finish(db, built, {"kind": "ostree", "artifact": artifact}, EPOCH + seen * MINUTE)


def test_a_compose_took_from_the_wish_for_its_task_until_its_result_was_seen(database: Database) -> None:
    run = a_run(database)
    with database.write() as db:
        tried(db, run, "a tree", 1, asked=0, seen=7)
        tried(db, run, "failed once", 1, asked=0)
        tried(db, run, "failed once", 2, asked=60, seen=70)
        tried(db, run, "never came", 1, asked=0)
    with database.read() as db:
        found = durations.past_composes(db, "push", LANE)
    assert found.scope is Scope.LANE
    assert found.composes == {
        "a tree": (Compose("ostree", 7 * MINUTE, 1, 7 * MINUTE),),
        "failed once": (Compose("ostree", 10 * MINUTE, 2, 10 * MINUTE),),
    }


def test_the_task_that_only_looked_whether_anything_changed_is_a_cost_and_no_compose_time(journal: Database) -> None:
    run = a_run(journal)
    with journal.write() as db:
        looked = effects.intend(db, run, "detect tree try 1", "", None, EPOCH)
        effects.finish(db, looked, {"task": 1}, EPOCH)
        answer = effects.intend(db, run, "decision detected tree try 1", "", None, EPOCH + 3 * MINUTE)
        effects.finish(db, answer, {"is_changed": True}, EPOCH + 3 * MINUTE)
        tried(db, run, "tree", 1, asked=3, seen=15)
    with journal.read() as db:
        found = durations.past_composes(db, "push", LANE)
    assert found.composes == {"tree": (Compose("ostree", 12 * MINUTE, 2, 15 * MINUTE),)}
    spent = cost("ostree", found)
    assert spent is not None
    assert (spent.tasks, spent.task_hours) == (Estimate(2, 2, 2, 1), Estimate(0.25, 0.25, 0.25, 1))


def test_a_step_took_as_long_as_its_looks_too(database: Database, world: World) -> None:
    """The first look of a step, which may sign for minutes, is a part of it."""

    def ensure_it_takes_its_time(hands: Hands) -> Outcome:
        hands.world.clock.pass_by(minutes=2)
        begun = hands.attempt.step_started_at
        return Done() if hands.attempt.now() - begun > 5 * MINUTE else Running("itself", (), 3 * MINUTE)

    house = House(database, world, ensure_it_takes_its_time)
    run = house.open(lane=LANE)
    house.live()
    with database.read() as db:
        step = runs.steps_of(db, run)["ensure_it_takes_its_time"]
        (walk,) = durations.past(db, "long", LANE).walks
    assert step.started_at == EPOCH
    assert walk == {"ensure_it_takes_its_time": world.clock() - EPOCH}


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        said.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield said
    event.remove(database.engine, "before_cursor_execute", note)


def test_an_eta_counts_what_is_to_come_from_the_time_at_work_alone(database: Database) -> None:
    a_run(database, sign=10, compose=30)
    run_id = a_run(database, state=RunState.OPEN, sign=9)
    hold = Hold(("disk",), EPOCH + 90 * MINUTE, "releng", "df")
    with database.write() as db:
        holds.open_hold(db, run_id, "compose", hold, EPOCH + 10 * MINUTE)
        run = runs.find(db, run_id)
    assert run is not None
    history, order, at = History(database), ("sign", "compose"), EPOCH + 40 * MINUTE
    eta = history.eta(run, order, {"sign"}, at, since=EPOCH + 5 * MINUTE)
    assert eta is not None
    assert str(eta) == "about 25 min (from 1 run)", "5 of 30 minutes were work, 30 a wait for people"
    assert history.eta(run, order, {"sign", "compose"}, at) is None


def test_the_past_is_read_once_in_a_while_and_not_at_every_step(database: Database) -> None:
    a_run(database, sign=10)
    history = History(database)
    with database.read() as db:
        run = runs.newest(db, 1)[0]
    with counted(database) as said:
        for second in range(59):
            assert history.eta(run, ("sign",), set(), EPOCH + timedelta(seconds=second)) is not None
        first = len(said)
        a_run(database, sign=20)
        later = history.eta(run, ("sign",), set(), EPOCH + KEPT_FOR)
    assert first < 10
    assert later is not None
    assert later.rest == Estimate(900, 600, 1200, 2)


def test_two_thousand_runs_are_no_burden(database: Database) -> None:
    filled(database, 2000)
    took = []
    with database.read() as db:
        for lane in ("F20/testing", "F99/testing", "F99/another") * 3:
            begun = perf_counter()
            assert len(durations.past(db, "push", lane).walks) == RECENT
            took.append(perf_counter() - begun)
    print(f"\nhistory from 2,000 runs: {min(took) * 1000:.1f} ms")
    assert min(took) < 0.02


def filled(database: Database, count: int) -> None:
    """A journal after years."""
    same = {"workflow": "push", "state": "done", "request": None, "trigger_msg_id": "-", "created_at": 0.0}
    step = {"state": "done", "note": "", "started_at": 0.0, "finished_at": 60.0, "output": None, "troubles": 0}
    with database.write() as db:
        rows = [
            same | {"id": str(n), "key": str(n), "number": n, "lane": f"F{20 + n % 4}/testing", "updated_at": 0.0}
            for n in range(count)
        ]
        db.execute(insert(tables.runs), rows)
        db.execute(
            insert(tables.steps), [step | {"run": str(n), "name": f"s{i}"} for n in range(count) for i in range(8)]
        )
