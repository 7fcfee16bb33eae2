"""How what we say leaves the house, and what wakes a run when no message comes."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

import pytest

from relengotron.engine.journal import outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.poller import Poller
from relengotron.engine.postman import Postman
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.errors import PowerCut, SystemUnreachable
from relengotron.model.intents import Start
from relengotron.model.outcome import Watch
from relengotron.model.run import RunState
from relengotron.systems.bus.port import Announcement
from tests.engine.toys import EPOCH, Clock


class Bus:
    """Takes messages, or raises what it was told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.troubles: dict[str, BaseException] = {}

    def publish(self, message: Announcement, msg_id: str) -> None:
        if message.topic_suffix in self.troubles:
            raise self.troubles[message.topic_suffix]
        self.heard.append((message.topic_suffix, msg_id))

    def close(self) -> None:
        """Nothing is open."""

    def topics(self) -> list[str]:
        return [topic for topic, _ in self.heard]


def written(database: Database, *messages: tuple[str, str]) -> None:
    with database.write() as db:
        for run, topic in messages:
            outbox.write(db, run, topic, topic, {}, EPOCH)


def test_messages_go_out_in_order_and_once(database: Database) -> None:
    bus = Bus()
    postman = Postman(database, bus, Clock())
    topics = [f"topic.{number}" for number in range(20)]
    written(database, *(("run", topic) for topic in topics))
    assert (postman.deliver(7), postman.deliver(), postman.deliver()) == (7, 13, 0)
    assert bus.topics() == topics


def test_a_bus_in_trouble_ends_the_round_and_keeps_the_order(database: Database) -> None:
    bus = Bus()
    postman = Postman(database, bus, Clock())
    written(database, ("a", "1"), ("b", "2"), ("a", "3"))
    bus.troubles["2"] = SystemUnreachable("no relay")
    assert (postman.deliver(), postman.deliver()) == (1, 0)
    with database.read() as db:
        assert outbox.backlog(db) == 2
    bus.troubles.clear()
    assert postman.deliver() == 2
    assert bus.topics() == ["1", "2", "3"]


def test_a_message_sent_again_after_a_power_cut_has_the_same_id(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = Bus()
    postman = Postman(database, bus, Clock())
    written(database, ("run", "topic"))

    def die(*_: object) -> None:
        raise PowerCut

    with monkeypatch.context() as storm:
        storm.setattr(outbox, "mark_sent", die)
        with pytest.raises(PowerCut):
            postman.deliver()
    postman.deliver()
    assert bus.topics() == ["topic", "topic"]
    assert len(set(bus.heard)) == 1


def watching(database: Database, **watches: Watch) -> dict[str, str]:
    opened = {}
    with database.write() as db:
        for name, watch in watches.items():
            run = runs.open_run(db, Start("long", name, name, None, "-"), EPOCH)
            assert run is not None
            runs.watch(db, run, [watch])
            opened[name] = run
    return opened


def test_one_look_asks_each_system_once_about_everything(database: Database) -> None:
    opened = watching(database, a=Watch("koji", "1"), b=Watch("koji", "2"), c=Watch("bodhi", "1"))
    asked: list[Collection[str]] = []
    wakes = EmbeddedWakeQueue()

    def koji(keys: Collection[str]) -> Collection[str]:
        asked.append(sorted(keys))
        return ["2"]

    assert Poller(database, {"koji": koji, "mirror": koji}, wakes).look() == 1
    assert asked == [["1", "2"]]
    assert (wakes.take_nowait(), wakes.take_nowait()) == (opened["b"], None)


def test_a_system_is_told_since_when_there_may_be_news_and_priorities_are_kept(database: Database) -> None:
    both = Watch("koji", "1")
    opened = watching(database, a=both, b=both)
    with database.write() as db:
        runs.change(db, opened["b"], RunState.OPEN, EPOCH + timedelta(hours=1))
    told: list[Mapping[str, datetime]] = []

    def koji(keys: Mapping[str, datetime]) -> Collection[str]:
        told.append(keys)
        return ["1", "nobody asked for this"]

    assert Poller(database, {"koji": koji}, EmbeddedWakeQueue()).look() == 2
    assert told == [{"1": EPOCH}]


@pytest.mark.parametrize("trouble", [SystemUnreachable("away"), ZeroDivisionError("a defect")])
def test_a_troubled_system_does_not_hide_the_others(database: Database, trouble: Exception) -> None:
    opened = watching(database, a=Watch("koji", "1"), b=Watch("bodhi", "1"))
    wakes = EmbeddedWakeQueue()

    def koji(_: Collection[str]) -> Collection[str]:
        raise trouble

    assert Poller(database, {"koji": koji, "bodhi": list}, wakes).look() == 1
    assert wakes.take_nowait() == opened["b"]
