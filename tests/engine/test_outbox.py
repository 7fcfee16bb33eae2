"""What we say is said once it is true, in order, under one id, whatever the bus and the power do."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from relengotron.engine.journal import outbox
from relengotron.engine.journal.database import Database
from relengotron.engine.postman import Postman
from relengotron.errors import PowerCut, RequestRefused, SystemUnreachable
from relengotron.model.outcome import Done, Outcome
from relengotron.systems.bus.port import Announcement
from tests.engine.toys import EPOCH, Clock, Hands, House, Storm, StormyDatabase, World


class Bus:
    """Takes messages, or raises what it was told to, for a while or for ever."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.refused: dict[str, Exception] = {}
        self.fails_at: set[int] = set()
        self.calls = 0

    def publish(self, message: Announcement, msg_id: str) -> None:
        self.calls += 1
        if self.calls in self.fails_at:
            raise SystemUnreachable("no relay")
        if message.topic_suffix in self.refused:
            raise self.refused[message.topic_suffix]
        self.heard.append((message.topic_suffix, msg_id))

    def close(self) -> None:
        """Nothing is open."""

    @property
    def topics(self) -> list[str]:
        return [topic for topic, _ in self.heard]


def written(database: Database, *messages: tuple[str, str]) -> None:
    with database.write() as db:
        for run, topic in messages:
            outbox.write(db, run, topic, topic, {}, EPOCH)


def left(database: Database) -> int:
    with database.read() as db:
        return outbox.backlog(db)


def test_work_that_is_rolled_back_says_nothing(database: Database) -> None:
    bus = Bus()

    class RolledBack(Exception):
        pass

    def work() -> None:
        with database.write() as db:
            outbox.write(db, "run", "key", "topic.never", {}, EPOCH)
            raise RolledBack

    with pytest.raises(RolledBack):
        work()

    assert Postman(database, bus, Clock()).deliver() == 0
    assert not bus.heard


def test_nothing_is_said_while_the_work_may_still_be_rolled_back(database: Database) -> None:
    bus, postman_is_through = Bus(), threading.Event()

    def deliver() -> None:
        Postman(database, bus, Clock()).deliver()
        postman_is_through.set()

    with database.write() as db:
        outbox.write(db, "run", "key", "topic.early", {}, EPOCH)
        postman = threading.Thread(target=deliver)
        postman.start()
        assert postman_is_through.wait(10)
        assert not bus.heard
    postman.join(10)
    assert Postman(database, bus, Clock()).deliver() == 1


def test_a_step_that_raises_says_nothing_of_what_it_wanted_to_say(database: Database) -> None:
    def ensure_it_goes_wrong(hands: Hands) -> Outcome:
        hands.attempt.say("proud", "toy.proud", {})
        raise RequestRefused("no")

    world = World(Clock())
    house = House(database, world, ensure_it_goes_wrong)
    house.open()
    house.settle()
    house.postman.deliver()

    assert "toy.proud" not in house.topics()
    assert "toy.failed" in house.topics()


@pytest.mark.parametrize("cut_at", range(1, 12))
def test_what_a_step_says_and_its_outcome_are_written_together(tmp_path: object, cut_at: int) -> None:
    def ensure_it_is_said(hands: Hands) -> Outcome:
        hands.attempt.say("said", "toy.said", {})
        return Done()

    storm = Storm(cut_at)
    database = StormyDatabase(f"sqlite:///{tmp_path}/journal.db", storm)
    house = House(database, World(Clock()), ensure_it_is_said)
    try:
        run = house.open()
        house.settle()
    except PowerCut:
        with database.read() as db:
            said = {each.topic for each in outbox.unsent(db, 10)}
            done = [name for (name,) in db.exec_driver_sql("SELECT name FROM steps WHERE state = 'done'")]
        assert ("toy.said" in said) == bool(done)
    else:
        assert str(house.state(run)) == "done"
    database.close()


