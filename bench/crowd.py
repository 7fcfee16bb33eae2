"""A great many pushes that wait, each in a lane of its own, for what pushes wait for; and the world they wait in."""

import base64
import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import requests
import yaml
from sqlalchemy import event

from bench.quick_hands import BUILDER, QuickBuilder
from relengotron.bootstrap import Machine, assemble
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.lab import configuring
from relengotron.lab.bits.seed import PARENTS, PLACES, seed_people
from relengotron.lab.place import ARCHES, Place
from relengotron.lab.scenario import Scenario
from relengotron.lab.stand_ins import StandIns
from relengotron.model.batch import Batch
from relengotron.model.intents import Start
from relengotron.model.lane import Lane
from relengotron.sdk.discovery import discover
from relengotron.settings import load
from relengotron.systems.bodhi.simulated import create_app as bodhi_app
from relengotron.systems.bus.port import Announcement
from relengotron.systems.datagrepper.simulated import create_app as datagrepper_app
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.koji.simulated import wsgi_app as koji_app
from relengotron.systems.pdc.simulated import wsgi_app as pdc_app
from relengotron.systems.resultsdb.simulated import create_app as resultsdb_app
from relengotron.systems.world import open_datagrepper, open_world
from tests.contracts.koji_rpms import BINARY, header, rpm_file

KEY: Final = "deadbeef"
TESTCASE: Final = "dist.repoclosure"
FIRST_RELEASE: Final = 100
REQUESTS: Final = ("stable", "testing")
WAITS: Final = ("moves",) * 3 + ("mash",) * 4 + ("tests",) * 2 + ("signatures",)
"""What ten lanes in a row wait for."""
STEP_OF: Final[Mapping[str, str]] = {
    "signatures": "ensure_builds_are_signed",
    "moves": "ensure_builds_are_in_target",
    "mash": "ensure_repos_are_mashed",
    "tests": "ensure_tests_have_verdicts",
}
_TURNS: Final[Mapping[str, int]] = {"signatures": 1, "moves": 1, "mash": 2, "tests": 3}
"""How often a run advances, with the builder's work in between, until it waits there."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One push, and what it waits for."""

    lane: Lane
    build: str
    alias: str
    wait: str

    @property
    def step(self) -> str:
        """The step that waits."""
        return STEP_OF[self.wait]


