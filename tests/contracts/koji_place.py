"""A small Koji in this process, and our client speaking to it through a front that may misbehave."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import requests

from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.koji.session import Login, Sessions
from relengotron.systems.koji.simulated import TRIAL_USERS, Hub, wsgi_app
from relengotron.systems.mischief import Mischief
from tests.builders import AnUpdate
from tests.stage import seeds
from tests.stage.configuration import KEY
from tests.stage.outside import changes_koji, methods_in
from tests.stage.paper_builder import PaperBuilder

URL = "http://koji.sim/kojihub"
NOON = datetime(2016, 11, 1, 12, tzinfo=UTC)
CANDIDATE, TESTING = "f24-updates-candidate", "f24-updates-testing"
BASH, NANO = "bash-4.3.42-5.fc24", "nano-2.6-1.fc24"


@dataclass
class Place:
    """The hub, its front, and a clock that both go by."""

    topdir: Path
    policies: dict[str, str] = field(default_factory=lambda: dict(seeds.POLICY))

    def __post_init__(self) -> None:
        self.time = NOON.timestamp()
        self.hub = Hub.empty(clock=lambda: self.time, topdir=self.topdir, policies=self.policies)
        seeds.furnish_koji(self.hub)
        self.front = Mischief(wsgi_app(self.hub), is_effect=changes_koji, sleep=lambda _: None)
        self.builder = PaperBuilder(self.hub)

    def add(self, *nvrs: str, **more: Any) -> None:
        seeds.add_to_koji(self.hub, AnUpdate(nvrs, "FEDORA-2016-1", **more))

    def http(self) -> requests.Session:
        session = requests.Session()
        session.mount("http://koji.sim", WsgiAdapter(self.front))
        session.mount("https://koji.sim", WsgiAdapter(self._behind_a_front_server))
        return session

    def _behind_a_front_server(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The web server looks at tickets and certificates at an address of their own."""
        environ["PATH_INFO"] = environ["PATH_INFO"].removesuffix("/ssllogin")
        return self.front(environ, start_response)

    def sessions(
        self, user: str | None = "relengotron", http: Callable[[], requests.Session] | None = None, **login: Any
    ) -> Sessions:
        if user is not None and not login:
            login = {"user": user, "password": TRIAL_USERS[user]}
        return Sessions(URL, Login(**login), 5.0, http or self.http, pause=0.0)

    def client(self, user: str | None = "relengotron", **more: Any) -> KojiHub:
        return KojiHub(self.sessions(user, **more))

    def asked(self, method: str) -> int:
        """How often a method was asked for, multicalls opened."""
        return sum(methods_in(call).count(method) for call in self.front.calls)

    def requests(self, method: str) -> int:
        """How many requests carried a method."""
        return sum(method in methods_in(call) for call in self.front.calls)

    def tasks(self, method: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.hub.call(None, "listTasks", {"method": method, "decode": True})
        return rows

    def open_sessions(self) -> int:
        return len([row for row in self.hub.store["sessions"] if not row["closed"]])


__all__ = ["BASH", "CANDIDATE", "KEY", "NANO", "NOON", "TESTING", "URL", "Place"]
