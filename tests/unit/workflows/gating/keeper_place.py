"""A Koji with the tags of two gates, a journal, and a keeper between them; no run ever advances here."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from relengotron.engine.journal import evidence, gate_looks, gated, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.model.closure import WAITS_FOR
from relengotron.model.codec import from_json
from relengotron.model.gated import BuildState, GateBatch, GatedBuild, lane_of_batch
from relengotron.model.run import Evidence, Run, RunState, StepState
from relengotron.settings.gates import Gate
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.koji.session import Login, Sessions
from relengotron.systems.koji.simulated import Hub, wsgi_app
from relengotron.systems.mischief import Mischief
from relengotron.workflows.gating.keeper import Keeper
from relengotron.workflows.gating.waiting import STEP
from tests.stage.outside import changes_koji, methods_in
from tests.stage.weather import Power, StormyDatabase

NOON = datetime(2016, 11, 1, 12, tzinfo=UTC)
PENDING, TARGET, QUARANTINE, SIDE = "rawhide-pending", "rawhide", "rawhide-badnewsbears", "rawhide-build-side-7"
RAWHIDE, EPEL = "rawhide", "epel"
UNFINISHED = (RunState.QUEUED, RunState.OPEN, RunState.HELD)


def a_gate(name: str = TARGET, **words: Any) -> Gate:
    """A gate in front of one tag."""
    tags = {"pending": f"{name}-pending", "target": name, "quarantine": f"{name}-badnewsbears"}
    return Gate(**tags, product_version=f"fedora-{name}", **words)


class KeeperPlace:
    """``keep`` lets the keeper look once, and ``rows`` says what it knows then."""

    def __init__(self, root: Path, gates: Mapping[str, Gate] | None = None) -> None:
        self.time = NOON
        self.hub = Hub.empty(clock=lambda: self.time.timestamp(), topdir=root / "koji")
        for tag in (PENDING, TARGET, QUARANTINE, SIDE, "epel-pending", "epel", "epel-badnewsbears"):
            self.hub.call("admin", "createTag", tag, arches="x86_64")
        self.front = Mischief(wsgi_app(self.hub), is_effect=changes_koji, sleep=lambda _: None)
        self.power = Power()
        self.database = StormyDatabase(root / "journal.db", self.power)
        self.others = Database(f"sqlite:///{root / 'journal.db'}")
        """The same journal, as runs write it: they do not die here."""
        self.gates = dict(gates or {RAWHIDE: a_gate()})
        self.start()

    def start(self) -> None:
        """The daemon starts again on the same journal."""
        self.wakes = EmbeddedWakeQueue()
        self.keeper = Keeper(self.gates, self.database, self.koji(), lambda: self.time, self.wakes, "http://koji")

    def koji(self) -> KojiHub:
        session = requests.Session()
        session.mount("http://koji.sim", WsgiAdapter(self.front))
        return KojiHub(Sessions("http://koji.sim/kojihub", Login(), 5.0, lambda: session, pause=0.0))

    def close(self) -> None:
        self.database.close()
        self.others.close()

    # -- what people do ------------------------------------------------------------------------------------------------

    def build(self, nvr: str, *tags: str, owner: str = "alice", epoch: int | None = None) -> str:
        """A build is made and put into these tags, one after another."""
        name, version, release = nvr.rsplit("-", 2)
        if self.hub.call(None, "getUser", owner) is None:
            self.hub.call("admin", "createUser", owner)
        for tag in (PENDING, TARGET, QUARANTINE, SIDE, "epel-pending", "epel", "epel-badnewsbears"):
            self.hub.call("admin", "packageListAdd", tag, name, owner)
        self.hub.call("admin", "createEmptyBuild", name, version, release, epoch, owner=owner)
        for tag in tags or (PENDING,):
            self.tag(nvr, tag)
        return nvr

    def tag(self, nvr: str, tag: str) -> None:
        self.hub.call("admin", "tagBuildBypass", tag, nvr)

    def untag(self, nvr: str, tag: str = PENDING) -> None:
        self.hub.call("admin", "untagBuildBypass", tag, nvr)

    def move(self, nvr: str, source: str, target: str) -> None:
        self.untag(nvr, source)
        self.tag(nvr, target)

    def wait(self, **time: float) -> None:
        self.time += timedelta(**time)

    # -- what runs do --------------------------------------------------------------------------------------------------

    def put(self, nvr: str, state: BuildState, gate: str = RAWHIDE) -> None:
        """Whoever answers for the build writes down where it stands."""
        with self.others.write() as db:
            assert gated.put(db, gate, [nvr], state, self.time)

    def end(self, run: Run, state: RunState = RunState.DONE) -> None:
        with self.others.write() as db:
            runs.change(db, run.id, state, self.time)

    def lets_wait(self, run: Run, *packages: str, state: StepState = StepState.RUNNING) -> None:
        """The batch would break others until there are new builds of these packages."""
        facts = {"packages": list(packages)}
        batch = from_json(GateBatch, run.request).id
        with self.others.write() as db:
            runs.change(db, run.id, RunState.OPEN, self.time)
            runs.write_step(db, run.id, STEP, state, "", self.time)
            evidence.add(db, Evidence(run.id, STEP, "batch", batch, WAITS_FOR, "why", facts, self.time))

    # -- what can be seen ----------------------------------------------------------------------------------------------

    def keep(self) -> int:
        return self.keeper.work()

    def row(self, nvr: str, gate: str = RAWHIDE) -> GatedBuild:
        with self.database.read() as db:
            found = gated.find(db, gate, nvr)
        assert found is not None, f"nobody knows {nvr}"
        return found

    def states(self, gate: str = RAWHIDE) -> dict[str, str]:
        with self.database.read() as db:
            return {row.nvr: str(row.state) for row in gated.at(db, gate, list(BuildState))}

    def runs(self, workflow: str = "gate_rawhide") -> list[Run]:
        with self.database.read() as db:
            return [run for run in reversed(runs.newest(db, 100_000)) if run.workflow == workflow]

    def batches(self) -> list[tuple[str, ...]]:
        """The builds of every batch that was ever opened, oldest first."""
        return [from_json(GateBatch, run.request).builds for run in self.runs()]

    def whys(self) -> list[str]:
        return [from_json(GateBatch, run.request).why for run in self.runs()]

    def run_of(self, nvr: str) -> Run:
        """The run that answers for a build now."""
        batch = self.row(nvr).batch
        assert batch is not None
        with self.database.read() as db:
            found = runs.next_in_lane(db, lane_of_batch(RAWHIDE, batch))
        assert found is not None
        return found

    def woken(self) -> list[str]:
        """The runs that were woken since this was asked the last time."""
        found = []
        while (run := self.wakes.take_nowait()) is not None:
            self.wakes.release(run)
            found.append(run)
        return found

    def said(self) -> list[tuple[str, str]]:
        with self.database.read() as db:
            return [(each.topic, each.body["nvr"]) for each in outbox.unsent(db, 100)]

    def trouble(self, gate: str = RAWHIDE) -> gate_looks.GateLook:
        with self.database.read() as db:
            return gate_looks.find(db, gate)

    def asked(self) -> list[str]:
        """The methods of all requests since the last time, a multicall as its parts."""
        return [method for call in self.front.calls for method in methods_in(call)]

    def requests(self) -> int:
        return len(self.front.calls)
