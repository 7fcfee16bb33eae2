"""What becomes of a message: understood once, parked with the reason, never in the way of the next."""

from collections.abc import Iterable
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from relengotron.engine import digest as digest_module
from relengotron.engine.intake import Intake
from relengotron.engine.journal import inbox, runs, tables
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState, StoredMessage
from relengotron.errors import SystemBusy
from relengotron.model.events import BuildTagged, Event
from relengotron.model.intents import Intent, Start, Wake
from relengotron.model.outcome import Outcome, Running, Watch
from relengotron.model.run import RunState
from tests.engine.toys import EPOCH, Clock, Hands, House, World, tagging


def stored(database: Database) -> dict[str, StoredMessage]:
    with database.read() as db:
        everything = [*inbox.unsettled(db, 100), *inbox.parked(db, 100)]
    return {message.msg_id: message for message in everything}


def task_closed(msg_id: str, task: int = 4711) -> dict[str, Any]:
    body = {"id": task, "method": "createImage", "old": "OPEN", "new": "CLOSED", "attribute": "state"}
    return {
        "topic": "org.fedoraproject.prod.buildsys.task.state.change",
        "msg": {**body, "instance": "primary", "owner": "releng", "info": {"id": task, "method": "createImage"}},
        "msg_id": msg_id,
        "timestamp": EPOCH.timestamp(),
    }


@pytest.fixture
def intake(database: Database) -> Intake:
    return Intake(database, Clock())


def test_a_message_opens_a_run(house: House, intake: Intake) -> None:
    assert intake.store(tagging("bash"))
    assert house.digest.work() == 1
    with house.database.read() as db:
        (run,) = runs.newest(db, 10)
        assert inbox.counts(db) == {MessageState.HANDLED: 1}
    assert (run.lane, run.key, run.workflow) == ("f24", "bash-1-1.fc24", "long")
    assert house.wakes.take_nowait() == run.id


def test_a_message_that_comes_twice_is_stored_once(intake: Intake, database: Database) -> None:
    assert [intake.store(tagging("bash", msg_id="2016-1")) for _ in range(3)] == [True, False, False]


def test_the_same_news_under_a_new_id_is_acted_on_once(database: Database, world: World, intake: Intake) -> None:
    house = House(database, world, route=lambda _event, _msg_id: [Wake(Watch("koji.task", "4711"))])
    for name, task in (("2016-1", 4711), ("2016-2", 4711), ("2016-3", 4712)):
        assert intake.store(task_closed(name, task))
    house.digest.work()
    intake.store(task_closed("2016-4"))
    house.digest.work()
    with house.database.read() as db:
        assert inbox.counts(db) == {MessageState.HANDLED: 2, MessageState.IGNORED: 2}
        reasons = {row.msg_id: row.reason for row in db.execute(select(tables.inbox))}
    assert reasons["2016-2"] == reasons["2016-4"] == "the same news came as 2016-1"


def test_a_message_that_cannot_be_understood_is_parked_and_the_next_is_handled(house: House, intake: Intake) -> None:
    bad = tagging("bad", msg_id="2016-bad")
    bad["msg"]["version"] = 17
    intake.store(bad)
    intake.store(tagging("good"))
    house.digest.work()
    with house.database.read() as db:
        assert inbox.counts(db) == {MessageState.PARKED: 1, MessageState.HANDLED: 1}
        (parked,) = inbox.parked(db, 10)
    assert "version" in parked.reason
    assert parked.raw == bad


@pytest.mark.parametrize(
    "raw",
    [
        None,
        17,
        [],
        {},
        {"topic": "\0\ud800", "msg": {}},
        {"topic": "org.fedoraproject.prod.x.y", "msg": "\ud800"},
        {1: 2, "a": {3, 4}},
        {"topic": "t" * 5000, "msg": {}},
        {"topic": "org.fedoraproject.prod." + "t" * 480, "msg": {"huge": 10**5000}},
    ],
)
def test_anything_at_all_is_kept(journal: Database, raw: Any) -> None:
    assert Intake(journal, Clock()).store(raw)
    (message,) = stored(journal).values()
    assert message.state is MessageState.PARKED
    assert message.reason
    assert not Intake(journal, Clock()).store(raw)


def test_a_long_topic_and_a_long_key_fit_into_every_database(journal: Database) -> None:
    message = tagging("x" * 200)
    message["topic"] = f"org.fedoraproject.prod.{'t' * 480}.y"
    assert Intake(journal, Clock()).store(message)
    body = {"build_id": 7, "rpm": "", "sigkey": "a" * 64, "info": {}}
    with journal.write() as db:
        values: dict[str, Any] = {"topic": "t", "raw": body, "now": EPOCH}
        assert inbox.store(db, msg_id="a", business_key="k" * 5000 + "a", **values)
        assert inbox.store(db, msg_id="b", business_key="k" * 5000 + "b", **values)
        assert not inbox.store(db, msg_id="c", business_key="k" * 5000 + "b", **values)


