"""How long from a Koji task's completion message to the next task at the hub?

The daemon's own threads and journal, and the stand-ins behind real sockets of loopback, in one process. Pushes of one
lane follow one another; their outside work takes no time, so that nothing but reactions is left.
"""

import itertools
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests

from bench.quick_hands import QuickBuilder
from bench.results import Measure, percentile
from bench.world import prepared
from relengotron.bootstrap import Daemon, assemble
from relengotron.engine.intake import Intake
from relengotron.lab.tester.tester import Tester
from relengotron.sdk.discovery import discover
from relengotron.settings import load
from relengotron.systems.bus.port import Announcement
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.world import open_world

PUSHES = 40
PUSH_ENDS_WITHIN = 120.0
TARGET_MS = 250.0
MADE_FROM = {
    "atomic-host": "f24-updates",
    "cloud-tree": "f24-updates",
    "atomic-installer-iso": "atomic-host",
    "atomic-disk": "atomic-host",
    "cloud-base": "cloud-tree",
}
ARTIFACT = re.compile(r"/(f24-updates|atomic-host|cloud-tree|atomic-installer-iso|atomic-disk|cloud-base)/\d")
PREFIX = "org.fedoraproject.dev."


class Stopwatch:
    """Hears what the hub announces, hands it to the intake, and notes when what came in and when what went out."""

    def __init__(self, hub: Any) -> None:
        """Listen for a hub; ``intake`` is tied on later."""
        self.intake: Intake | None = None
        self.first: dict[str, list[float]] = {}
        self.every: list[float] = []
        self._hub = hub
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._arrived: dict[str, float] = {}
        self._answered: set[str] = set()

    def begin_push(self) -> None:
        """Forget the push before."""
        with self._lock:
            self._arrived.clear()
            self._answered.clear()

    def hear(self, topic: str, body: Mapping[str, Any]) -> None:
        """One announcement of a stand-in, at the moment at which it is made."""
        now = time.perf_counter()
        if topic == "buildsys.task.state.change":
            self._note(body, now)
        if self.intake is not None:
            number = next(self._numbers)
            envelope = {"topic": PREFIX + topic, "msg": dict(body), "i": number, "timestamp": time.time()}
            self.intake.store(envelope | {"msg_id": f"2016-bench-{number}"})

    def _note(self, body: Mapping[str, Any], now: float) -> None:
        if body["new"] not in ("CLOSED", "FREE"):
            return
        name = self._name_of(body)
        with self._lock:
            if body["new"] == "CLOSED":
                self._arrived[name] = now
            else:
                self._note_reaction(name, now)

    def _note_reaction(self, name: str, now: float) -> None:
        cause = MADE_FROM.get(name, "move")
        if name == "move" or cause not in self._arrived:
            return
        took = (now - self._arrived[cause]) * 1000
        self.every.append(took)
        if cause not in self._answered:
            self._answered.add(cause)
            self.first.setdefault(f"{cause} -> {name}", []).append(took)

    def _name_of(self, body: Mapping[str, Any]) -> str:
        if body["method"] == "tagBuild":
            return "move"
        found = ARTIFACT.findall(str(self._hub.call(None, "getTaskRequest", body["id"])))
        return str(found[-1]) if found else "unknown"


class Ear:
    """The way out of the daemon: Bodhi hears it, and so do we."""

    def __init__(self, hear: Any) -> None:
        """``hear`` gets topic and body."""
        self.ended = threading.Event()
        self.end, self.reason = "", ""
        self._hear = hear

    def publish(self, message: Announcement, msg_id: str) -> None:
        """Hand it over."""
        self._hear(message.topic_suffix, dict(message.body))
        if message.topic_suffix in ("relengotron.push.complete", "relengotron.push.failed"):
            self.end, self.reason = message.topic_suffix, str(message.body.get("reason"))
            self.ended.set()

    def close(self) -> None:
        """Nothing is open."""


def measure(root: Path, pushes: int = PUSHES) -> list[Measure]:
    """Push the same updates again and again and look at every reaction."""
    with prepared(root) as world, _daemon(world) as (watch, ear):
        for _ in range(pushes):
            _push(world, watch, ear)
    first = [took for kind in watch.first.values() for took in kind]
    print(f"  {len(first)} reactions in {pushes} pushes")
    for kind, took in watch.first.items():
        median, p99 = percentile(took, 50), percentile(took, 99)
        print(f"  {kind:40} {len(took):4} x  median {median:6.1f} ms  p99 {p99:6.1f} ms  worst {max(took):6.1f} ms")
    return [
        Measure("reaction_p99_ms", percentile(first, 99), "ms", TARGET_MS, note=f"{len(first)} reactions"),
        Measure("reaction_median_ms", percentile(first, 50), "ms"),
        Measure(
            "reaction_every_p99_ms",
            percentile(watch.every, 99),
            "ms",
            note=f"{len(watch.every)} tasks: also those that follow the first after the same message",
        ),
    ]


@contextmanager
def _daemon(world: Any) -> Iterator[tuple[Stopwatch, Ear]]:
    stand_ins = world.stand_ins
    watch, ear = Stopwatch(stand_ins.hub), Ear(stand_ins.bodhi.hear)
    builder = QuickBuilder(stand_ins.hub, world.place)
    tester = _tester(stand_ins)
    settings = load(world.place.config)
    machine = assemble(settings, open_world(settings), ear, discover())
    daemon = Daemon(settings, machine, ExitStack())
    watch.intake = machine.intake
    stand_ins.announce.listeners += [watch.hear, builder.hear, tester.hear]
    stop = threading.Event()
    testing = threading.Thread(target=tester.run, args=(stop,), name="bench-tester", daemon=True)
    testing.start()
    builder.start()
    daemon.start()
    try:
        yield watch, ear
    finally:
        stop.set()
        tester.wake()
        builder.stop()
        daemon.stop()
        machine.database.close()


def _tester(stand_ins: Any) -> Tester:
    fine = {
        "mash": {"dist.repoclosure": lambda *_: "fine"},
        "ostree": {"dist.ostree_content": lambda *_: "fine"},
        "image": {"dist.image_content": lambda *_: "fine"},
    }
    client = ResultsDbClient(RestService(stand_ins.urls["resultsdb"], requests.Session()))
    return Tester(client, Any, testcases=fine)  # type: ignore[arg-type]


def _push(world: Any, watch: Stopwatch, ear: Ear) -> None:
    world.put_back()
    watch.begin_push()
    ear.ended.clear()
    world.stand_ins.bodhi.start_push(releases=["F24"], requests=["stable"])
    if not ear.ended.wait(PUSH_ENDS_WITHIN) or ear.end != "relengotron.push.complete":
        raise SystemExit(f"a push did not come to a good end: {ear.end or 'no end in time'}: {ear.reason}")