@pytest.mark.parametrize("refusal", [RequestRefused("too large"), TypeError("a defect")])
def test_a_refused_message_holds_back_its_own_run_and_no_other(database: Database, refusal: Exception) -> None:
    bus, clock = Bus(), Clock()
    postman = Postman(database, bus, clock)
    written(database, ("a", "1"), ("b", "2"), ("a", "3"), ("b", "4"))
    bus.refused["1"] = refusal
    assert postman.deliver() == 2
    assert bus.topics == ["2", "4"]

    bus.refused.clear()
    clock.pass_by(minutes=5)
    postman.deliver()
    assert bus.topics == ["2", "4", "1", "3"]


def test_a_run_with_hundreds_of_messages_behind_a_refused_one_is_in_nobodys_way(database: Database) -> None:
    bus = Bus()
    postman = Postman(database, bus, Clock())
    written(database, *(("a", f"a{number}") for number in range(250)), ("b", "b"))
    bus.refused["a0"] = RequestRefused("too large")
    postman.deliver(100)
    postman.deliver(100)
    assert bus.topics == ["b"]


def test_what_is_refused_for_ever_is_tried_ever_more_rarely_and_is_shown(database: Database) -> None:
    bus, clock = Bus(), Clock()
    postman = Postman(database, bus, clock)
    written(database, ("a", "1"))
    bus.refused["1"] = RequestRefused("too large")
    for _ in range(2 * 3600 // 20):
        postman.deliver()
        clock.pass_by(seconds=20)

    assert 24 < bus.calls < 24 + 10
    with database.read() as db:
        (refused,) = outbox.refused(db)
    assert refused.trouble == "RequestRefused: too large"
    assert refused.attempts == bus.calls


@pytest.mark.parametrize("seed", range(5))
def test_the_order_within_each_run_is_kept_over_a_bus_that_fails_at_each_send(database: Database, seed: int) -> None:
    bus, clock = Bus(), Clock()
    bus.fails_at = {number for number in range(1, 400) if (number * 7 + seed) % 3}
    postman = Postman(database, bus, clock)
    sent = [(run, f"{run}{number}") for number in range(20) for run in "ab"]
    written(database, *sent)
    while left(database):
        postman.deliver()
        clock.pass_by(seconds=5)

    for run in "ab":
        assert [topic for topic in bus.topics if topic.startswith(run)] == [topic for of, topic in sent if of == run]


def test_a_power_cut_between_sending_and_noting_it_repeats_under_the_same_id(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = Bus()
    written(database, ("run", "1"), ("run", "2"))

    def die(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as storm:
        storm.setattr(outbox, "mark_sent", die)
        with pytest.raises(PowerCut):
            Postman(database, bus, Clock()).deliver()
    Postman(database, bus, Clock()).deliver()
    assert bus.topics == ["1", "1", "2"]
    assert len(set(bus.heard)) == 2


def test_the_pause_after_a_refusal_ends_when_it_is_sent(database: Database) -> None:
    bus, clock = Bus(), Clock()
    postman = Postman(database, bus, clock)
    written(database, ("a", "1"))
    bus.refused["1"] = RequestRefused("too large")
    postman.deliver()
    clock.time += timedelta(minutes=5)
    bus.refused.clear()
    postman.deliver()
    with database.read() as db:
        (message,) = outbox.of_run(db, "a")
        assert (outbox.refused(db), message.trouble, message.tried_at) == ([], "", None)


def test_no_look_of_the_postman_reads_the_whole_history(database: Database) -> None:
    written(database, *(("a", f"a{number}") for number in range(5)))
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    Postman(database, Bus(), Clock()).deliver()
    looks = [each for each in asked if each[0].startswith("SELECT")]
    with database.read() as db:
        plans = [str(db.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", given).all()) for query, given in looks]
    assert len(plans) >= 3
    assert not [plan for plan in plans if "SCAN" in plan]
