"""Does the simulated ResultsDB answer as the recorded real server did?"""

import json
import os
import re
from pathlib import Path
from typing import Any

import requests

from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb, create_app
from tests.conftest import Tell

CORPUS = Path(__file__).parents[1] / "corpus" / "resultsdb-http.json"
BASE = "http://resultsdb.sim"
UUID1 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
INVENTED = "<a uuid the server invented>"
STAMPED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?")


def ask(session: requests.Session, base_path: str, request: dict[str, Any]) -> requests.Response:
    body = json.dumps(request["json"]) if "json" in request else request.get("raw_body")
    return session.request(
        request["method"],
        f"{BASE}{base_path}{request['path']}",
        params=request["params"],
        headers=request.get("headers"),
        data=body,
        timeout=10,
    )


def json_of(text: str) -> Any:
    """Comparable JSON: links start with the same base."""
    return json.loads(text.replace(BASE, "{{BASE}}"))


def uuids_of_the_test(exchanges: list[dict[str, Any]]) -> set[str]:
    return {uuid for one in exchanges for uuid in UUID1.findall(json.dumps(one["request"]))}


def without_volatile(value: Any, known_uuids: set[str]) -> Any:
    text = UUID1.sub(lambda m: m[0] if m[0] in known_uuids else INVENTED, json.dumps(value, sort_keys=True))
    return json.loads(text)


def without_server_time(value: Any) -> Any:
    if isinstance(value, dict) and STAMPED.fullmatch(str(value.get("submit_time"))):
        return value | {"submit_time": "<stamped by the server>"}
    return value


def differences(expected: dict[str, Any], answer: requests.Response, request: dict[str, Any], known: set[str]) -> str:
    found = []
    if answer.status_code != expected["status"]:
        found.append(f"status {answer.status_code}, recorded {expected['status']}: {answer.text[:300]}")
    if "content_type" in expected and answer.headers["Content-Type"] != expected["content_type"]:
        found.append(f"content type {answer.headers['Content-Type']}, recorded {expected['content_type']}")
    for name, value in (expected.get("headers") or {}).items():
        if set(answer.headers.get(name, "").split(", ")) != set(value.split(", ")):
            found.append(f"header {name}: {answer.headers.get(name)}, recorded {value}")
    if not found and "json" in expected:
        ours, theirs = (without_volatile(v, known) for v in (json_of(answer.text), expected["json"]))
        if request["method"] == "POST" and "submit_time" not in (request.get("json") or {}):
            ours, theirs = without_server_time(ours), without_server_time(theirs)
        if ours != theirs:
            found.append(f"body\n  ours     {json.dumps(ours, sort_keys=True)}\n  recorded {json.dumps(theirs)}")
    return "; ".join(found)


def compare(recording: dict[str, Any]) -> tuple[dict[str, str], int]:
    """Replay against an empty server: what differs by name, and how many HTML pages have other words."""
    exchanges = recording["exchanges"]
    session = requests.Session()
    session.mount(BASE, WsgiAdapter(create_app(SimulatedResultsDb(clock=lambda: 1471910400.0, base_url=BASE))))
    known = uuids_of_the_test(exchanges)

    wrong, excused = {}, 0
    for number, one in enumerate(exchanges):
        answer = ask(session, recording["base_path"], one["request"])
        if difference := differences(one["response"], answer, one["request"], known):
            wrong[f"{number} {one['name']}"] = difference
        elif "json" not in one["response"] and answer.text != one["response"].get("text"):
            excused += 1
    return wrong, excused


def test_every_recorded_exchange_is_answered_alike(tell: Tell) -> None:
    recording = json.loads(Path(os.environ.get("RESULTSDB_RECORDING", CORPUS)).read_text())

    wrong, excused = compare(recording)

    total = len(recording["exchanges"])
    tell(
        f"\nresultsdb: {total} recorded exchanges, {total - len(wrong) - excused} alike, {excused} excused (words"
        " of an HTML page); not compared: uuids the server invents, times it stamps"
    )
    assert not wrong, "\n".join(f"{name}: {text}" for name, text in wrong.items())


def test_rules_answer_and_not_a_table_of_answers() -> None:
    text = CORPUS.read_text()
    for old, new in {
        "kernel": "glibc++",
        "bash-4.3.43-4.fc24": "a name with spaces & signs",
        "dist.": "ci/",
        "2016-08-19": "2017-03-04",
        "1471600000123": "1488620800987",
        ".123000": ".987000",
        "27f94e36": "1111aaaa",
        "SPLENDID": "meh",
        "lately": "soon",
        "yesterday": "2017-03-04T01:00:00",
    }.items():
        assert old in text
        text = text.replace(old, new)

    wrong, _ = compare(json.loads(text))

    assert not wrong, "\n".join(f"{name}: {difference}" for name, difference in wrong.items())
