"""Can anybody serve one stand-in alone and play a recording against it, over a real socket?"""

import json
import re

import pytest
import requests

from tests.conftest import Tell
from tests.contracts import test_pdc_recordings as pdc
from tests.contracts import test_resultsdb_recordings as resultsdb
from tests.contracts.koji_player import differences
from tests.contracts.served import SocketPlayer, served
from tests.contracts.test_koji_recordings import RECORDING as KOJI_RECORDING

TIMEOUT = 10


def test_a_served_koji_answers_the_recording_over_its_socket(tell: Tell) -> None:
    entries = json.loads(KOJI_RECORDING.read_text())
    with served("koji") as ready:
        assert ready["users"].keys() >= {"admin", "relengotron", "plain", "kojira", "shadow"}
        player = SocketPlayer(ready["url"], ready["users"], entries)
        answers = [(entry, differences(entry, answer)) for entry, answer in player.play()]
        player.far_wire.connection.close()

    wrong = [f"{entry['seq']} {entry['method']}{entry['args']}: {found[:3]}" for entry, found in answers if found]
    left_out = len(entries) - len(answers)
    tell(
        f"\nkoji, served: {len(answers)} of {len(entries)} recorded exchanges, {len(answers) - len(wrong)} alike; "
        f"left out: {left_out} of a hub that was broken from inside"
    )
    assert not wrong, "\n".join(wrong)


def test_a_served_pdc_answers_the_recording_with_the_token_it_names(tell: Tell) -> None:
    recording = json.loads(pdc.RECORDING.read_text())
    with served("pdc") as ready:
        assert re.fullmatch("[0-9a-f]{40}", ready["token"])
        base = ready["url"].removesuffix("/").removesuffix(recording["base_path"].rstrip("/"))
        wrong, left_out = {}, 0
        for exchange in recording["exchanges"]:
            if "no-permission" in exchange["name"]:
                left_out += 1  # needs the token of a user without rights, which the command does not give away
                continue
            request = exchange["request"]
            headers = dict(request.get("headers", {}))
            if "Authorization" in headers:
                token = "0" * 40 if "bad-token" in exchange["name"] else ready["token"]
                headers["Authorization"] = f"Token {token}"
            body = json.dumps(request["json"]) if "json" in request else request.get("raw_body", "")
            answer = requests.request(
                request["method"],
                f"{base}{recording['base_path']}{request['path']}",
                params=request.get("params", {}),
                headers=headers,
                data=body,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
            wanted = exchange["response"]
            expected = json.loads(json.dumps(wanted.get("json")).replace("{{BASE}}", base))
            if answer.status_code != wanted["status"]:
                wrong[exchange["name"]] = f"{answer.status_code}, recorded {wanted['status']}: {answer.text[:300]}"
            elif "json" in wanted and pdc._comparable(answer.json()) != pdc._comparable(expected):
                wrong[exchange["name"]] = f"{answer.text[:300]}, recorded {json.dumps(expected)[:300]}"
    total = len(recording["exchanges"])
    tell(f"\npdc, served: {total - left_out} of {total} recorded exchanges, {len(wrong)} of them not alike")
    assert wrong == {}


def test_a_served_resultsdb_answers_the_recording(tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = json.loads(resultsdb.CORPUS.read_text())
    exchanges = recording["exchanges"]
    known = resultsdb.uuids_of_the_test(exchanges)
    with served("resultsdb") as ready, requests.Session() as session:
        monkeypatch.setattr(resultsdb, "BASE", ready["url"].removesuffix(recording["base_path"].rstrip("/")))
        wrong = {}
        for number, one in enumerate(exchanges):
            answer = resultsdb.ask(session, recording["base_path"], one["request"])
            if found := resultsdb.differences(one["response"], answer, one["request"], known):
                wrong[f"{number} {one['name']}"] = found
    tell(f"\nresultsdb, served: {len(exchanges)} recorded exchanges, {len(wrong)} of them not alike")
    assert wrong == {}


def test_a_served_bodhi_is_empty() -> None:
    with served("bodhi") as ready:
        answer = requests.get(f"{ready['url'].rstrip('/')}/updates/", timeout=TIMEOUT)

    assert (answer.status_code, answer.json()["updates"], answer.json()["total"]) == (200, [], 0)


def test_a_served_datagrepper_remembers_what_it_is_told_was_said() -> None:
    said = {"topic": "org.fedoraproject.dev.buildsys.tag", "msg": {"tag": "f24"}, "msg_id": "2016-1", "timestamp": 9}
    with served("datagrepper") as ready:
        empty = requests.get(f"{ready['url']}/raw", timeout=TIMEOUT).json()
        requests.post(ready["url"] + ready["heard"], json=said, timeout=TIMEOUT).raise_for_status()
        (row,) = requests.get(f"{ready['url']}/raw?category=buildsys", timeout=TIMEOUT).json()["raw_messages"]

    assert (empty["raw_messages"], empty["total"]) == ([], 0)
    assert row["msg"] == said["msg"]
