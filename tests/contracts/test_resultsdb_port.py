"""Does our client keep the promises of the ResultsDb port, also when the server lies?"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from relengotron.errors import AnswerLost, MalformedInput, PowerCut, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.mischief import Kind, Mischief, PowerSupply, Rule
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.resultsdb.port import NewResult, ResultsDb
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb, create_app

BASE = "http://resultsdb.sim"
NOW = datetime(2016, 8, 23, 12, tzinfo=UTC)
RUN = "27f94e36-62ec-11e6-83fd-525400d7d6a4"


class World:
    def __init__(self, *, page_limit: int = 500, power: PowerSupply | None = None, **options: Any) -> None:
        self.now = NOW
        self.db = SimulatedResultsDb(lambda: self.now.timestamp(), **options)
        self.mischief = Mischief(create_app(self.db), power=power)
        session = requests.Session()
        session.mount(BASE, WsgiAdapter(self.mischief))
        self.client = ResultsDbClient(RestService(f"{BASE}/api/v2.0", session), page_limit=page_limit)

    def seed(self, item: str | list[str], testcase: str = "dist.depcheck", **body: Any) -> None:
        self.now += timedelta(seconds=1)
        data = {"item": item, "type": "koji_build"}
        self.db.create_result({"testcase": testcase, "outcome": "PASSED", "data": data, **body})


@pytest.fixture
def world() -> World:
    return World()


def a_result(outcome: str = "PASSED", **fields: Any) -> NewResult:
    data = {"item": ("FEDORA-2016-3fc0d9b2a1",), "type": ("bodhi_update",)} | fields.pop("data", {})
    return NewResult("relengotron.push", outcome, RUN, data=data, **fields)


def test_the_client_is_a_results_db(world: World) -> None:
    port: ResultsDb = world.client

    assert port.identity() == f"{BASE}/api/v2.0"


def test_a_stored_result_comes_back_in_our_words(world: World) -> None:
    stored = world.client.store(a_result(group_description="push of f24", note="all well", ref_url="http://log"))

    assert (stored.testcase, stored.outcome, stored.item) == ("relengotron.push", "PASSED", "FEDORA-2016-3fc0d9b2a1")
    assert (stored.type, stored.note, stored.ref_url) == ("bodhi_update", "all well", "http://log")
    assert (stored.groups, stored.submitted) == ((RUN,), NOW)
    assert world.db.groups[RUN].description == "push of f24"


def test_storing_twice_stores_once(world: World) -> None:
    assert world.client.store(a_result()) == world.client.store(a_result())
    assert world.mischief.count("POST") == 1


def test_another_outcome_item_or_arch_is_another_result(world: World) -> None:
    for result in (
        a_result("INFO"),
        a_result("PASSED"),
        a_result("INFO"),
        a_result("INFO", data={"item": ("other",)}),
        a_result("INFO", data={"arch": ("x86_64",)}),
    ):
        world.client.store(result)

    assert world.mischief.count("POST") == 5


def test_a_lost_answer_is_looked_for_before_it_is_asked_again(world: World) -> None:
    world.mischief.misbehave(Rule(Kind.LOST_ANSWER, method="POST"))

    with pytest.raises(AnswerLost):
        world.client.store(a_result())
    stored = world.client.store(a_result())

    assert (stored.id, len(world.db.results.by_id)) == (1, 1)


@pytest.mark.parametrize("cut", [{"cut_before": 1}, {"cut_after": 1}])
def test_a_power_cut_around_the_effect_leaves_one_result(cut: dict[str, int]) -> None:
    world = World(power=PowerSupply(**cut))

    with pytest.raises(PowerCut):
        world.client.store(a_result())
    world.client.store(a_result())

    assert len(world.db.results.by_id) == 1


@pytest.mark.parametrize(
    "result",
    [
        NewResult("t", "PASSED", RUN),
        a_result(data={"item": ("a,b",)}),
        a_result(data={"a:b": ("x",)}),
        NewResult("t", "PASSED", "", data={"item": ("x",)}),
        NewResult("t", "PASSED", "x" * 37, data={"item": ("x",)}),
        NewResult("t ", "PASSED", RUN, data={"item": ("x",)}),
    ],
)
def test_what_could_not_be_found_again_is_not_sent(world: World, result: NewResult) -> None:
    with pytest.raises(MalformedInput):
        world.client.store(result)
    assert world.mischief.calls == []


def test_an_outcome_the_server_does_not_know_is_refused(world: World) -> None:
    with pytest.raises(RequestRefused, match="must be one of"):
        world.client.store(a_result("QUEUED"))


def test_outcomes_are_read_from_the_start_page() -> None:
    assert World(extra_outcomes=["QUEUED"]).client.outcomes() == {
        "PASSED",
        "INFO",
        "FAILED",
        "NEEDS_INSPECTION",
        "QUEUED",
    }


def test_results_of_items_are_newest_first_and_only_of_the_test_cases(world: World) -> None:
    world.seed("bash")
    world.seed("bash", "dist.rpmlint")
    world.seed("zsh")
    world.seed("kernel")

    assert [r.id for r in world.client.results_for(["bash", "zsh"], [])] == [3, 2, 1]
    assert [r.id for r in world.client.results_for(["bash", "zsh"], ["dist.depcheck"])] == [3, 1]
    assert world.client.results_for([], ["dist.depcheck"]) == ()


def test_all_pages_are_read(world: World) -> None:
    world = World(page_limit=7)
    for _ in range(23):
        world.seed("bash")

    assert len(world.client.results_for(["bash"], [])) == 23
    assert world.mischief.count("GET") == 4


def test_new_rows_while_walking_neither_double_nor_hide_a_result() -> None:
    world = World(page_limit=5)
    for _ in range(12):
        world.seed("bash")
    answer = world.mischief.app

    def one_more_each_time(environ: Any, start_response: Any) -> Any:
        world.seed("bash")
        return answer(environ, start_response)

    world.mischief.app = one_more_each_time
    found = [r.id for r in world.client.results_for(["bash"], [])]

    assert len(found) == len(set(found))
    assert set(range(1, 13)) <= set(found)


def test_results_that_match_twice_do_not_hide_the_next_page() -> None:
    world = World(page_limit=2)
    world.seed("bash")
    world.seed("bash")
    world.seed(["bash", "zsh"])

    assert [r.id for r in world.client.results_for(["bash", "zsh"], [])] == [3, 2, 1]


def test_many_items_go_in_few_urls_that_servers_accept(world: World) -> None:
    items = [f"some-rather-long-package-name-{n}-1.0-1.fc24" for n in range(1000)]
    for item in items[::10]:
        world.seed(item)

    found = world.client.results_for(items, [f"dist.case{n}" for n in range(10)] + ["dist.depcheck"])

    urls = [call.url for call in world.mischief.calls]
    assert len(found) == 100
    assert max(map(len, urls)) < 8000
    assert len(urls) <= 8


def test_many_test_cases_are_chunked_too(world: World) -> None:
    world.seed("bash", "case-with-a-long-name-499")

    found = world.client.results_for(["bash"], [f"case-with-a-long-name-{n}" for n in range(500)])

    assert [r.id for r in found] == [1]
    assert max(len(call.url) for call in world.mischief.calls) < 8000


@pytest.mark.parametrize("item", ["a,b", "", " a", "x" * 9000])
def test_an_item_that_cannot_be_searched_is_malformed(world: World, item: str) -> None:
    with pytest.raises(MalformedInput):
        world.client.results_for([item], [])
    assert world.mischief.calls == []


def test_results_since_a_moment_are_narrowed_by_group_or_item(world: World) -> None:
    for hour in range(1, 5):
        world.seed("bash" if hour % 2 else "zsh", groups=["g1" if hour < 4 else "g2"])
    since = NOW + timedelta(seconds=2)

    assert [r.id for r in world.client.results_since(since)] == [4, 3, 2]
    assert [r.id for r in world.client.results_since(since, groups=["g1"])] == [3, 2]
    assert [r.id for r in world.client.results_since(since, items=["bash"])] == [3]
    assert [r.id for r in world.client.results_since(since, groups=["g1"], items=["zsh"])] == [2]


def test_a_moment_in_another_zone_is_sent_as_utc(world: World) -> None:
    world.seed("bash")
    since = datetime.fromisoformat("2016-08-23T14:00:01+02:00")

    assert len(world.client.results_since(since)) == 1
    with pytest.raises(MalformedInput):
        world.client.results_since(since.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (Rule(Kind.REFUSED), SystemUnreachable),
        (Rule(Kind.LOST_ANSWER), SystemUnreachable),
        (Rule(Kind.HANG, seconds=3600), SystemUnreachable),
        (Rule(Kind.HALF), SystemUnreachable),
        (Rule(Kind.GARBAGE), SystemUnreachable),
        (Rule(Kind.STATUS, status=500), SystemUnreachable),
        (Rule(Kind.STATUS, status=502), SystemUnreachable),
        (Rule(Kind.STATUS, status=503), SystemUnreachable),
        (Rule(Kind.STATUS, status=504), SystemUnreachable),
        (Rule(Kind.STATUS, status=429), SystemBusy),
        (Rule(Kind.STATUS, status=400), RequestRefused),
        (Rule(Kind.STATUS, status=403), SystemUnreachable),
        (Rule(Kind.STATUS, status=404), SystemUnreachable),
    ],
)
def test_a_bad_answer_to_a_question_has_one_of_our_names(world: World, rule: Rule, error: type[Exception]) -> None:
    world.seed("bash")
    world.mischief.misbehave(rule)

    with pytest.raises(error):
        world.client.results_for(["bash"], [])
    assert len(world.client.results_for(["bash"], [])) == 1


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (Rule(Kind.REFUSED, method="POST"), SystemUnreachable),
        (Rule(Kind.STATUS, method="POST", status=503), SystemUnreachable),
        (Rule(Kind.STATUS, method="POST", status=500), AnswerLost),
        (Rule(Kind.STATUS, method="POST", status=504), AnswerLost),
        (Rule(Kind.DELAY, method="POST", seconds=3600), AnswerLost),
        (Rule(Kind.HALF, method="POST"), AnswerLost),
        (Rule(Kind.STATUS, method="POST", status=409), RequestRefused),
    ],
)
def test_a_bad_answer_to_an_effect_says_whether_its_fate_is_known(
    world: World, rule: Rule, error: type[Exception]
) -> None:
    world.mischief.misbehave(rule)

    with pytest.raises(error):
        world.client.store(a_result())
    world.client.store(a_result())
    assert len(world.db.results.by_id) == 1


GOOD: dict[str, Any] = {
    "id": 1,
    "testcase": {"name": "t"},
    "outcome": "PASSED",
    "submit_time": "2016-08-19T01:00:00",
    "ref_url": None,
    "note": None,
    "groups": [],
    "data": {"item": ["bash"]},
}


def lying(body: str) -> Rule:
    return Rule(Kind.GARBAGE, text=body, content_type="application/json", times=None)


@pytest.fixture
def told(world: World) -> Iterator[Callable[[Any], World]]:
    def tell(answer: Any) -> World:
        world.mischief.misbehave(lying(json.dumps(answer)))
        return world

    yield tell
    world.mischief.behave()


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "1"},
        {"id": True},
        {"testcase": "t"},
        {"testcase": None},
        {"outcome": None},
        {"submit_time": "yesterday"},
        {"submit_time": None},
        {"data": []},
        {"data": {"item": "bash"}},
        {"data": {"item": [5]}},
        {"groups": "g"},
    ],
)
def test_a_result_of_the_wrong_shape_is_malformed(told: Callable[[Any], World], wrong: dict[str, Any]) -> None:
    world = told({"data": [GOOD | wrong], "next": None, "prev": None})

    with pytest.raises(MalformedInput):
        world.client.results_for(["bash"], [])


@pytest.mark.parametrize("answer", [[], {}, {"data": {}}, {"data": []}, None, "x"])
def test_a_page_of_the_wrong_shape_is_malformed(told: Callable[[Any], World], answer: Any) -> None:
    with pytest.raises(MalformedInput):
        told(answer).client.results_for(["bash"], [])


def test_results_nobody_asked_for_are_malformed(told: Callable[[Any], World]) -> None:
    world = told({"data": [GOOD], "next": None, "prev": None})

    with pytest.raises(MalformedInput, match="item nobody asked for"):
        world.client.results_for(["zsh"], [])
    with pytest.raises(MalformedInput, match="test case nobody asked for"):
        world.client.results_for(["bash"], ["other"])


def test_pages_without_end_are_malformed(told: Callable[[Any], World]) -> None:
    world = told({"data": [GOOD], "next": "http://elsewhere/", "prev": None})

    with pytest.raises(MalformedInput, match="last page"):
        world.client.results_for(["bash"], [])
    assert len(world.mischief.calls) < 10


def test_a_start_page_without_outcomes_is_malformed(told: Callable[[Any], World]) -> None:
    with pytest.raises(MalformedInput):
        told({"outcomes": "PASSED"}).client.outcomes()
