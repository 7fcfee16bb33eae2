"""How soon does a build move once its last result is there, and how many builds go through a gate in a minute?

The daemon is a process of its own; Koji, ResultsDB, a builder and a tester that lose no time are another one, behind
real sockets of loopback. What the daemon hears and says goes through a pipe. Every build goes alone.
"""

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from bench.daemon import cpu_of
from bench.quick_hands import BUILDER, QuickBuilder
from bench.results import Measure, percentile
from relengotron.lab import configuring
from relengotron.lab.place import ARCHES, Place
from relengotron.lab.scenario import Scenario
from relengotron.lab.stand_ins import StandIns
from relengotron.model.gate import BUILD
from relengotron.model.gated import CONTEXT

GATE: Final = "rawhide"
TARGET, PENDING, QUARANTINE = "rawhide", "rawhide-pending", "rawhide-badnewsbears"
TESTCASE: Final = "dist.gate_build"
PRODUCT: Final = "fedora-rawhide"
PREFIX: Final = "org.fedoraproject.dev."
BUILDS: Final = int(os.environ.get("RELENGOTRON_BENCH_BUILDS", "20000"))
A_QUARTER: Final = 4
DECISIONS: Final = 300
EVERY_S: Final = 0.1
TOGETHER: Final = {"same_submitter": "2s", "most": 64}
AHEAD: Final = 500
"""So many builds are in the gate at once at most: builders finish one after the other, in a mass rebuild too."""
GIVE_UP_AFTER_S: Final = 120.0


class Rebuild:
    """A world with a gate, and packagers who build."""

    def __init__(self, root: Path, batching: Mapping[str, Any]) -> None:
        """Bind the ports and furnish Koji; ``batching`` says which builds go through the gate together."""
        self.batching = batching
        self.place = Place(root.absolute())
        scenario = Scenario(releases=("24",), updates=())
        self.stand_ins = StandIns(self.place, scenario)
        self.hub = self.stand_ins.hub
        configuring.write_configuration(self.place, self.stand_ins.urls, "deadbeef", {}, scenario)
        self._configure()
        self._furnish()
        self.requests = 0
        self.stand_ins.koji.put_before(self._counting)
        self._numbers = itertools.count(1)

    def _configure(self) -> None:
        gate: dict[str, Any] = {"pending": PENDING, "target": TARGET, "quarantine": QUARANTINE}
        gate |= {"product_version": PRODUCT, "batching": {"dependencies": False, **self.batching}}
        policy = {
            "id": "every-build",
            "product_versions": [PRODUCT],
            "decision_contexts": [CONTEXT],
            "subject_types": [BUILD],
            "rules": [{"PassingTestCaseRule": {"test_case_name": TESTCASE}}],
        }
        self._write("gates.yaml", {"gates": {GATE: gate}})
        self._write("policies/gates.yaml", {"policies": [policy]})
        said = yaml.safe_load((self.place.config / "relengotron.yaml").read_text())
        del said["pace"], said["patience"], said["calendar"]
        self._write("relengotron.yaml", said)
        systems = yaml.safe_load((self.place.config / "systems.yaml").read_text())
        systems.pop("datagrepper")
        del systems["bodhi"]["acknowledges_as"]
        self._write("systems.yaml", systems)

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        file = self.place.config / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(dict(content)))

    def _furnish(self) -> None:
        for permission in ("tag", "regen-repo", "repo"):
            self.hub.call("admin", "grantPermission", "relengotron", permission, create=True)
        self.hub.call("admin", "createUser", "packager")
        self.hub.call("admin", "addHost", BUILDER, ["x86_64"])
        self.hub.call("admin", "createTag", TARGET, arches=" ".join(ARCHES))
        for tag in (PENDING, QUARANTINE):
            self.hub.call("admin", "createTag", tag, arches=" ".join(ARCHES))

    def _counting(self, app: Any) -> Callable[..., Any]:
        def counted(environ: Mapping[str, Any], start_response: Any) -> Any:
            self.requests += 1
            return app(environ, start_response)

        return counted

    def made(self) -> str:
        """A build is made, and in no tag."""
        number = next(self._numbers)
        name = f"package{number}"
        for tag in (TARGET, PENDING, QUARANTINE):
            self.hub.call("admin", "packageListAdd", tag, name, "packager")
        self.hub.call("admin", "createEmptyBuild", name, "1.0", "1.fc26", None, owner="packager")
        return f"{name}-1.0-1.fc26"

    def lands(self, nvr: str) -> None:
        """A build lands before the gate."""
        self.hub.call("admin", "tagBuildBypass", PENDING, nvr)


