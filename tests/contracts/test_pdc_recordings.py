"""Does the PDC stand-in answer as the recorded server did?"""

import json
import os
import re
from pathlib import Path
from typing import Any

from werkzeug.test import Client, TestResponse

from relengotron.systems.pdc.simulated import PdcState, wsgi_app
from tests.conftest import Tell

RECORDING = Path(os.environ.get("PDC_RECORDING", Path(__file__).parents[1] / "corpus" / "pdc-http.json"))
BASE = "http://pdc.test"
EXCUSED: dict[str, str] = {}
_TIMES = ("requested_on", "committed_on", "duration", "token")


def _token(name: str, sent: str | None, state: PdcState) -> str | None:
    """The recording hides tokens; the name of the exchange tells which kind was sent."""
    if sent is None:
        return None
    if "bad-token" in name:
        return "Token " + "0" * 40
    return f"Token {state.reader_token if 'no-permission' in name else state.token}"


def _send(client: Client, prefix: str, exchange: dict[str, Any], state: PdcState) -> TestResponse:
    request = exchange["request"]
    headers = dict(request.get("headers", {}))
    token = _token(exchange["name"], headers.pop("Authorization", None), state)
    body = json.dumps(request["json"]) if "json" in request else request.get("raw_body", "")
    return client.open(
        prefix + request["path"],
        method=request["method"],
        base_url=BASE,
        query_string=request.get("params", {}),
        headers={**headers, **({"Authorization": token} if token else {})},
        data=body,
    )


def _comparable(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _comparable(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_comparable(item) for item in value]
    return "(volatile)" if key in _TIMES else value


def _differences(exchange: dict[str, Any], got: TestResponse) -> list[str]:
    wanted = exchange["response"]
    found = []
    if got.status_code != wanted["status"]:
        found.append(f"status {got.status_code} instead of {wanted['status']}")
    if (got.content_type or None) != wanted["content_type"]:
        found.append(f"content type {got.content_type} instead of {wanted['content_type']}")
    for name, value in wanted.get("headers", {}).items():
        if got.headers.get(name) != value.replace("{{BASE}}", BASE):
            found.append(f"header {name}: {got.headers.get(name)} instead of {value}")
    if "json" in wanted:
        expected = json.loads(json.dumps(wanted["json"]).replace("{{BASE}}", BASE))
        if _comparable(got.json) != _comparable(expected):
            found.append(f"body {got.get_data(as_text=True)} instead of {json.dumps(expected)}")
    elif "text" in wanted and not re.search("<title>", got.text):
        found.append("an HTML page was expected")
    return found


def test_the_stand_in_answers_a_whole_recorded_session_alike(tell: Tell) -> None:
    recording = json.loads(RECORDING.read_text())
    state = PdcState()
    client = Client(wsgi_app(state))
    differing = {}
    for exchange in recording["exchanges"]:
        found = _differences(exchange, _send(client, recording["base_path"], exchange, state))
        if found:
            differing[exchange["name"]] = found
    excused = {name: why for name, why in EXCUSED.items() if name in differing}
    alike = len(recording["exchanges"]) - len(differing)
    reasons = f" ({'; '.join(f'{name}: {why}' for name, why in excused.items())})" if excused else ""
    total = len(recording["exchanges"])
    tell(f"\npdc: {total} recorded exchanges, {alike} alike, {len(excused)} excused{reasons}")
    assert {name: found for name, found in differing.items() if name not in excused} == {}
