"""How soon is a daemon with a thousand runs in flight working again, and what does it cost while they wait?"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from bench.crowd import Crowd, Waiting, crowd
from bench.hub import BEGINNING, Hub, Publisher, fedmsg_config, publishing
from bench.results import Measure

RUNS: Final = 1000
MANY_RUNS: Final = 2000
ONE_IN: Final = 10
GIVE_UP_AFTER_S: Final = 120.0
SETTLES_S: Final = 10.0
IDLE_S: Final = 60.0
LOOKS_EVERY_S: Final = 0.02
CONSUMER: Final = "relengotron.consumers.fedmsg_hub:Relengotron"
FOLLOWS: Final = "all that follows from it is done too"
NAME: Final = "relengotron.stage"
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Restart:
    """The seconds from exec to each of the things that a daemon at work does."""

    came: dict[str, float] = field(default_factory=dict)
    cpu: float = 0.0
    untold: tuple[str, ...] = ()

    @property
    def whole(self) -> float:
        """Until the last of them, but for what comes after the first thing that was done everywhere."""
        return max(seconds for what, seconds in self.came.items() if what != FOLLOWS)


class Asked:
    """Writes down which facts the daemon has asked the services for."""

    def __init__(self, crowd: Crowd) -> None:
        """Stand in the doors of Koji and ResultsDB."""
        self.keys: set[str] = set()
        self._koji(crowd.hub)
        self._resultsdb(crowd.stand_ins.resultsdb)

    def _koji(self, hub: Any) -> None:
        answer = hub.answer

        def listening(method: str, params: list[Any], *more: Any) -> Any:
            self._note(method, params)
            return answer(method, params, *more)

        hub.answer = listening

    def _note(self, method: str, params: Sequence[Any]) -> None:
        match method:
            case "multiCall":
                for call in params[0]:
                    self._note(call["methodName"], call.get("params", []))
            case "getTaskInfo":
                ids = params[0] if isinstance(params[0], list) else [params[0]]
                self.keys |= {f"koji.task {task}" for task in ids}
            case "queryRPMSigs":
                named = params[-1] if isinstance(params[-1], Mapping) else {}
                self.keys.add(f"rpm {named.get('rpm_id', params[0])}")

    def _resultsdb(self, server: Any) -> None:
        application = server._server.application

        def listening(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Any:
            for items in parse_qs(environ.get("QUERY_STRING", "")).get("item", ()):
                self.keys |= {f"resultsdb.item {item}" for item in items.split(",")}
            return application(environ, start_response)

        server._server.application = listening


@dataclass(frozen=True, slots=True)
class Expected:
    """What a daemon at work has done: steps that must be over, and facts that must have been asked for."""

    order: str
    changed: frozenset[tuple[str, str]]
    facts: frozenset[str]

    @classmethod
    def of(cls, crowd: Crowd, changed: Sequence[Waiting]) -> "Expected":
        """Read the watches before the daemon does."""
        steps = frozenset((crowd.runs[str(each.lane)], each.step) for each in changed)
        facts: set[str] = set()
        with sqlite3.connect(crowd.journal) as db:
            for system, key in db.execute("SELECT system, key FROM watches"):
                facts |= {f"{system} {key}"} if system != "koji.build" else _rpms(crowd, key)
        return cls(f"{crowd.spare}/stable", steps, frozenset(facts))


def _rpms(crowd: Crowd, build: str) -> set[str]:
    found = crowd.hub.call(None, "getBuild", build)
    return {f"rpm {rpm['id']}" for rpm in crowd.hub.call(None, "listRPMs", buildID=found["id"])}


def measure(root: Path) -> Iterator[Measure]:
    """A start with many runs in flight, the calm after it, and the memory of twice as many."""
    with crowd(root / "crowd", RUNS, NAME) as made:
        asked, expected = Asked(made), Expected.of(made, made.change(ONE_IN))
        with running(made) as (hub, began, publisher):
            yield from _restart(made, hub, began, publisher, asked, expected)
            yield _idle(hub)
    with crowd(root / "more", MANY_RUNS, NAME) as made:
        asked, expected = Asked(made), Expected.of(made, [])
        with running(made) as (hub, began, publisher):
            started(made, hub, began, publisher, asked, expected)
            time.sleep(SETTLES_S)
            yield _memory(hub)


def _restart(
    made: Crowd, hub: Hub, began: float, publisher: Publisher, asked: Asked, expected: Expected
) -> Iterator[Measure]:
    found = started(made, hub, began, publisher, asked, expected)
    for what, seconds in sorted(found.came.items(), key=lambda each: each[1]):
        print(f"  {seconds:6.2f} s  {what}")
    note = f"{len(made.runs)} runs, {len(expected.changed)} facts came true meanwhile; {found.cpu:.1f} s of processor"
    yield Measure("restart_1000_runs_s", found.whole, "s", 5.0, note=note)
    yield Measure("restart_settled_s", found.came[FOLLOWS], "s", note="until nobody has anything to do any more")
    yield Measure("restart_messages_stored_s", found.came["a message is on disk"], "s")


def started(made: Crowd, hub: Hub, began: float, publisher: Publisher, asked: Asked, expected: Expected) -> Restart:
    """Watch a hub that was just started from outside until it does everything that it should."""
    found = Restart()
    publisher.wait_for_subscriber()
    found.came["it listens"] = time.time() - began
    print(f"  {cpu_of(hub.process.pid):6.2f} s of processor until it listened")
    publisher.send([_order(made)])
    with sqlite3.connect(f"file:{made.journal}?mode=ro", uri=True) as journal:
        while untold := _untold(journal, asked, expected, found.came, began):
            if time.time() - began > GIVE_UP_AFTER_S:
                raise SystemExit(f"not within {GIVE_UP_AFTER_S:.0f} s: {untold}; see {hub.folder / 'hub.log'}")
            time.sleep(LOOKS_EVERY_S)
    found.cpu = cpu_of(hub.process.pid)
    return found


def _untold(journal: sqlite3.Connection, asked: Asked, expected: Expected, came: dict[str, float], began: float) -> str:
    left: dict[str, Callable[[], int]] = {
        "a message is on disk": lambda: 1 - _count(journal, "SELECT count(*) FROM inbox"),
        "a new order is being worked on": lambda: 1 - _begun(journal, expected.order),
        "what came true has led to something": lambda: len(expected.changed - _over(journal)),
        FOLLOWS: lambda: len(expected.changed - _over(journal)) + _on_their_way(journal),
        "everything that is waited for was asked about": lambda: len(expected.facts - asked.keys),
    }
    untold = ""
    for what, count in left.items():
        if what not in came:
            if missing := count():
                untold = f"{what}: {missing} missing"
            else:
                came[what] = time.time() - began
    return untold


def _count(journal: sqlite3.Connection, query: str, *words: str) -> int:
    return min(1, int(journal.execute(query, words).fetchone()[0]))


def _begun(journal: sqlite3.Connection, lane: str) -> int:
    query = "SELECT count(*) FROM steps JOIN runs ON runs.id = steps.run WHERE runs.lane = ? AND steps.state = 'done'"
    return _count(journal, query, lane)


def _on_their_way(journal: sqlite3.Connection) -> int:
    query = "SELECT count(*) FROM runs WHERE finished_at IS NULL AND look_again_at <= updated_at"
    return int(journal.execute(query).fetchone()[0])


def _over(journal: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(journal.execute("SELECT run, name FROM steps WHERE state = 'done'"))


def _idle(hub: Hub) -> Measure:
    time.sleep(SETTLES_S)
    before, began = cpu_of(hub.process.pid), time.monotonic()
    time.sleep(IDLE_S)
    percent = (cpu_of(hub.process.pid) - before) / (time.monotonic() - began) * 100
    return Measure("idle_cpu_percent", percent, "%", 1.0, note=f"{RUNS} runs wait, nothing happens for {IDLE_S:.0f} s")


def _memory(hub: Hub) -> Measure:
    lines = Path(f"/proc/{hub.process.pid}/status").read_text().splitlines()
    kib = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines) if "kB" in value}
    note = f"at most {kib['VmHWM'] / 1024:.0f} MB since its start"
    return Measure("rss_mb_2000_runs_waiting", kib["VmRSS"] / 1024, "MB", 200.0, note=note)


def cpu_of(pid: int) -> float:
    """The seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def running(made: Crowd) -> Iterator[tuple[Hub, float, Publisher]]:
    """A hub, the moment of its exec, and whom it listens to."""
    with publishing() as (publisher, port):
        config = fedmsg_config(port, **{"relengotron.settings": str(made.place.config)})
        began = time.time()
        hub = Hub(made.place.world, CONSUMER, config)
        try:
            yield hub, began, publisher
        finally:
            hub.stop()


def _order(made: Crowd) -> tuple[bytes, bytes]:
    """Bodhi's masher orders a push in a lane in which nothing happens."""
    heard: list[tuple[str, Mapping[str, Any]]] = []

    def hear(topic: str, body: dict[str, Any]) -> None:
        heard.append((topic, body))

    made.stand_ins.announce.listeners.append(hear)
    made.stand_ins.bodhi.start_push(releases=[made.spare], requests=["stable"])
    suffix, body = heard[-1]
    topic = BEGINNING + suffix
    envelope = {"topic": topic, "msg": body, "msg_id": "2016-the-order", "i": 1, "timestamp": int(time.time())}
    return topic.encode(), json.dumps(envelope | {"username": "masher"}).encode()
