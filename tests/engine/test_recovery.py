"""Messages that the bus lost come in after all: every one, once, whatever fails on the way."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from relengotron.decisions.recovering import Habits
from relengotron.engine import recovery as recovery_module
from relengotron.engine.intake import Intake
from relengotron.engine.journal import tables, watermarks
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.watermarks import Watermark
from relengotron.engine.recovery import SHORTEST_PAUSE, Recovery
from relengotron.errors import PowerCut, SystemBusy, Untrusted
from relengotron.messages.arrival import Arrival
from relengotron.systems.bus.guard import CertificateGuard
from relengotron.systems.bus.port import Guard
from relengotron.systems.bus.senders import Senders
from relengotron.systems.bus.x509.authority import Authority
from relengotron.systems.bus.x509.signer import KeyPair, Signer
from relengotron.systems.bus.x509.throwaway import ThrowAwayAuthority
from relengotron.systems.bus.x509.verifier import Verifier
from relengotron.systems.datagrepper.client import DatagrepperClient
from relengotron.systems.datagrepper.simulated import SimulatedDatagrepper, create_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.mischief import Kind, Mischief, Rule
from relengotron.systems.rest import RestService
from tests.engine.toys import EPOCH, Clock, Storm, StormyDatabase

BASE = "http://datagrepper.sim"
BEGINNING = "org.fedoraproject.prod."
TOPICS = ("bodhi.masher.start", "buildsys.tag", "buildsys.untag", "resultsdb.result.new")
CATEGORIES = {"bodhi", "buildsys", "resultsdb"}
EVERY = timedelta(minutes=5)
HABITS = Habits(first_look=timedelta(hours=3))


class House:
    """A journal, its intake, and a history of the bus that misbehaves when told to."""

    def __init__(
        self,
        database: Database,
        *,
        guard: Guard | None = None,
        rows_per_page: int = 10,
        topics: Sequence[str] = TOPICS,
    ) -> None:
        self.database, self.clock, self.guard = database, Clock(), guard
        self.topics = [BEGINNING + each for each in topics]
        self.history = SimulatedDatagrepper(lambda: self.clock().timestamp())
        self.mischief = Mischief(create_app(self.history))
        session = requests.Session()
        session.mount(BASE, WsgiAdapter(self.mischief))
        self.client = DatagrepperClient(RestService(BASE, session, timeout=(1, 1)), rows_per_page=rows_per_page)
        self.batches: list[int] = []
        self.recovery = self.start()

    def start(self) -> Recovery:
        """The daemon starts, perhaps again."""
        self.intake = Intake(self.database, self.clock, guard=self.guard)
        self.recovery = Recovery(
            self.database,
            self.client,
            self.store,
            self.clock,
            self.topics,
            every=EVERY,
            habits=HABITS,
            guard=self.guard,
        )
        return self.recovery

    def store(self, arrivals: Sequence[Arrival]) -> int:
        self.batches.append(len(arrivals))
        return self.intake.store_all(arrivals)

    def say(self, number: int, topic: str = "buildsys.tag", ago: timedelta = timedelta(minutes=30)) -> dict[str, Any]:
        """Somebody speaks and only datanommer hears it."""
        envelope = {
            "topic": BEGINNING + topic,
            "msg": {"number": number},
            "msg_id": f"2016-{number}",
            "timestamp": int((self.clock() - ago).timestamp()),
            "i": number,
            "username": "apache",
        }
        self.history.hear(envelope)
        return envelope

    def look(self) -> None:
        """Turn the wheel until it has nothing to do."""
        for _ in range(10_000):
            if not self.recovery.work():
                return
        raise AssertionError("it never comes to rest")

    def stored(self) -> list[str]:
        with self.database.read() as db:
            return [row.msg_id for row in db.execute(select(tables.inbox.c.msg_id).order_by(tables.inbox.c.id))]

    def marks(self) -> Mapping[str, Watermark]:
        with self.database.read() as db:
            return watermarks.every(db)

    def until(self, category: str = "buildsys") -> datetime:
        return self.marks()[category].until


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StormyDatabase]:
    """One journal for many stories; making a new one takes longer than most of them."""
    database = StormyDatabase(f"sqlite:///{tmp_path_factory.mktemp('journal') / 'journal.db'}", Storm())
    yield database
    database.close()


def ids(*numbers: int) -> list[str]:
    return [f"2016-{number}" for number in numbers]


SETTLED = EPOCH - HABITS.unsettled


def test_the_first_look_finds_what_was_said_and_marks_how_far_the_past_is_whole(journal: Database) -> None:
    house = House(journal)
    for number in range(25):
        house.say(number)
    house.say(100, "bodhi.masher.start")
    house.look()
    assert sorted(house.stored()) == sorted(ids(*range(25), 100))
    assert {name: mark.until for name, mark in house.marks().items()} == dict.fromkeys(CATEGORIES, SETTLED)
    assert {mark.trouble for mark in house.marks().values()} == {""}


def test_the_first_look_goes_only_so_far_back_and_says_so(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    house.say(1, ago=HABITS.first_look + HABITS.overlap + timedelta(seconds=1))
    house.say(2, ago=HABITS.first_look)
    house.look()
    assert house.stored() == ids(2)
    told = [vars(each)["since"] for each in caplog.records if each.message.startswith("first look")]
    assert told == [(EPOCH - HABITS.first_look).isoformat()] * 3


def test_a_first_look_that_fails_for_days_still_begins_where_it_wanted_to(house: House) -> None:
    house.say(1, ago=HABITS.first_look)
    house.mischief.misbehave(Rule(Kind.REFUSED, times=None))
    for _ in range(10):
        house.look()
        house.clock.pass_by(hours=5)
    house.mischief.behave()
    house.look()
    assert house.stored() == ids(1)


def test_the_newest_messages_are_fetched_but_the_mark_waits_for_those_that_are_stored_late(house: House) -> None:
    house.say(1, ago=timedelta(seconds=5))
    house.history.delay = lambda _envelope: 90.0
    house.say(2, ago=timedelta(seconds=20))
    house.look()
    assert house.stored() == ids(1)
    assert house.until() == SETTLED
    house.clock.pass_by(minutes=5)
    house.look()
    assert house.stored() == ids(1, 2)


def test_only_topics_that_we_subscribe_to_come_in(house: House) -> None:
    for number, topic in enumerate(("buildsys.tag.more", "buildsys.repo.init", "bodhi.masher.star", "git.receive")):
        house.say(number, topic)
    house.history.hear({"topic": "io.pagure.prod.buildsys.tag", "msg": {}, "msg_id": "2016-x", "timestamp": 0})
    house.say(9, "buildsys.untag")
    house.look()
    assert house.stored() == ids(9)
    assert not house.mischief.count(url="category=git")


def test_pages_are_stored_one_by_one(house: House) -> None:
    for number in range(35):
        house.say(number)
    house.look()
    assert max(house.batches) == 10


def test_what_the_bus_brought_itself_is_stored_once(house: House) -> None:
    brought = house.say(1)
    assert house.intake.store(brought)
    house.say(2)
    house.look()
    assert not house.intake.store(house.say(2))
    assert house.stored() == ids(1, 2)


def test_live_messages_never_move_the_mark(house: House) -> None:
    house.look()
    before = house.marks()
    house.clock.pass_by(minutes=4)
    for number in range(50):
        house.intake.store(house.say(number, ago=timedelta(0)))
    house.look()
    assert house.marks() == before


def test_lost_messages_are_told_of_and_a_calm_look_says_nothing(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.look()
    caplog.clear()
    caplog.set_level("INFO")
    house.clock.pass_by(minutes=5)
    house.look()
    assert [each.message for each in caplog.records if each.name.startswith("relengotron")] == []
    house.say(1, ago=timedelta(minutes=2))
    house.clock.pass_by(minutes=5)
    house.look()
    (told,) = [vars(each) for each in caplog.records if each.message == "lost messages found"]
    assert (told["category"], told["messages"]) == ("buildsys", 1)


# -- when ----------------------------------------------------------------------------------------------------------


def test_it_looks_at_the_start_and_then_every_so_often(house: House) -> None:
    house.look()
    first = house.mischief.count()
    assert first == len(CATEGORIES) * 3  # three windows of an hour
    for _ in range(10):
        house.clock.pass_by(seconds=29)
        house.look()
    assert house.mischief.count() == first
    house.clock.pass_by(seconds=10)
    house.look()
    assert house.mischief.count() == first + len(CATEGORIES)
    house.start()
    house.look()
    assert house.mischief.count() == first + 2 * len(CATEGORIES)


def test_it_looks_when_asked_and_many_wishes_at_once_are_one(house: House) -> None:
    house.look()
    house.clock.pass_by(minutes=1)
    asked = house.mischief.count()
    for _ in range(100):
        house.recovery.ask()
    house.look()
    house.look()
    assert house.mischief.count() == asked + len(CATEGORIES)


def test_a_connection_that_comes_and_goes_does_not_make_it_ask_without_end(house: House) -> None:
    house.look()
    asked = house.mischief.count()
    for _ in range(100):
        house.recovery.ask()
        house.look()
        house.clock.pass_by(milliseconds=100)
    assert house.mischief.count() == asked + len(CATEGORIES)
    assert timedelta(seconds=10) // SHORTEST_PAUSE == 2


def test_a_wish_in_the_journal_is_enough_and_one_during_a_look_leads_to_another(house: House) -> None:
    """The hub may be another process."""
    house.look()
    house.clock.pass_by(minutes=1)
    asked = house.mischief.count()
    with house.database.write() as db:
        assert watermarks.ask(db) == len(CATEGORIES)
    house.recovery.work()
    with house.database.write() as db:
        watermarks.ask(db)
    house.look()
    house.clock.pass_by(minutes=1)
    house.look()
    assert house.mischief.count() == asked + len(CATEGORIES) + 1, "one category had been begun before the second wish"


# -- trouble -------------------------------------------------------------------------------------------------------


def test_one_category_in_trouble_does_not_hold_up_the_others(house: House) -> None:
    for number, topic in enumerate(TOPICS):
        house.say(number, topic)
    house.mischief.misbehave(Rule(Kind.STATUS, url="category=bodhi", status=500, times=None, text="no database"))
    house.look()
    assert house.stored() == ids(1, 2, 3)
    marks = house.marks()
    assert "no database" in marks["bodhi"].trouble
    assert marks["bodhi"].until == EPOCH - HABITS.first_look
    assert marks["buildsys"] == Watermark("buildsys", SETTLED, EPOCH, "")

    house.mischief.behave()
    house.clock.pass_by(seconds=6)
    house.look()
    assert house.stored() == ids(1, 2, 3, 0)
    assert (house.marks()["bodhi"].trouble, house.until("bodhi")) == ("", SETTLED + timedelta(seconds=6))


def test_a_datagrepper_that_is_away_is_asked_again_with_growing_pauses(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.mischief.misbehave(Rule(Kind.REFUSED, times=None))
    caplog.set_level("INFO")
    for _ in range(360):
        house.look()
        house.clock.pass_by(seconds=5)
    assert 11 <= house.mischief.count(url="category=buildsys") <= 15
    warnings = [vars(each)["category"] for each in caplog.records if each.levelname == "WARNING"]
    assert sorted(warnings) == sorted(CATEGORIES)
    asked = house.mischief.count()
    house.recovery.ask()
    house.look()
    assert house.mischief.count() <= asked + 1, "a gap is no reason to ask a service that is away more often"
    with house.database.write() as db:
        watermarks.ask(db)
    house.look()
    assert house.mischief.count() == asked + len(CATEGORIES), "a person is"


def test_a_defect_is_told_and_the_other_categories_are_looked_at(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house.say(1, "bodhi.masher.start")
    house.say(2)
    pages = house.client.pages

    def stumble(category: str, *window: datetime) -> Iterator[Any]:
        if category == "bodhi":
            raise ZeroDivisionError
        return pages(category, *window)

    monkeypatch.setattr(house.client, "pages", stumble)
    house.look()
    assert house.stored() == ids(2)
    assert house.marks()["bodhi"].trouble == "a defect: ZeroDivisionError: "
    assert any(each.exc_info for each in caplog.records)


def test_a_journal_that_is_busy_moves_no_mark(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.say(1)
    writes = house.database.write

    def busy() -> Any:
        raise SystemBusy("the disk is full")

    with monkeypatch.context() as full:
        full.setattr(house.database, "write", busy)
        house.look()
    assert (house.stored(), house.marks()) == ([], {})
    assert house.database.write == writes
    house.clock.pass_by(minutes=1)
    house.look()
    assert house.stored() == ids(1)


PAGES = 4 + 1 + 1  # of buildsys: 35 messages in the last of three windows


@pytest.mark.parametrize("page", range(PAGES))
@pytest.mark.parametrize("kind", [Kind.REFUSED, Kind.LOST_ANSWER, Kind.HALF, Kind.GARBAGE, Kind.STATUS])
def test_a_failure_at_any_page_moves_the_mark_no_further_than_all_is_stored(
    stormy: StormyDatabase, page: int, kind: Kind
) -> None:
    stormy.forget_everything()
    house = House(stormy)
    for number in range(35):
        house.say(number)
    house.mischief.misbehave(Rule(kind, url="category=buildsys", skip=page))
    house.look()
    assert house.marks()["buildsys"].trouble
    assert house.until() == EPOCH - HABITS.first_look + timedelta(hours=min(page, 2))
    house.clock.pass_by(seconds=6)
    house.look()
    assert sorted(house.stored()) == sorted(ids(*range(35)))
    assert house.marks()["buildsys"].trouble == ""


def test_a_power_cut_at_any_moment_loses_nothing_and_doubles_nothing(stormy: StormyDatabase) -> None:
    def filled(cut_at: int | None) -> House:
        stormy.storm = Storm()
        stormy.forget_everything()
        house = House(stormy)
        for number in range(25):
            house.say(number, ago=timedelta(minutes=3 * number))
        house.intake.store(house.say(7, ago=timedelta(minutes=21)))
        stormy.storm = Storm(cut_at)
        return house

    calm = filled(None)
    calm.look()
    stored, marks, moments = calm.stored(), calm.marks(), len(stormy.storm.moments)
    assert (len(stored), moments) == (25, 32)
    for moment in range(1, moments + 1):
        house = filled(moment)
        with pytest.raises(PowerCut):
            house.look()
        house.start()
        house.look()
        assert sorted(house.stored()) == sorted(stored)
        assert house.marks() == marks


@settings(max_examples=25, deadline=None)
@given(
    said=st.lists(st.tuples(st.integers(-3 * 3600, 3 * 3600), st.floats(0, 0.99)), max_size=30),
    looks=st.lists(st.tuples(st.integers(0, 7200), st.integers(0, 8), st.booleans()), max_size=8),
)
def test_whatever_is_late_whatever_fails_and_whenever_it_restarts_every_message_comes_in_once(
    said: list[tuple[int, float]], looks: list[tuple[int, int, bool]], stormy: StormyDatabase
) -> None:
    """Each look breaks after some pages; each message is stored as late as overlap and delay allow."""
    stormy.forget_everything()
    house = House(stormy, rows_per_page=5, topics=["buildsys.tag"])
    latest = HABITS.overlap + HABITS.unsettled
    coming = sorted((EPOCH + timedelta(seconds=at), late * latest, number) for number, (at, late) in enumerate(said))

    def time_passes(seconds: float) -> None:
        house.clock.pass_by(seconds=seconds)
        while coming and coming[0][0] <= house.clock():
            at, late, number = coming.pop(0)
            left = (late - (house.clock() - at)).total_seconds()
            house.history.delay = lambda _envelope, left=left: max(left, 0.0)  # type: ignore[misc]
            house.say(number, ago=house.clock() - at)

    time_passes(0)
    for seconds, pages, restarts in [(0, 0, False), *looks]:
        house.mischief.behave()
        house.mischief.misbehave(Rule(Kind.REFUSED, skip=pages, times=None))
        house.look()
        time_passes(seconds)
        if restarts:
            house.start()
    house.mischief.behave()
    time_passes(4 * 3600)
    house.start()
    house.look()
    assert sorted(house.stored()) == sorted(ids(*range(len(said))))


# -- whose word it is ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bus() -> tuple[Signer, Guard]:
    """A bus with an authority, one sender, and a guard that believes it about builds."""
    made = ThrowAwayAuthority.make("the authority of this test")
    pems = made.issue("koji")
    pair = KeyPair.read(pems.key, pems.certificate)
    authority = Authority(made.certificate, None)
    senders = Senders(BEGINNING, {"buildsys.*": ["koji"]})
    return Signer(lambda: pair), CertificateGuard(Verifier(lambda: authority), senders)


def signed(house: House, signer: Signer, number: int, topic: str = "buildsys.tag", **more: Any) -> dict[str, Any]:
    envelope = {
        "topic": BEGINNING + topic,
        "msg": {"number": number, "name": "b\N{LATIN SMALL LETTER A WITH DIAERESIS}sh", "float": 1.0},
        "msg_id": f"2016-{number}",
        "timestamp": int((house.clock() - timedelta(minutes=30)).timestamp()),
        "i": number,
        "username": "apache",
        **more,
    }
    signer.sign(envelope)
    return envelope


def states(house: House) -> dict[str, tuple[str, str]]:
    with house.database.read() as db:
        rows = db.execute(select(tables.inbox))
        return {row.msg_id.partition("-")[0] + "-" + str(row.sender): (row.state, row.reason) for row in rows}


def test_a_signature_is_valid_again_after_its_message_was_in_the_history(
    database: Database, bus: tuple[Signer, Guard]
) -> None:
    signer, guard = bus
    house = House(database, guard=guard)
    house.history.hear(signed(house, signer, 1))
    house.history.hear(signed(house, signer, 2, gilmsg_version="0.1.2"))
    house.history.hear(signed(house, signer, 3), headers={"destination": "/topic/buildsys"})
    with_headers = signed(house, signer, 4, headers={"signed": "too"})
    house.history.hear(with_headers, headers=with_headers["headers"])
    house.look()
    assert sorted(house.stored()) == ids(1, 2, 3, 4)
    assert states(house) == {"2016-koji": ("new", "")}


def test_a_restored_message_is_written_as_the_live_one_was(database: Database, bus: tuple[Signer, Guard]) -> None:
    signer, _ = bus
    house = House(database)
    live = signed(house, signer, 1)
    house.history.hear(live)
    texts: list[str] = []

    def read(arrivals: Sequence[Arrival]) -> int:
        texts.extend(each.text for each in arrivals)
        return len(arrivals)

    house.recovery = Recovery(database, house.client, read, house.clock, [live["topic"]], every=EVERY, habits=HABITS)
    house.look()
    assert texts == [json.dumps(live, sort_keys=True, separators=(",", ":"))]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda message: message | {"msg": {"number": 666}},
        lambda message: message | {"topic": BEGINNING + "bodhi.masher.start"},
        lambda message: {key: value for key, value in message.items() if key != "signature"},
    ],
)
def test_the_history_is_believed_no_more_than_the_bus(
    database: Database, bus: tuple[Signer, Guard], spoil: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    signer, guard = bus
    house = House(database, guard=guard)
    house.history.hear(spoil(signed(house, signer, 1)))
    house.look()
    assert all(state == "parked" for state, _ in states(house).values())
    assert "2016-1" not in house.stored()
    assert house.until() == SETTLED, "a forged message is no reason to stand still"


def test_a_guard_that_refuses_everything_does_not_stop_the_mark(database: Database) -> None:
    class Nobody:
        def sender_of(self, message: Mapping[str, Any]) -> str | None:
            raise Untrusted("forged", "nobody is believed")

    house = House(database, guard=Nobody())
    house.say(1)
    house.look()
    assert "2016-1" not in house.stored()
    assert house.until() == SETTLED


def test_the_marks_are_a_matter_of_this_module_and_the_wish_alone() -> None:
    """Nothing that stores live messages may know of them."""
    root = Path(recovery_module.__file__).parents[1]
    knowing = {path.name for path in root.rglob("*.py") if "watermarks" in path.read_text() and "journal" in str(path)}
    movers = {path.stem for path in root.rglob("*.py") if "watermarks.move" in path.read_text()}
    assert knowing == {"watermarks.py", "tables.py", "0002_nothing_is_dropped.py"}
    assert movers == {"recovery"}


def test_a_category_that_is_due_again_before_its_look_has_ended_does_not_keep_the_others_waiting(house: House) -> None:
    for number in range(30):
        house.say(number)
    house.say(30, "resultsdb.result.new")

    for _ in range(20):  # each page takes longer than the pause between two looks
        house.recovery.work()
        house.clock.pass_by(minutes=6)

    assert set(house.stored()) == set(ids(*range(31)))
