"""Which services does a lab run, and how do they hear of one another?"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import koji
import requests

from relengotron.lab.builder.builder import Builder
from relengotron.lab.mirror import MirrorServer
from relengotron.lab.place import Place
from relengotron.lab.scenario import Scenario
from relengotron.lab.tester.gate import GateTester
from relengotron.lab.tester.store import ComposeStore
from relengotron.lab.tester.tester import Tester
from relengotron.lab.web import WebServer
from relengotron.systems.bodhi.simulated import Era, SimulatedBodhi
from relengotron.systems.bodhi.simulated import create_app as bodhi_app
from relengotron.systems.cdn.simulated import SimulatedCache
from relengotron.systems.datagrepper.simulated import SimulatedDatagrepper
from relengotron.systems.datagrepper.simulated import create_app as datagrepper_app
from relengotron.systems.koji.simulated import Hub
from relengotron.systems.koji.simulated import wsgi_app as koji_app
from relengotron.systems.mirror.simulated import static_app
from relengotron.systems.pdc.simulated import PdcState
from relengotron.systems.pdc.simulated import wsgi_app as pdc_app
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb
from relengotron.systems.resultsdb.simulated import create_app as resultsdb_app

BUILDER_LOOKS_EVERY = 0.1
BUILDER_ASKS_AGAIN_AFTER = 1
WORKERS_END_WITHIN = 15.0
LAB_POLICY = {"tag": "has_perm admin :: allow\nuser relengotron :: allow\nall :: deny only the lab may tag here"}

BODHI_TOKEN = "the-lab-may-comment"  # noqa: S105 the stand-in's own well-known token
PURGE_TOKEN = "the-lab-may-purge"  # noqa: S105 the stand-in's own well-known token

Announce = Callable[[str, dict[str, Any]], None]


@dataclass(slots=True)
class Fanout:
    """Whoever wants to hear what the stand-ins announce."""

    listeners: list[Announce] = field(default_factory=list)

    def __call__(self, topic: str, body: dict[str, Any]) -> None:
        """Tell everybody."""
        for listener in tuple(self.listeners):
            listener(topic, body)


class StandIns:
    """Koji, PDC, ResultsDB, Bodhi, datagrepper, a mirror with a cache, a builder and a tester on loopback."""

    def __init__(self, place: Place, scenario: Scenario, *, era: Era = Era.MASHER_TITLES) -> None:
        """Bind every port."""
        for directory in (place.koji, place.compose, place.mirror):
            directory.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.announce = Fanout()
        self.stop_event = threading.Event()
        self.hub = Hub.empty(topdir=place.koji, policies=LAB_POLICY, announce=self.announce)
        self.pdc_state = PdcState(announce=self.announce)
        self.results = SimulatedResultsDb(time.time, announce=self.announce, announce_taskotron=False)
        self.bodhi = SimulatedBodhi(time.time, announce=self.announce, era=era)
        self.bodhi.tokens[BODHI_TOKEN] = "relengotron"
        self.history = SimulatedDatagrepper(time.time)
        self.koji = WebServer(koji_app(self.hub)).start()
        self.pdc = WebServer(pdc_app(self.pdc_state)).start()
        self.resultsdb = WebServer(resultsdb_app(self.results)).start()
        self.bodhi_server = WebServer(bodhi_app(self.bodhi)).start()
        self.datagrepper = WebServer(datagrepper_app(self.history)).start()
        self.mirror = MirrorServer(place.mirror).start()
        self.cdn = WebServer(SimulatedCache(static_app(place.mirror), token=PURGE_TOKEN), threads=4).start()
        self._workers: list[threading.Thread] = []
        self.tester = self._make_tester(scenario.fail)
        self.gate_tester = self._make_gate_tester() if scenario.has_gate else None

    @property
    def urls(self) -> Mapping[str, str]:
        """Where everything is."""
        return {
            "koji": f"{self.koji.url}/kojihub",
            "pdc": self.pdc.url,
            "resultsdb": f"{self.resultsdb.url}/api/v2.0",
            "bodhi": self.bodhi_server.url,
            "datagrepper": self.datagrepper.url,
            "mirror": self.mirror.url,
            "cdn": self.cdn.url,
        }

    def session(self, user: str, password: str) -> koji.ClientSession:
        """A logged-in session of Koji's own client."""
        return _session(self.urls["koji"], user, password)

    def start_workers(self) -> None:
        """The builder takes tasks and the tester tests composes from now on."""
        builder = Builder(self._builder_session(), self.place.koji, self.place.compose)
        self._spawn("builder", lambda: builder.run_forever(self.stop_event, BUILDER_LOOKS_EVERY))
        self.announce.listeners.append(self.tester.hear)
        self._spawn("tester", lambda: self.tester.run(self.stop_event))
        if (at_the_gate := self.gate_tester) is not None:
            self._spawn("gate-tester", lambda: at_the_gate.run(self.stop_event))

    def stop(self) -> None:
        """Builder and tester end, and nobody is answered any more."""
        self.stop_event.set()
        self.tester.wake()
        if self.gate_tester is not None:
            self.gate_tester.wake()
        for worker in self._workers:
            worker.join(WORKERS_END_WITHIN)
        for server in (self.koji, self.pdc, self.resultsdb, self.bodhi_server, self.datagrepper, self.mirror, self.cdn):
            server.close()

    def _builder_session(self) -> koji.ClientSession:
        login = {"user": "builder1", "password": "hostpw"}
        return koji.ClientSession(self.urls["koji"], {**login, "retry_interval": BUILDER_ASKS_AGAIN_AFTER})

    def _make_tester(self, fail: tuple[str, ...]) -> Tester:
        client = ResultsDbClient(RestService(self.urls["resultsdb"], requests.Session()))
        store = ComposeStore(
            [self.place.compose, self.place.koji, self.place.mirror], {self.mirror.url: self.place.mirror}
        )
        return Tester(client, store, fail=fail)

    def _make_gate_tester(self) -> GateTester:
        client = ResultsDbClient(RestService(self.urls["resultsdb"], requests.Session()))
        return GateTester(client, koji.ClientSession(self.urls["koji"]), self.place.koji)

    def _spawn(self, name: str, work: Callable[[], object]) -> None:
        worker = threading.Thread(target=work, name=f"lab-{name}", daemon=True)
        worker.start()
        self._workers.append(worker)


def administrator(hub: str) -> koji.ClientSession:
    """Who may do everything at the Koji of a lab, also one of another process."""
    return _session(hub, "admin", "adminpw")


def _session(hub: str, user: str, password: str) -> koji.ClientSession:
    session = koji.ClientSession(hub, {"user": user, "password": password})
    session.login()
    return session


def own_process() -> Mapping[str, Any]:
    """How others can find and end this process."""
    return {"pid": os.getpid(), "python": sys.executable}
