"""How the tests of the PDC stand-in speak to it."""

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import Client, TestResponse

from relengotron.systems.pdc.simulated import PdcState, wsgi_app

ROOT = "/rest_api/v1/"


@dataclass
class Api:
    """Speaks to the stand-in as its writer."""

    state: PdcState
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = Client(wsgi_app(self.state))

    def call(self, method: str, path: str, body: Any = None, token: str | None = "", **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Token {token or self.state.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        data = body if isinstance(body, str) else json.dumps(body) if body is not None else None
        return self.client.open(ROOT + path, method=method, headers=sent, data=data)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path, token=None)
        assert answer.status_code == 200, answer.text
        return answer.json

    def refused(self, method: str, path: str, body: Any = None, status: int = 400) -> Any:
        answer = self.call(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json

    def post(self, path: str, body: Any) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status_code == 201, answer.text
        return answer.json

    def patch(self, path: str, body: Any) -> Any:
        answer = self.call("PATCH", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json

    def delete(self, path: str, body: Any = None) -> None:
        answer = self.call("DELETE", path, body)
        assert answer.status_code == 204, answer.text


class Clock:
    def __init__(self) -> None:
        self.now = 1_500_000_000.25

    def __call__(self) -> float:
        return self.now


def add_components(api: Api, release: str, kind: str, *names: str) -> list[int]:
    """Global and release components of these names; the ids of the latter."""
    known = {row["name"] for row in api.get("global-components/?page_size=-1")}
    api.post("global-components/", [{"name": name} for name in names if name not in known])
    rows = [{"name": name, "global_component": name, "release": release, "type": kind} for name in names]
    return [row["id"] for row in api.post("release-components/", rows)]