class Gatekeeper:
    """The daemon, who hears what the stand-ins announce; and the tester and the stopwatch who hear both."""

    def __init__(self, world: Rebuild) -> None:
        """Start it."""
        self.world = world
        self.moved = 0
        self.decided: list[float] = []
        self._results: dict[str, float] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._builder = QuickBuilder(world.hub, world.place)
        self._ready = threading.Event()
        self._errors = (world.place.world / "daemon.log").open("w")
        command = [sys.executable, "-m", "bench.gate_daemon", str(world.place.config)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()
        self._ready.wait(GIVE_UP_AFTER_S)
        world.stand_ins.announce.listeners += [self._tell, self._builder.hear]
        self._builder.start()

    def _tell(self, topic: str, body: Mapping[str, Any]) -> None:
        now = time.perf_counter()
        if topic == "resultsdb.result.new":
            self._results[body["data"]["item"][0]] = now
        elif topic == "buildsys.task.state.change" and body["new"] == "FREE":
            self._note_the_move(body["id"], now)
        elif topic == "buildsys.tag" and body["tag"] == TARGET:
            with self._changed:
                self.moved += 1
                self._changed.notify_all()
        number = next(self._numbers)
        envelope = {"topic": PREFIX + topic, "msg": dict(body), "msg_id": f"2016-bench-{number}", "i": number}
        line = json.dumps(envelope | {"timestamp": int(time.time())})
        with self._lock:
            assert self.process.stdin is not None
            self.process.stdin.write(f"{line}\n")
            self.process.stdin.flush()

    def _note_the_move(self, task: int, now: float) -> None:
        request = self.world.hub.call(None, "getTaskRequest", task)
        nvr = self.world.hub.call(None, "getBuild", request[1])["nvr"]
        if nvr in self._results:
            self.decided.append((now - self._results[nvr]) * 1000)

    def _hear(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            topic, body, _ = json.loads(line)
            if topic == "ready":
                self._ready.set()
            elif topic == "relengotron.gate.batch.testing":
                for each in body["builds"]:
                    self._passes(each["nvr"])

    def _passes(self, nvr: str) -> None:
        data = {"item": [nvr], "type": [BUILD]}
        self.world.stand_ins.results.create_result({"testcase": TESTCASE, "outcome": "PASSED", "data": data})

    def wait_until_moved(self, count: int) -> None:
        """Wait until so many builds are in the target."""
        with self._changed:
            while self.moved < count:
                before = self.moved
                if not self._changed.wait(GIVE_UP_AFTER_S) and self.moved == before:
                    raise SystemExit(f"{self.moved} of {count} builds moved, and nothing more happens")

    def memory_mb(self, key: str = "VmRSS") -> float:
        """What the daemon holds now, or held at most."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{key}:"))

    def stop(self) -> None:
        """Let it end what is begun."""
        self.world.stand_ins.announce.listeners.clear()
        self._builder.stop()
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._errors.close()


@contextmanager
def at_work(root: Path, batching: Mapping[str, Any] | None = None) -> Iterator[tuple[Rebuild, Gatekeeper]]:
    """A world and its gatekeeper, gone at the end."""
    world = Rebuild(root, batching or {})
    try:
        keeper = Gatekeeper(world)
        try:
            yield world, keeper
        finally:
            keeper.stop()
    finally:
        world.stand_ins.stop()


def measure(root: Path, builds: int = BUILDS) -> Iterator[Measure]:
    """First one build after the other, then a mass rebuild."""
    with at_work(root / "decide") as (world, keeper):
        yield from _decide(world, keeper)
    with at_work(root / "rebuild") as (world, keeper):
        yield from _throughput(world, keeper, builds)
    with at_work(root / "together", TOGETHER) as (world, keeper):
        yield from _together(world, keeper, builds)


def _decide(world: Rebuild, keeper: Gatekeeper) -> Iterator[Measure]:
    names = [world.made() for _ in range(DECISIONS)]
    for nvr in names:
        world.lands(nvr)
        time.sleep(EVERY_S)
    keeper.wait_until_moved(len(names))
    took = keeper.decided
    note = f"{len(took)} builds, ten a second; from the last result to the task at the hub"
    yield Measure("gate_decide_p99_ms", percentile(took, 99), "ms", 250.0, note=note)
    yield Measure("gate_decide_median_ms", percentile(took, 50), "ms")


def _together(world: Rebuild, keeper: Gatekeeper, builds: int) -> Iterator[Measure]:
    """As a mass rebuild is configured: what one person brings goes together, at most so many at once."""
    for each in _throughput(world, keeper, builds):
        if each.name != "gate_rss_mb":
            yield replace(each, name=each.name.replace("gate_", "gate_together_"))


def _throughput(world: Rebuild, keeper: Gatekeeper, builds: int) -> Iterator[Measure]:
    names = [world.made() for _ in range(builds)]
    requests, cpu, began = world.requests, cpu_of(keeper.process.pid), time.perf_counter()
    early = 0.0
    for number, nvr in enumerate(names):
        keeper.wait_until_moved(number - AHEAD)
        world.lands(nvr)
        if number == builds // A_QUARTER:
            early = keeper.memory_mb()
    keeper.wait_until_moved(builds)
    minutes = (time.perf_counter() - began) / 60
    cost = (cpu_of(keeper.process.pid) - cpu) * 1000 / builds
    note = f"{builds} builds in {minutes:.1f} minutes; {cost:.1f} ms of the daemon's processor each"
    yield Measure("gate_throughput_per_min", builds / minutes, "/min", 1500.0, more_is_better=True, note=note)
    yield Measure("gate_koji_calls_per_build", (world.requests - requests) / builds, "requests", 3.0)
    note = f"{early:.0f} MB after {builds // A_QUARTER} of {builds} builds; the most: {keeper.memory_mb('VmHWM'):.0f}"
    yield Measure("gate_rss_mb", keeper.memory_mb(), "MB", 300.0, note=note)
