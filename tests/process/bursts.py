"""Messages in great number: sent over real ZeroMQ, remembered by a datagrepper, looked for in a journal."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.hub import Publisher, publishing
from relengotron.lab.web import WebServer
from relengotron.settings import Settings
from relengotron.systems.datagrepper.simulated import SimulatedDatagrepper, create_app
from relengotron.systems.mischief import Kind, Mischief, Rule
from tests.process.configured import BEGINNING, configured, hub_config
from tests.process.kept import Kept
from tests.process.running_hub import RunningHub, until

FEDMSGS_QUEUE = 1000
"""What libzmq keeps for a subscriber that does not read; a publisher with fedmsg cannot have more."""

PAGED_WITHIN_S = 300.0
ORDERS_EVERY = 1000
PADDING = "x" * 2000
TAG = {"name": "bash", "version": "4.3.42", "tag": "f24-updates-candidate", "owner": "releng", "user": "bodhi"}


def envelope(number: int) -> dict[str, Any]:
    """A tag that nobody waits for; each thousandth is an order to push, and comes twice under two ids."""
    if number % ORDERS_EVERY < 2:
        return _order(number)
    body = TAG | {"tag_id": 274, "instance": "primary", "release": f"{number}.fc24", "padding": PADDING}
    return _sent(number, "buildsys.tag", body)


def orders(count: int) -> list[str]:
    """The keys of the runs that so many messages open."""
    return sorted({f"receive order-{number // ORDERS_EVERY}" for number in range(0, count, ORDERS_EVERY)})


class Burst:
    """Everything that was said, by a publisher as fedmsg has it; the history hears what nobody else does."""

    def __init__(self, publisher: Publisher, port: int, history: SimulatedDatagrepper, mischief: Mischief) -> None:
        self.port = port
        self.said: list[str] = []
        self._publisher = publisher
        self._history = history
        self._mischief = mischief

    def wait_for_subscriber(self) -> None:
        self._publisher.wait_for_subscriber()

    def send(self, count: int, per_second: float | None = None) -> None:
        """Say the next messages."""
        first = len(self.said)
        self._publisher.send([self._remembered(number) for number in range(first, first + count)], per_second)

    def send_until_stored(self, kept: Kept) -> None:
        """Say the next message until it is there: then everything that was to come before it has come."""
        frame = self._remembered(len(self.said))
        last = self.said[-1]
        until(lambda: kept.has(last), "the last message", again=lambda: self._publisher.send([frame]))

    @contextmanager
    def without_datagrepper(self) -> Iterator[None]:
        """Nobody can ask what was said: what the bus loses stays lost so long."""
        self._mischief.misbehave(Rule(Kind.REFUSED, times=None))
        yield
        self._mischief.behave()

    def missing(self, kept: Kept) -> int:
        return len(set(self.said).difference(kept.ids()))

    def wait_until_nothing_is_missing(self, kept: Kept) -> None:
        self._slowly(lambda: kept.count() >= len(self.said), "every message that was ever sent")

    def lost_and_doubled(self, kept: Kept) -> tuple[int, int]:
        """How many messages are not in the journal, and how many are there twice, or led to the same run twice."""
        self._slowly(lambda: kept.unread() == 0, "every message is understood")
        times, opened = Counter(kept.ids()), Counter(kept.runs_of("receive_push"))
        wanted = set(orders(len(self.said)))
        lost = len(set(self.said).difference(times)) + len(wanted.difference(opened))
        return lost, _more_than_one(times) + len(set(opened).difference(wanted)) + _more_than_one(opened)

    @staticmethod
    def _slowly(holds: Callable[[], bool], what: str) -> None:
        """Looking at thousands of messages too often would slow down what is looked for."""
        until(holds, what, within=PAGED_WITHIN_S, looks_every=0.2)

    def _remembered(self, number: int) -> tuple[bytes, bytes]:
        said = envelope(number)
        self._history.hear(said)
        self.said.append(said["msg_id"])
        return said["topic"].encode(), json.dumps(said).encode()


@contextmanager
def a_burst(queue: int = FEDMSGS_QUEUE) -> Iterator[tuple[Burst, str]]:
    """A burst to be, and the address of its datagrepper."""
    history = SimulatedDatagrepper(time.time)
    mischief = Mischief(create_app(history))
    with WebServer(mischief) as datagrepper, publishing(queue) as (publisher, port):
        yield Burst(publisher, port, history, mischief), datagrepper.url


class Place:
    """One journal, and the hubs that bring a burst into it, one after the other."""

    def __init__(self, root: Path, burst: Burst, datagrepper: str, journal: str | None = None, **pace: str) -> None:
        daemon: dict[str, Any] = {"pace": {"poll": "1h", "recovery": "2s", **pace}}
        if journal is not None:
            daemon["journal"] = {"url": journal}
        history = {"datagrepper": {"url": datagrepper, "delay": "1s", "overlap": "30s", "first_look": "10m"}}
        self.settings: Settings = configured(root, daemon, history)
        self.kept = Kept(self.settings.journal.url)
        self.hubs: list[RunningHub] = []
        self.burst = burst
        self._root = root
        self._config: Mapping[str, Any] = hub_config(self.settings, burst.port)

    def start_hub(self) -> RunningHub:
        self.hubs.append(RunningHub(self._root / f"hub-{len(self.hubs)}", self._config))
        return self.hubs[-1]

    def listening_hub(self) -> RunningHub:
        hub = self.start_hub()
        self.burst.wait_for_subscriber()
        hub.wait_until_it_takes_signals()
        return hub

    def end(self) -> None:
        for hub in self.hubs:
            hub.kill()


@contextmanager
def a_place(root: Path, journal: str | None = None, queue: int = FEDMSGS_QUEUE, **pace: str) -> Iterator[Place]:
    """A burst, its datagrepper, and a journal; every hub is killed at the end."""
    with a_burst(queue) as (burst, datagrepper):
        place = Place(root, burst, datagrepper, journal, **pace)
        try:
            yield place
        finally:
            place.end()


def _order(number: int) -> dict[str, Any]:
    update = {"alias": "FEDORA-2026-1", "title": "bash-4.3.42-1.fc24", "builds": ["bash-4.3.42-1.fc24"]}
    batch = {"release": "F24", "request": "stable", "updates": [update]}
    body = {"request_id": f"order-{number // ORDERS_EVERY}", "agent": "releng", "batches": [batch]}
    return _sent(number, "relengotron.push.request", body)


def _sent(number: int, suffix: str, body: Mapping[str, Any]) -> dict[str, Any]:
    msg_id = f"2026-{number:036d}"
    return {
        "topic": BEGINNING + suffix,
        "msg": dict(body),
        "msg_id": msg_id,
        "i": number,
        "timestamp": int(time.time()),
        "username": "apache",
    }


def _more_than_one(times: Counter[str]) -> int:
    return sum(count - 1 for count in times.values())
