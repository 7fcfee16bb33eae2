"""Does our client see all of the past, although pages move, rows come late and servers lie?"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from relengotron.errors import MalformedInput, StateDisagrees, SystemUnreachable
from relengotron.systems.datagrepper.client import WALKS, DatagrepperClient
from relengotron.systems.datagrepper.port import Datagrepper
from relengotron.systems.datagrepper.restoring import forms_of
from relengotron.systems.datagrepper.simulated import SimulatedDatagrepper, create_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.mischief import Kind, Mischief, Rule
from relengotron.systems.rest import RestService

BASE = "http://datagrepper.sim"
NOON = datetime(2016, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PREFIX = "org.fedoraproject.prod"


class World:
    """A history of one message a second, and our client."""

    def __init__(self, *, rows_per_page: int = 100) -> None:
        self.now = NOON
        self.history = SimulatedDatagrepper(lambda: self.now.timestamp())
        self.mischief = Mischief(create_app(self.history))
        session = requests.Session()
        session.mount(BASE, WsgiAdapter(self.mischief))
        service = RestService(BASE, session, timeout=(1, 1))
        self.client = DatagrepperClient(service, rows_per_page=rows_per_page)

    def say(self, number: int, topic: str = "buildsys.tag", at: datetime | None = None, **more: Any) -> dict[str, Any]:
        moment = at or NOON - HOUR + timedelta(seconds=number)
        envelope = {
            "topic": f"{PREFIX}.{topic}",
            "msg": {"number": number},
            "msg_id": f"2016-{number}",
            "timestamp": int(moment.timestamp()),
            "i": number,
            "username": "apache",
            **more,
        }
        self.history.hear(envelope)
        return envelope

    def read(self, category: str = "buildsys", start: datetime = NOON - HOUR, end: datetime = NOON) -> list[str]:
        return [str(past.forms[0]["msg_id"]) for page in self.client.pages(category, start, end) for past in page]


@pytest.fixture
def world() -> World:
    return World()


def ids(numbers: range) -> list[str]:
    return [f"2016-{number}" for number in numbers]


def between_pages(world: World, happens: Callable[[int], object]) -> None:
    """Let something happen before each answer."""
    app, asked = world.mischief.app, [0]

    def answer(environ: Any, start_response: Any) -> Any:
        asked[0] += 1
        happens(asked[0])
        return app(environ, start_response)

    world.mischief.app = answer


def test_the_client_is_a_datagrepper(world: World) -> None:
    port: Datagrepper = world.client
    assert port.identity() == BASE


def test_a_window_of_one_category_is_read_oldest_first_page_by_page(world: World) -> None:
    for number in range(250):
        world.say(number)
    world.say(1000, "bodhi.masher.start")
    world.say(1001, at=NOON - HOUR - timedelta(seconds=1))
    world.say(1002, at=NOON + timedelta(seconds=1))

    assert world.read() == ids(range(250))
    asked = [call.url for call in world.mischief.calls]
    assert [url.rpartition("page=")[2] for url in asked] == ["1", "2", "3"]
    assert all("order=asc" in url and "rows_per_page=100" in url and "category=buildsys" in url for url in asked)
    assert len({url.rpartition("page=")[0] for url in asked}) == 1, "start and end must stay what they are"


def test_a_window_in_which_nothing_was_said_takes_one_question(world: World) -> None:
    assert world.read() == []
    assert world.mischief.count() == 1


def test_the_ends_of_a_window_belong_to_it(world: World) -> None:
    world.say(1, at=NOON - HOUR)
    world.say(2, at=NOON)
    assert world.read() == ids(range(1, 3))


def test_the_newest_message_of_a_category(world: World) -> None:
    assert world.client.newest("buildsys") is None
    world.say(1)
    world.say(2)
    assert world.client.newest("buildsys") == NOON - HOUR + timedelta(seconds=2)


def test_rows_that_are_stored_between_two_pages_are_found(world: World) -> None:
    world = World(rows_per_page=10)
    for number in range(100, 130):
        world.say(number)
    between_pages(world, lambda asked: world.say(asked) if 2 <= asked <= 4 else None)

    assert set(world.read()) == {*ids(range(100, 130)), *ids(range(2, 5))}


def test_messages_of_one_second_are_all_found_although_their_order_changes_with_each_page() -> None:
    world = World(rows_per_page=10)
    world.history.ties_move = True
    for number in range(20):
        world.say(number, at=NOON - HOUR / 2)

    found: set[str] = set()
    for _ in range(20):
        try:
            found = set(world.read())
        except StateDisagrees:
            continue
        assert found == set(ids(range(20)))
    assert found, "not once in twenty times"


def test_a_history_that_never_shows_all_it_claims_is_not_believed(world: World) -> None:
    world.say(1)
    answer = {"raw_messages": [row_of(world)], "total": 2, "pages": 1, "count": 1}
    world.mischief.misbehave(garbage(answer, times=None))
    with pytest.raises(StateDisagrees, match="showed 1 of 2 messages of buildsys"):
        world.read()
    assert world.mischief.count() == WALKS


def row_of(world: World) -> dict[str, Any]:
    with requests.Session() as session:
        session.mount(BASE, WsgiAdapter(create_app(world.history)))
        row: dict[str, Any] = session.get(f"{BASE}/raw", timeout=1).json()["raw_messages"][0]
    return row


def garbage(answer: object, times: int | None = 1) -> Rule:
    return Rule(Kind.GARBAGE, text=json.dumps(answer), content_type="application/json", times=times)


@pytest.mark.parametrize(
    "change",
    [
        {"raw_messages": None},
        {"raw_messages": {}},
        {"raw_messages": ["a message"]},
        {"total": "1"},
        {"total": True},
        {"total": 0},
        {"count": 2},
        {"row": {"timestamp": "yesterday"}},
        {"row": {"timestamp": True}},
        {"row": {"timestamp": 1e300}},
        {"row": {"topic": None}},
        {"row": {"timestamp": (NOON - 2 * HOUR).timestamp()}},
        {"row": {"timestamp": (NOON + HOUR).timestamp()}},
    ],
)
def test_an_answer_that_is_not_what_it_claims_is_refused(world: World, change: dict[str, Any]) -> None:
    world.say(1)
    answer = {"raw_messages": [row_of(world) | change.pop("row", {})], "total": 1, "pages": 1, "count": 1}
    world.mischief.misbehave(garbage(answer | change))
    with pytest.raises(MalformedInput):
        world.read()


@pytest.mark.parametrize("answer", [[], 7, None, "raw_messages", {}])
def test_an_answer_that_is_no_page_is_refused(world: World, answer: object) -> None:
    world.mischief.misbehave(garbage(answer))
    with pytest.raises(MalformedInput, match="answered no page"):
        world.read()


def test_a_page_with_more_rows_than_asked_for_is_refused() -> None:
    world = World(rows_per_page=1)
    world.say(1)
    world.mischief.misbehave(garbage({"raw_messages": [row_of(world)] * 2, "total": 2, "pages": 2, "count": 2}))
    with pytest.raises(MalformedInput):
        world.read()


@pytest.mark.parametrize(
    "rule",
    [
        Rule(Kind.REFUSED),
        Rule(Kind.HANG, seconds=5),
        Rule(Kind.LOST_ANSWER),
        Rule(Kind.HALF),
        Rule(Kind.GARBAGE),
        Rule(Kind.STATUS, status=502),
        Rule(Kind.STATUS, status=404),
    ],
)
def test_a_datagrepper_in_trouble_is_a_reason_to_ask_again(world: World, rule: Rule) -> None:
    world.say(1)
    world.mischief.misbehave(rule)
    with pytest.raises(SystemUnreachable):
        world.read()
    assert world.read() == ["2016-1"]


def test_a_broken_database_behind_datagrepper_is_told_in_its_own_words(world: World) -> None:
    world.history.broken = "canceling statement due to statement timeout"
    with pytest.raises(SystemUnreachable, match="statement timeout"):
        world.read()


def test_a_message_comes_back_as_the_bus_brought_it(world: World) -> None:
    said = world.say(1, crypto="x509", signature="c2ln\n", certificate="Y2VydA==\n")
    (page,) = world.client.pages("buildsys", NOON - HOUR, NOON)
    assert page[0].forms[0] == said
    assert json.dumps(page[0].forms[0], sort_keys=True) == json.dumps(said, sort_keys=True)
    assert type(page[0].forms[0]["timestamp"]) is int


def test_a_message_that_waits_for_an_answer_may_be_restored_with_its_mark(world: World) -> None:
    """The history has no column for it."""
    said = world.say(1, crypto="x509", signature="c2ln\n", certificate="Y2VydA==\n", gilmsg_version="0.1.2")
    (page,) = world.client.pages("buildsys", NOON - HOUR, NOON)
    assert said in page[0].forms
    assert said != page[0].forms[0]


def test_what_the_history_adds_is_taken_away_and_what_the_message_had_is_kept() -> None:
    row = {"topic": "t", "msg": {"headers": None, "timestamp": 1.0}, "i": 0, "timestamp": 1477994400.25}
    added = {"source_name": "datanommer", "source_version": "0.8.1", "username": None, "signature": None}
    assert forms_of(row | added | {"headers": {}}) == (row,)
    assert forms_of(row | added | {"headers": None}) == (row,)
    assert forms_of(row | added) == (row,)
    assert forms_of(row | added | {"headers": {"ack": "7"}}) == (row, row | {"headers": {"ack": "7"}})
    assert forms_of(row | {"msg": None, "username": "apache"}) == (row | {"msg": None, "username": "apache"},)


def ask(world: World, path: str, **query: Any) -> requests.Response:
    with requests.Session() as session:
        session.mount(BASE, WsgiAdapter(create_app(world.history)))
        return session.get(f"{BASE}{path}", params=query, timeout=1)


def test_the_stand_in_speaks_as_datagrepper_does(world: World) -> None:
    for number in range(3):
        world.say(number)
    answer = ask(world, "/raw", rows_per_page=2).json()
    assert {key: answer[key] for key in ("total", "pages", "count")} == {"total": 3, "pages": 2, "count": 2}
    assert [row["msg_id"] for row in answer["raw_messages"]] == ["2016-2", "2016-1"]
    assert answer["arguments"]["rows_per_page"] == 2
    row = answer["raw_messages"][0]
    assert (type(row["timestamp"]), row["headers"], row["signature"]) == (float, {}, None)
    assert (row["source_name"], row["source_version"]) == ("datanommer", "0.8.1")


@pytest.mark.parametrize(
    "query",
    [{"rows_per_page": 101}, {"rows_per_page": 0}, {"page": 0}, {"order": "sideways"}, {"start": "yesterday"}],
)
def test_the_stand_in_refuses_what_datagrepper_refuses(world: World, query: dict[str, Any]) -> None:
    assert ask(world, "/raw", **query).status_code == 400


def test_an_end_alone_means_the_ten_minutes_before_it(world: World) -> None:
    world.say(1, at=NOON - timedelta(minutes=11))
    world.say(2, at=NOON - timedelta(minutes=9))
    answer = ask(world, "/raw", end=NOON.timestamp()).json()
    assert [row["msg_id"] for row in answer["raw_messages"]] == ["2016-2"]


def test_one_message_by_its_id(world: World) -> None:
    world.say(1)
    assert ask(world, "/id", id="2016-1").json()["msg"] == {"number": 1}
    assert [ask(world, "/id", id="2016-2").status_code, ask(world, "/id").status_code] == [404, 400]


def test_datanommer_misses_messages_and_stores_others_late(world: World) -> None:
    world.history.misses = lambda envelope: envelope["i"] == 2
    world.history.delay = lambda envelope: 60.0 * (envelope["i"] == 3)
    for number in (1, 2, 3, 1):
        world.say(number)
    assert world.read() == ["2016-1"]
    world.now += timedelta(seconds=60)
    assert world.read() == ["2016-1", "2016-3"]
