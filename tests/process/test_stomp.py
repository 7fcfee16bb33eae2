"""Is a message that a STOMP broker holds stored exactly once, whatever happens between the broker and the disk?

Real RabbitMQ, real fedmsg-hub with the whole consumer, real journal.
"""

import itertools
import json
import signal
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from relengotron.lab import configuring, fedmsg_d
from relengotron.lab.daemon_process import DaemonProcess, hub_process
from relengotron.lab.place import Place, free_port
from relengotron.lab.scenario import Scenario
from relengotron.systems.bus.signing import Seal
from tests.conftest import Tell
from tests.process.running_hub import until
from tests.process.stomp_client import StompClient, envelope, envelopes
from tests.rabbitmq import Broker

NOWHERE = "http://127.0.0.1:9"
SERVICES = ("koji", "pdc", "resultsdb", "bodhi", "datagrepper", "mirror")
BEGINNING = fedmsg_d.BEGINNING
ORDER = BEGINNING + "bodhi.masher.start"
DESTINATION = f"/exchange/amq.topic/{ORDER}"
FOREIGN = BEGINNING + "fedbadges.badge.award"
BODY = {"agent": "rélèng ☃", "resume": False, "updates": ["bash-4.3.42-1.fc23"]}
BURST = 2000
LISTENING = "listening to "
_numbers = itertools.count(1)


class Bench:
    """One durable queue of the broker, one journal, and hubs that bring the one into the other."""

    def __init__(self, broker: Broker, folder: Path, *, is_signed: bool) -> None:
        self.broker = broker
        self.place = Place(folder)
        self.queue = f"relengotron-{broker.port}-{next(_numbers)}"
        ports = {"lab": free_port(), "daemon": free_port()}
        self.config = fedmsg_d.fedmsg_config(self.place, ports, is_signed=is_signed) | {
            "zmq_enabled": False,
            **broker.config,
            "stomp_ack_mode": "client-individual",
            "stomp_queue": f"/exchange/amq.topic/{BEGINNING}#",
            "relengotron.stomp_subscribe": {"x-queue-name": self.queue, "durable": "true", "auto-delete": "false"},
        }
        self.hub = hub_process(self.place)

    def listening(self, **changed: Any) -> DaemonProcess:
        """A hub that hears the broker."""
        self.start(**changed)
        until(lambda: LISTENING in self.hub.said(), "the hub listens")
        return self.hub

    def start(self, **changed: Any) -> DaemonProcess:
        """A hub that stores, and leaves the rest to a runner that never comes."""
        urls = {name: f"{NOWHERE}/kojihub" if name == "koji" else NOWHERE for name in SERVICES}
        scenario = Scenario(releases=("24",), mode="runner")
        configuring.write_configuration(self.place, urls, "deadbeef", self.config | changed, scenario)
        self.hub.start()
        return self.hub

    def publish(self, *bodies: bytes, topic: str = ORDER, **headers: str) -> None:
        with StompClient(self.broker.port) as client:
            client.publish(f"/exchange/amq.topic/{topic}", *bodies, **headers)

    def signed(self, number: int) -> bytes:
        message = json.loads(envelope(number, ORDER, BODY))
        Seal(self.config | {"name": fedmsg_d.LAB}).put_on(message, message["msg_id"])
        return json.dumps(message, ensure_ascii=False).encode()

    def forged(self, number: int) -> bytes:
        return self.signed(number).replace(b"bash", b"evil")

    def stored(self, state: str = "new") -> Counter[str]:
        return Counter(msg_id for msg_id, _raw, found in self._inbox() if found == state)

    def raw(self, msg_id: str) -> str:
        return next(raw for found, raw, _state in self._inbox() if found == msg_id)

    def holds(self, count: int) -> Callable[[], bool]:
        return lambda: self.stored().total() >= count

    def wait_until_all_are_acknowledged(self) -> None:
        until(lambda: self.broker.keeps(self.queue) == 0, "the broker keeps nothing any more")

    def _inbox(self) -> list[tuple[str, str, str]]:
        with closing(sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True)) as journal:
            return journal.execute("SELECT msg_id, raw, state FROM inbox").fetchall()

    @property
    def journal(self) -> Path:
        return self.place.state / "journal.sqlite"


