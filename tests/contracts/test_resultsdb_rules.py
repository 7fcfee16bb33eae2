"""Rules of the simulated ResultsDB that no recording shows."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb, create_app
from tests.conftest import Tell

BASE = "http://resultsdb.sim"
API = f"{BASE}/api/v2.0"
NOW = 1471910400.25


class Server:
    def __init__(self, **options: Any) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.db = SimulatedResultsDb(lambda: NOW, announce=lambda *said: self.heard.append(said), **options)
        self.session = requests.Session()
        self.session.mount(BASE, WsgiAdapter(create_app(self.db)))

    def get(self, path: str, **params: Any) -> Any:
        return self.session.get(f"{API}{path}", params=params, timeout=5).json()

    def status(self, path: str, **params: Any) -> int:
        return self.session.get(f"{API}{path}", params=params, timeout=5).status_code

    def ids(self, path: str = "/results", **params: Any) -> list[int]:
        return [row["id"] for row in self.get(path, **params)["data"]]

    def store(self, testcase: str = "t", outcome: str = "PASSED", **body: Any) -> dict[str, Any]:
        body.setdefault("data", {"item": "bash-1-1", "type": "koji_build"})
        return self.db.create_result({"testcase": testcase, "outcome": outcome, **body})

    def topics(self) -> list[str]:
        return [topic for topic, _ in self.heard]


@pytest.fixture
def server() -> Server:
    return Server()


def at(hour: int) -> str:
    return f"2016-08-19T{hour:02}:00:00.000000"


def test_the_server_stamps_utc_with_microseconds(server: Server) -> None:
    assert server.store()["submit_time"] == "2016-08-23T00:00:00.250000"


def test_an_old_server_ignores_the_time_it_is_sent_even_a_wrong_one() -> None:
    server = Server(ignore_submit_time=True)

    assert server.store(submit_time=at(1))["submit_time"].startswith("2016-08-23")
    assert server.store(submit_time="yesterday")["id"] == 2


def test_an_operator_may_add_outcomes() -> None:
    server = Server(extra_outcomes=["QUEUED", "RUNNING", "ERROR"])

    assert server.store(outcome="running")["outcome"] == "RUNNING"
    assert server.get("/")["outcomes"][-3:] == ["QUEUED", "RUNNING", "ERROR"]
    assert server.ids(outcome="running") == [1]


@pytest.mark.parametrize(
    ("body", "loc", "kind"),
    [
        ({"testcase": "t", "outcome": 5}, ["outcome"], "string_type"),
        ({"testcase": "t", "outcome": "  "}, ["outcome"], "string_too_short"),
        ({"testcase": 5, "outcome": "PASSED"}, ["testcase"], "dict_type"),
        ({"testcase": {"ref_url": "x"}, "outcome": "PASSED"}, ["testcase"], "value_error"),
        ({"testcase": "t", "outcome": "PASSED", "groups": "g"}, ["groups"], "list_type"),
        ({"testcase": "t", "outcome": "PASSED", "data": ["x"]}, ["data"], "dict_type"),
        ({"testcase": "t", "outcome": "PASSED", "note": 5}, ["note"], "string_type"),
    ],
)
def test_wrong_fields_are_refused_in_pydantics_words(server: Server, body: Any, loc: list[str], kind: str) -> None:
    answer = server.session.post(f"{API}/results", json=body, timeout=5)

    assert answer.status_code == 400
    assert [(e["loc"], e["type"]) for e in answer.json()["validation_error"]] == [(loc, kind)]


def test_every_wrong_field_is_named_at_once(server: Server) -> None:
    answer = server.session.post(f"{API}/results", json={}, timeout=5).json()

    assert [error["loc"] for error in answer["validation_error"]] == [["outcome"], ["testcase"]]


@pytest.mark.parametrize("body", ["null", '"text"', "5", "[]"])
def test_a_body_that_is_no_object_breaks_the_server(server: Server, body: str) -> None:
    headers = {"Content-Type": "application/json"}

    assert server.session.post(f"{API}/results", data=body, headers=headers, timeout=5).status_code == 500


def test_what_postgresql_does_not_take_breaks_the_server(server: Server) -> None:
    store = {"testcase": "t", "outcome": "PASSED", "groups": ["x" * 37]}

    assert server.session.post(f"{API}/results", json=store, timeout=5).status_code == 500
    assert server.status("/results/99999999999") == 500
    assert server.status("/results", limit=-2) == 500
    assert server.status("/results/-1") == 404


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2016-08-19T01:00:00.5", "2016-08-19T01:00:00.500000"),
        ("2016-08-19T01:00:00.000000Z", "2016-08-19T01:00:00"),
        ("2016-08-19T01:00:00.000000+02:00", "2016-08-18T23:00:00"),
        ("1471600000123", "2016-08-19T09:46:40.123000"),
        (1471600000000, "2016-08-19T09:46:40"),
    ],
)
def test_times_are_taken_in_several_spellings(server: Server, sent: Any, stored: str) -> None:
    assert server.store(submit_time=sent)["submit_time"] == stored


def test_since_strips_the_zone_and_includes_both_ends(server: Server) -> None:
    for hour in (1, 2, 3, 4):
        server.store(submit_time=at(hour))

    assert server.ids(since="2016-08-19T02:00:00+05:00,2016-08-19T03:00:00Z") == [3, 2]
    assert server.ids(since="2016-08-19") == [4, 3, 2, 1]
    assert server.status("/results", since="2016-08-19T02:00:00,") == 400
    assert server.status("/results", since="2016-13-19") == 400


def test_equal_times_are_all_latest(server: Server) -> None:
    for _ in range(2):
        server.store(submit_time=at(1))
    server.store(testcase="other", submit_time=at(1))

    assert server.ids("/results/latest", item="bash-1-1") == [3, 2, 1]
    assert server.ids("/results/latest", testcases="t") == [2, 1]


def test_the_latest_of_a_missing_distinct_key_is_one_of_its_own(server: Server) -> None:
    for scenario in ("s1", "s2", None, "s1"):
        data = {"item": "x"} | ({"scenario": scenario} if scenario else {})
        server.store(data=data, submit_time=at(len(server.db.results.by_id)))

    assert server.ids("/results/latest", item="x", _distinct_on="scenario") == [4, 3, 2]


def test_like_knows_percent_underscore_and_case(server: Server) -> None:
    for item in ("bash-1", "Bash-2", "dash.3"):
        server.store(data={"item": item})

    assert server.ids(**{"item:like": "b*"}) == [1]
    assert server.ids(**{"item:like": "_ash%"}) == [3, 2, 1]
    assert server.ids(**{"item:like": "*.3,Bash*"}) == [3, 2]


def test_a_modifier_nobody_knows_is_an_exact_filter(server: Server) -> None:
    server.store()

    assert server.ids(**{"item:contains": "bash-1-1"}) == [1]
    assert server.ids(**{"item:a:b": "bash-1-1"}) == []


def test_two_data_keys_narrow_and_blank_filters_do_not(server: Server) -> None:
    server.store()
    server.store(data={"item": "bash-1-1", "type": "bodhi_update"})

    assert server.ids(item="bash-1-1", type="bodhi_update") == [2]
    assert server.ids(testcases=",", outcome="", groups=" ") == [2, 1]
    assert server.ids(item="") == []


def test_a_result_that_matches_twice_uses_up_two_places_of_a_page(server: Server) -> None:
    server.store(data={"item": "x", "arch": "x86_64"}, submit_time=at(1))
    server.store(data={"item": "x", "arch": ["x86_64", "noarch"]}, submit_time=at(2))

    page = server.get("/results", arch="x86_64,noarch", limit=1)

    assert [row["id"] for row in page["data"]] == [2]
    assert page["next"] is None
    assert server.ids(arch="x86_64,noarch", limit=1, page=2) == [1]


def test_results_of_an_unknown_group_name_it(server: Server) -> None:
    assert server.get("/groups/nosuch/results") == {"message": "Group not found: nosuch"}


def test_a_group_object_updates_even_with_null_but_a_group_post_does_not(server: Server) -> None:
    server.store(groups=[{"uuid": "g", "description": "one", "ref_url": "u"}, "g"])
    server.store(groups=[{"uuid": "g", "description": None}])
    server.db.create_group({"uuid": "g", "ref_url": ""})

    group = server.get("/groups/g")

    assert (group["description"], group["ref_url"], group["results_count"]) == (None, "u", 2)


def test_a_testcase_name_may_hold_slashes(server: Server) -> None:
    server.store(testcase="fedora/ci test")

    assert server.get("/testcases/fedora/ci test")["href"] == f"{API}/testcases/fedora/ci%20test"
    assert server.ids("/testcases/fedora/ci test/results") == [1]


def test_a_repeated_post_makes_two_results(server: Server) -> None:
    assert [server.store()["id"], server.store()["id"]] == [1, 2]


def test_every_result_is_announced_as_it_is_stored(server: Server) -> None:
    stored = server.store()

    assert server.heard[0] == ("resultsdb.result.new", stored)


def test_taskotron_is_silent_when_the_outcome_stays(server: Server) -> None:
    for outcome in ("PASSED", "PASSED", "FAILED"):
        server.store(outcome=outcome, ref_url="log")
    server.store(outcome="FAILED", data={"item": "bash-1-1", "type": "koji_build", "arch": "x86_64"})

    said = [body for topic, body in server.heard if topic == "taskotron.result.new"]
    assert [(body["result"]["prev_outcome"], body["result"]["outcome"]) for body in said] == [
        (None, "PASSED"),
        ("PASSED", "FAILED"),
        (None, "FAILED"),
    ]
    assert said[0]["task"] == {"name": "t", "item": "bash-1-1", "type": "koji_build"}
    assert said[0]["result"]["submit_time"] == "2016-08-23 00:00:00 UTC"
    assert server.topics().count("resultsdb.result.new") == 4


def test_refused_results_are_not_announced(server: Server) -> None:
    server.session.post(f"{API}/results", json={"testcase": "t", "outcome": "NO"}, timeout=5)

    assert server.heard == []


def test_a_listener_may_ask_back_at_once() -> None:
    server = Server()
    found: list[list[int]] = []
    other_thread = ThreadPoolExecutor(1)
    server.db._announce = lambda topic, body: found.append(
        other_thread.submit(server.ids, item="bash-1-1").result(timeout=5)
    )

    server.store()

    assert found == [[1], [1]]


@pytest.mark.crash
@pytest.mark.timeout(60)
def test_a_hundred_thousand_results_stay_quick(tell: Tell) -> None:
    server = Server(announce_results=False, announce_taskotron=False)
    begin = time.perf_counter()
    for number in range(100_000):
        server.store(
            testcase=f"dist.{number % 50}",
            data={"item": f"build-{number // 50}", "type": "koji_build"},
            groups=[f"g{number // 500}"],
            submit_time=1471600000000 + number,
        )
    stored = time.perf_counter() - begin

    questions: list[dict[str, Any]] = [
        {"item": "build-1000"},
        {"item": ",".join(f"build-{n}" for n in range(300)), "limit": 500},
        {"testcases": "dist.7", "item": "build-77"},
        {"groups": "g100", "limit": 500},
        {"since": "2016-08-19T09:48:00"},
        {"outcome": "PASSED", "page": 100},
    ]
    times = []
    for question in questions:
        begin = time.perf_counter()
        assert server.ids(**question)
        times.append(time.perf_counter() - begin)

    tell(f"\nresultsdb: 100,000 results stored in {stored:.1f} s, slowest of 6 questions {max(times):.3f} s")
    assert max(times) < 0.5
