"""A PDC on the other side of its real protocol, for tests of what we keep of it: counted, and away when told to be."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import requests

from relengotron.decisions.remembering import Habits
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.pdc.client import HttpPdc
from relengotron.systems.pdc.simulated import PdcState, wsgi_app
from tests.engine.toys import Clock

BASE = "http://pdc.place"
RELEASE = "fedora-24-updates"
KINDS = ("ImageIncludesRPM", "OSTreeIncludesRPM")
HABITS = Habits(fresh_for=timedelta(hours=12), usable_for=timedelta(hours=36))


class PdcPlace:
    """``asked`` are the questions about relationships; ``answer`` is what stands in front of PDC, if anything."""

    def __init__(self, clock: Clock) -> None:
        self.state = PdcState(clock=lambda: clock().timestamp(), announce=self._hear, stale_reads=30)
        self.asked: list[str] = []
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.answer: tuple[str, bytes] | None = None
        self.answers_before_it: int = 0
        self._app = wsgi_app(self.state)
        self._ids: dict[tuple[str, str], int] = {}
        self._session = requests.Session()
        self._session.mount(BASE, WsgiAdapter(self))
        self._post("products", {"short": "fedora", "name": "Fedora"})

    @property
    def client(self) -> HttpPdc:
        return HttpPdc(BASE, self._session)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            self.asked.append(environ["QUERY_STRING"])
            if self.answer is not None and len(self.asked) > self.answers_before_it:
                start_response(self.answer[0], [("Content-Type", "application/json")])
                return [self.answer[1]]
        return self._app(environ, start_response)

    def goes_away(self, status: str = "503 Service Unavailable", body: bytes = b'{"detail": "no"}') -> None:
        self.answer, self.answers_before_it = (status, body), 0

    def comes_back(self) -> None:
        self.answer = None

    def holds(self, artifact: str, *packages: str, kind: str = KINDS[1], release: str = RELEASE) -> None:
        """The artifact contains these packages; whatever is missing for that is made."""
        number = release.split("-")[1]
        if self.state.tables["releases"].find("release_id", release) is None:
            about = {"name": "Fedora", "short": "fedora", "version": number, "release_type": "updates"}
            self._post("releases", about)
        ends = [
            self._component(release, artifact, "ostree"),
            *(self._component(release, one, "rpm") for one in packages),
        ]
        rows = [{"type": kind, "from_component": {"id": ends[0]}, "to_component": {"id": end}} for end in ends[1:]]
        self._post("release-component-relationships", rows)

    def has_a_type(self, kind: str) -> None:
        """An administrator adds a type of relationship."""
        self._post("component-relationship-types", {"name": kind})

    def lets_go(self, artifact: str, package: str) -> None:
        """The artifact contains the package no longer."""
        table = self.state.tables["relationships"]
        ends = [
            row["id"]
            for row in table
            if (row["from_component"]["name"], row["to_component"]["name"]) == (artifact, package)
        ]
        for number in ends:
            url = f"{BASE}/rest_api/v1/release-component-relationships/{number}/"
            assert self._session.delete(url, headers=self._token(), timeout=5).status_code == 204

    def _component(self, release: str, name: str, kind: str) -> int:
        key = (release, name)
        if key not in self._ids:
            if self.state.tables["global_components"].find("name", name) is None:
                self._post("global-components", {"name": name})
            row = {"name": name, "global_component": name, "release": release, "type": kind}
            self._ids[key] = self._post("release-components", row)["id"]
        return self._ids[key]

    def _post(self, resource: str, body: Any) -> Any:
        answer = self._session.post(f"{BASE}/rest_api/v1/{resource}/", json=body, headers=self._token(), timeout=5)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def _token(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.state.token}"}

    def _hear(self, topic: str, body: dict[str, Any]) -> None:
        self.heard.append((topic, body))