class Nobody:
    """Nothing leaves the house while the crowd is being made."""

    def publish(self, message: Announcement, msg_id: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Nothing is open."""


class _Admin:
    """A session of Koji's administrator that needs no network."""

    def __init__(self, hub: Any) -> None:
        self._hub = hub

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *words, **named: self._hub.call("admin", method, *words, **named)


class Crowd:
    """The stand-ins with a release for every two lanes, and a journal in which every lane has its push."""

    def __init__(self, root: Path, count: int, bus_name: str) -> None:
        """Make ``count`` pushes wait; one release more is left for an order to come."""
        self.place = Place(root.absolute())
        releases = [str(FIRST_RELEASE + number) for number in range(count // len(REQUESTS) + 1)]
        self.spare = f"F{releases[-1]}"
        scenario = Scenario(releases=tuple(releases))
        self.stand_ins = StandIns(self.place, scenario)
        configuring.write_configuration(self.place, self.stand_ins.urls, KEY, {}, scenario)
        _configure_like_anybody(self.place, bus_name)
        self.builder = QuickBuilder(self.hub, self.place)
        self._seed(releases)
        self.waiting = [self._an_update(number) for number in range(count)]
        self._an_update(count)
        self.stand_ins.bodhi.start_push(releases=sorted({each.lane.release for each in self.waiting}))
        self.runs = self._push()

    @property
    def hub(self) -> Any:
        """Koji."""
        return self.stand_ins.hub

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.place.state / "journal.sqlite"

    def close(self) -> None:
        """Nobody is answered any more."""
        self.stand_ins.stop()

    def change(self, every: int) -> list[Waiting]:
        """What one push in ``every`` of each kind waits for comes true, while no daemon is there to see it."""
        changed = []
        for wait in STEP_OF:
            changed += [each for each in self.waiting if each.wait == wait][::every]
        for each in changed:
            self._come_true(each)
        return changed

    def _come_true(self, each: Waiting) -> None:
        match each.wait:
            case "signatures":
                self._sign(each.build)
            case "tests":
                item = self._watched(each, "resultsdb.item")[0]
                body = {"testcase": TESTCASE, "outcome": "PASSED", "data": {"item": [item], "type": ["compose"]}}
                self.stand_ins.results.create_result(body)
            case _:
                self._finish_tasks([int(task) for task in self._watched(each, "koji.task")])

    def _watched(self, each: Waiting, system: str) -> list[str]:
        asked = "SELECT key FROM watches WHERE run = ? AND system = ?"
        with sqlite3.connect(self.journal) as db:
            return [key for (key,) in db.execute(asked, (self.runs[str(each.lane)], system))]

    def _seed(self, releases: Sequence[str]) -> None:
        hub = self.hub
        seed_people(cast(Any, _Admin(hub)))
        hub.call(BUILDER, "host.updateHost", 0.0, True)
        for release in releases:
            for suffix, parent in PARENTS.items():
                above = f"f{release}{parent}" if suffix else None
                hub.call("admin", "createTag", f"f{release}{suffix}", parent=above, arches=" ".join(ARCHES))
            target = f"f{release}-updates-candidate"
            hub.call("admin", "createBuildTarget", f"f{release}", f"f{release}-build", target)
            self.stand_ins.bodhi.add_release(f"F{release}", release)

    def _an_update(self, number: int) -> Waiting:
        """One update with one build, where it waits for its push."""
        request = REQUESTS[number % len(REQUESTS)]
        release = str(FIRST_RELEASE + number // len(REQUESTS))
        build, wait = f"package{number}-1.0-1.fc{release}", WAITS[number // len(REQUESTS) % len(WAITS)]
        self.hub.call("admin", "packageListAdd", f"f{release}", f"package{number}", "relengotron")
        self._import(build)
        if wait != "signatures":
            self._sign(build)
        for suffix in PLACES[request]:
            self.hub.call("admin", "tagBuildBypass", f"f{release}{suffix}", build)
        status = "testing" if request == "stable" else "pending"
        update = self.stand_ins.bodhi.add_update(f"F{release}", [build], type="bugfix", request=request, status=status)
        return Waiting(Lane(f"F{release}", request), build, str(update.alias), wait)

    def _import(self, build: str) -> None:
        name, version, release = build.rsplit("-", 2)
        folder = self.hub.topdir / "work" / "crowd"
        folder.mkdir(parents=True, exist_ok=True)
        for arch in ("src", *ARCHES):
            info = {"name": name, "version": version, "release": release, "arch": arch, "buildtime": 1477994400}
            info["payloadhash"] = hashlib.md5(f"{build}{arch}".encode(), usedforsecurity=False).hexdigest()
            info["sourcerpm"] = f"{build}.src.rpm"
            file = folder / f"{build}.{arch}.rpm"
            file.write_bytes(rpm_file(info))
            self.hub.call("admin", "importRPM", "crowd", file.name)

    def _sign(self, build: str) -> None:
        packet = bytes([0x88, 0x11, 3, 5, 0]) + (0).to_bytes(4, "big") + bytes.fromhex(f"00000000{KEY}") + b"\x01\x02"
        found = self.hub.call(None, "getBuild", build)
        for rpm in self.hub.call(None, "listRPMs", buildID=found["id"]):
            signature = header([(1004, BINARY, bytes.fromhex(rpm["payloadhash"])), (1005, BINARY, packet)])
            self.hub.call("admin", "addRPMSig", rpm["id"], base64.b64encode(signature).decode())

    def _push(self) -> dict[str, str]:
        """Open a run in every lane and let the daemon's own engine bring it to where it waits; run by lane."""
        settings = load(self.place.config)
        session = _short_cut(self.stand_ins)
        history = open_datagrepper(settings, session)
        machine = assemble(settings, open_world(settings, session), Nobody(), discover(), datagrepper=history)
        _hurry(machine.database)
        try:
            opened = {str(each.lane): _opened(machine, each) for each in self.waiting}
            for each in self.waiting:
                self._bring(machine, each, opened[str(each.lane)])
            while machine.postman.deliver() or (machine.past and machine.past.recovery.work()):
                pass
            return opened
        finally:
            machine.database.close()

    def _bring(self, machine: Machine, each: Waiting, run: str) -> None:
        for turn in range(_TURNS[each.wait]):
            if turn:
                self._finish_tasks(None)
            machine.wakes.wake(run, 10)
            while (woken := machine.wakes.take_nowait()) is not None:
                machine.runner.advance(woken)
                machine.wakes.release(woken)
        with machine.database.read() as db:
            steps = runs.steps_of(db, run)
        if (last := list(steps)[-1]) != each.step:
            raise SystemExit(f"a push that should wait in {each.step} is in {last}: {steps[last].note}")

    def _finish_tasks(self, tasks: Sequence[int] | None) -> None:
        """The builder does these; without a list, all of the newest push."""
        options, order = {"state": [0], "decode": True}, {"order": "-id", "limit": 1}
        rows = (
            self.hub.call(None, "listTasks", options, order)
            if tasks is None
            else [self.hub.call(None, "getTaskInfo", task, request=True) for task in tasks]
        )
        for row in rows:
            self.builder.carry_out(row)


@contextmanager
def crowd(root: Path, count: int, bus_name: str) -> Iterator[Crowd]:
    """A crowd that is gone at the end."""
    made = Crowd(root, count, bus_name)
    try:
        yield made
    finally:
        with suppress(Exception):
            made.close()


def _opened(machine: Machine, each: Waiting) -> str:
    batch = Batch(each.lane, (each.alias,), "releng")
    start = Start("push_updates", str(each.lane), f"push {each.lane}", batch, f"2016-order-{each.lane}")
    with machine.database.write() as db:
        run = runs.open_run(db, start, datetime.now(UTC))
    if run is None:
        raise SystemExit(f"{each.lane} has a push already")
    return run


def _configure_like_anybody(place: Place, name: str) -> None:
    """The paces of a daemon that was configured by nobody, and repos as the only artifacts."""
    daemon, systems = place.config / "relengotron.yaml", place.config / "systems.yaml"
    said = yaml.safe_load(daemon.read_text())
    del said["pace"], said["patience"]
    daemon.write_text(yaml.safe_dump(said))
    outside = yaml.safe_load(systems.read_text())
    outside["bus"] |= {"name": name}
    del outside["bodhi"]["acknowledges_as"]  # nobody answers here, and nobody shall be waited for
    systems.write_text(yaml.safe_dump(outside))
    artifacts = place.config / "artifacts" / "lab.yaml"
    known = yaml.safe_load(artifacts.read_text())
    artifacts.write_text(yaml.safe_dump({"artifacts": [each for each in known["artifacts"] if each["kind"] == "mash"]}))


def _hurry(database: Database) -> None:
    """What is lost with the machine while the crowd is being made is made again."""
    event.listen(database.engine, "connect", lambda connection, _record: connection.execute("PRAGMA synchronous=OFF"))
    database.engine.dispose()


def _short_cut(stand_ins: StandIns) -> Callable[[], requests.Session]:
    """Sessions that reach the stand-ins without their sockets: a thousand pushes have a long way to go."""
    apps: dict[str, Any] = {"koji": koji_app(stand_ins.hub), "resultsdb": resultsdb_app(stand_ins.results)}
    apps |= {"bodhi": bodhi_app(stand_ins.bodhi), "pdc": pdc_app(stand_ins.pdc_state)}
    apps |= {"datagrepper": datagrepper_app(stand_ins.history)}

    def opened() -> requests.Session:
        session = requests.Session()
        for name, app in apps.items():
            session.mount(stand_ins.urls[name], WsgiAdapter(app))
        return session

    return opened