def test_a_circle_is_kept_too(database: Database) -> None:
    circle: dict[str, Any] = {}
    circle["circle"] = circle
    assert Intake(database, Clock()).store(circle)


def test_a_defect_in_reading_parks_the_message(
    house: House, intake: Intake, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_module, "understand", lambda _: 1 / 0)
    assert intake.store(tagging("bash", msg_id="2016-1"))
    house.digest.work()
    message = stored(database)["2016-1"]
    assert (message.state, message.reason) == (MessageState.PARKED, "defect: ZeroDivisionError('division by zero')")


def test_only_new_messages_push_the_digest(database: Database) -> None:
    pushes: list[int] = []
    intake = Intake(database, Clock(), pushes.append)
    intake.store(tagging("bash", msg_id="2016-1"))
    intake.store(tagging("bash", msg_id="2016-1"))
    assert pushes == [1]


def test_a_defect_in_a_handler_parks_its_message_and_the_next_is_handled(
    database: Database, world: World, intake: Intake
) -> None:
    def route(event: Event, _: str) -> Iterable[Intent]:
        assert isinstance(event, BuildTagged)
        if event.build.startswith("bad"):
            raise ZeroDivisionError("oops")
        return [Start("long", "f24", event.build, None, "-")]

    house = House(database, world, route=route)
    intake.store(tagging("bad"))
    intake.store(tagging("good"))
    house.digest.work()
    with database.read() as db:
        (parked,) = inbox.parked(db, 10)
        assert parked.reason == "defect: ZeroDivisionError('oops')"
        assert [run.key for run in runs.newest(db, 10)] == ["good-1-1.fc24"]


def test_an_intent_that_cannot_be_written_parks_its_message_and_the_next_is_handled(
    database: Database, world: World, intake: Intake
) -> None:
    def route(event: Event, _: str) -> Iterable[Intent]:
        assert isinstance(event, BuildTagged)
        unwritable = object() if event.build.startswith("bad") else None
        return [
            Start("long", "f24", f"first {event.build}", None, "-"),
            Start("long", "f24", event.build, unwritable, "-"),
        ]

    house = House(database, world, route=route)
    intake.store(tagging("bad"))
    intake.store(tagging("good"))
    assert house.digest.work() == 2
    with database.read() as db:
        assert inbox.counts(db) == {MessageState.PARKED: 1, MessageState.HANDLED: 1}
        assert {run.key for run in runs.newest(db, 10)} == {"good-1-1.fc24", "first good-1-1.fc24"}
    assert house.digest.work() == 0


def test_a_journal_in_trouble_parks_no_message(
    house: House, intake: Intake, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.store(tagging("bash", msg_id="2016-1"))

    @contextmanager
    def full() -> Any:
        raise SystemBusy("the disk is full")
        yield

    with monkeypatch.context() as trouble:
        trouble.setattr(database, "write", full)
        with pytest.raises(SystemBusy):
            house.digest.work()
    assert stored(database)["2016-1"].state is MessageState.NEW
    assert house.digest.work() == 1


def test_what_is_not_for_us_is_ignored_with_the_reason(database: Database, world: World, intake: Intake) -> None:
    house = House(database, world, route=lambda *_: [])
    intake.store(tagging("bash", msg_id="2016-1"))
    intake.store({"topic": "org.fedoraproject.prod.planet.new", "msg": {}, "msg_id": "2016-2"})
    house.digest.work()
    with database.read() as db:
        assert inbox.counts(db) == {MessageState.IGNORED: 2}


def test_news_wakes_every_run_that_watches_for_it(database: Database, world: World, intake: Intake) -> None:
    watch = Watch("toy", "gate")

    def ensure_patience(_: Hands) -> Outcome:
        return Running("the gate", (watch,))

    house = House(database, world, ensure_patience, route=lambda *_: [Wake(watch)])
    waiting = {house.open(lane, lane) for lane in ("f23", "f24")}
    house.settle()
    intake.store(tagging("bash"))
    house.digest.work()
    assert {house.wakes.take_nowait(), house.wakes.take_nowait()} == waiting
    assert all(house.state(run) is RunState.OPEN for run in waiting)


def test_one_key_opens_one_run(database: Database, house: House, intake: Intake) -> None:
    intake.store(tagging("bash"))
    intake.store(tagging("bash"))
    house.digest.work()
    with database.read() as db:
        assert len(runs.newest(db, 10)) == 1


def test_a_wake_outlives_the_process_that_was_to_carry_it_out(database: Database, world: World, intake: Intake) -> None:
    watch = Watch("koji.task", "4711")

    def ensure_patience(_: Hands) -> Outcome:
        return Running("the task", (watch,), look_again=timedelta(hours=1))

    house = House(database, world, ensure_patience, route=lambda *_: [Wake(watch)])
    run, other = house.open(), house.open("two", "f23")
    house.settle()
    with database.write() as db:
        runs.watch(db, other, [Watch("koji.task", "4712")])
    intake.store(task_closed("2016-1"))
    house.digest.work()
    with database.read() as db:
        due = [each for each, _, at in runs.due(db, 10) if at <= house.clock()]
    assert due == [run]