@pytest.fixture
def opened(rabbitmq: Broker, tmp_path: Path) -> Iterator[Callable[[bool], Bench]]:
    benches: list[Bench] = []

    def open_one(is_signed: bool) -> Bench:
        benches.append(Bench(rabbitmq, tmp_path / "lab", is_signed=is_signed))
        return benches[-1]

    yield open_one
    for bench in benches:
        bench.hub.stop(signal.SIGKILL)


@pytest.fixture
def bench(opened: Callable[[bool], Bench]) -> Bench:
    return opened(False)


@contextmanager
def nobody_can_write(journal: Path) -> Iterator[None]:
    """Another program holds the lock of the journal, as a backup might."""
    with closing(sqlite3.connect(journal, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def ids(numbers: range) -> Counter[str]:
    return Counter(f"2026-{number:06d}" for number in numbers)


@pytest.mark.chaos
def test_a_burst_is_stored_once_although_the_hub_is_killed_in_the_middle(bench: Bench, tell: Tell) -> None:
    hub = bench.listening()
    with StompClient(bench.broker.port) as client:
        client.begin_to_publish(DESTINATION, *envelopes(range(BURST), ORDER, BODY))
        until(bench.holds(1), "the first messages")
        assert hub.stop(signal.SIGKILL) == -signal.SIGKILL
        client.wait_until_published()
    before = bench.stored().total()
    bench.publish(*envelopes(range(BURST, BURST + 100), ORDER, BODY))

    hub = bench.listening()
    until(bench.holds(BURST + 100), "all messages, also those that came while nobody listened")

    assert bench.stored() == ids(range(BURST + 100))
    bench.wait_until_all_are_acknowledged()
    assert hub.stop(signal.SIGTERM) == 0
    tell(f"STOMP: {BURST} messages, the hub killed when it had stored {before}: 0 lost, 0 stored twice")


@pytest.mark.chaos
def test_what_cannot_be_stored_is_not_acknowledged_and_comes_again(bench: Bench) -> None:
    hub = bench.listening()
    with nobody_can_write(bench.journal):
        bench.publish(*envelopes(range(50), ORDER, BODY))
        bench.broker.hang_up()
        until(lambda: hub.said().count(LISTENING) == 2, "the hub has come back, and every message with it")
        assert hub.stop(signal.SIGKILL) == -signal.SIGKILL
    assert bench.stored().total() == 0

    hub = bench.listening()
    until(bench.holds(50), "all messages")

    assert bench.stored() == ids(range(50))
    bench.wait_until_all_are_acknowledged()
    assert hub.stop(signal.SIGTERM) == 0


@pytest.mark.chaos
def test_what_comes_twice_over_a_connection_that_broke_is_stored_once_and_acknowledged(bench: Bench) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    hub = bench.listening(stomp_uri=f"{nobody},{bench.config['stomp_uri']}")
    with nobody_can_write(bench.journal):
        bench.publish(*envelopes(range(50), ORDER, BODY))
        bench.broker.hang_up()
        until(lambda: hub.said().count(LISTENING) == 2, "the hub has come back, and every message with it")
    until(bench.holds(50), "all messages")

    assert bench.stored() == ids(range(50))
    bench.wait_until_all_are_acknowledged()
    assert hub.stop(signal.SIGTERM) == 0
    assert "the broker hangs up: AMQP channel died" in hub.said()


HEADERS = {"x-colour": "blue:green", "original-destination": f"/topic/{ORDER}"}
GARBAGE = (b"", b"no JSON", b"[1, 2]", b"\xff\xfe{}", b"{}\x00\n\n\x00", b'{"topic": "' + b"x" * 2_000_000 + b'"}')


def test_a_signature_holds_over_the_broker_and_what_nobody_signed_is_parked_and_blocks_nobody(
    opened: Callable[[bool], Bench],
) -> None:
    bench = opened(True)
    hub = bench.listening()
    good = bench.signed(1)
    bench.publish(*GARBAGE, bench.forged(2), envelope(3, ORDER, BODY), good, **HEADERS)
    bench.publish(envelope(4, FOREIGN, BODY), topic=FOREIGN)
    bench.publish(bench.signed(5))
    until(lambda: bench.stored() == ids(range(1, 6, 4)), "the two signed ones, and none that nobody reads")

    assert bench.stored("parked").total() == len(GARBAGE) + 2
    assert json.loads(bench.raw("2026-000001")) == json.loads(good)
    bench.wait_until_all_are_acknowledged()
    assert hub.stop(signal.SIGTERM) == 0
