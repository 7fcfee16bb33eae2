"""A publisher that is there again and a process that stood still are gaps; silence is none."""

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import zmq

from relengotron.consumers import gaps as gaps_module
from relengotron.consumers.gaps import STANDSTILL_S, Connection, Gaps, since_boot, watch

PATIENCE_S = 10.0


class Place:
    """A subscription on loopback, its publisher, and what was said about gaps."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]") -> None:
        self.context = context
        self.reasons: list[str] = []
        self.publisher = context.socket(zmq.PUB)
        self.port = self.publisher.bind_to_random_port("tcp://127.0.0.1")
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.subscriber = context.socket(zmq.SUB)
        self.subscriber.setsockopt(zmq.RECONNECT_IVL, 10)
        self.subscriber.subscribe(b"")

    def gaps(self) -> Gaps:
        connection = Connection.watched(self.address, self.subscriber)
        self.subscriber.connect(self.address)
        return Gaps(self.reasons.append, [connection], clocks=())

    def publisher_ends(self) -> None:
        self.publisher.close(0)

    def publisher_begins_again(self) -> None:
        self.publisher = self.context.socket(zmq.PUB)
        until(lambda: self._binds(), "the port is free")

    def _binds(self) -> bool:
        try:
            self.publisher.bind(self.address)
        except zmq.ZMQError:
            return False
        return True

    def say_until_heard(self) -> None:
        def is_heard() -> bool:
            self.publisher.send(b"hello")
            return bool(self.subscriber.poll(10))

        until(is_heard, "the subscriber hears")
        while self.subscriber.poll(50):
            self.subscriber.recv()


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"


@pytest.fixture
def place() -> Iterator[Place]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    yield Place(context)
    context.destroy(0)


def looked(gaps: Gaps, place: Place, count: int) -> None:
    def holds() -> bool:
        gaps.look()
        return len(place.reasons) >= count

    until(holds, f"{count} gaps are told")


def test_a_publisher_that_comes_may_have_spoken_before_and_one_that_is_silent_is_no_gap(place: Place) -> None:
    gaps = place.gaps()
    looked(gaps, place, 1)
    assert place.reasons == [f"{place.address} is there"]
    place.say_until_heard()
    for _ in range(100):
        gaps.look()
    assert len(place.reasons) == 1
    gaps.stop()


def test_a_lost_connection_is_a_gap_once_it_is_there_again(place: Place) -> None:
    gaps = place.gaps()
    looked(gaps, place, 1)
    place.publisher_ends()
    monitor = gaps._connections[0].monitor
    assert monitor.poll(int(PATIENCE_S * 1000))
    gaps.look()
    assert len(place.reasons) == 1, "what is being lost cannot be found yet"
    place.publisher_begins_again()
    looked(gaps, place, 2)
    assert place.reasons[1] == f"{place.address} is there again"
    gaps.stop()


def test_messages_still_come_in_while_and_after_the_connection_is_watched(place: Place) -> None:
    gaps = place.gaps()
    looked(gaps, place, 1)
    place.say_until_heard()
    gaps.stop()
    gaps.stop()
    place.say_until_heard()
    assert place.subscriber.closed is False


def test_watching_may_end_after_the_socket_was_closed(place: Place) -> None:
    gaps = place.gaps()
    place.subscriber.close(0)
    gaps.stop()


class Clocks:
    """Two clocks, of which one stands still while the machine sleeps."""

    def __init__(self) -> None:
        self.boot = self.wall = 1000.0

    def pass_by(self, seconds: float) -> None:
        self.boot += seconds
        self.wall += seconds


def test_a_process_that_stood_still_lost_messages_and_one_that_is_a_bit_late_did_not() -> None:
    clocks, reasons = Clocks(), list[str]()
    gaps = Gaps(reasons.append, clocks=(lambda: clocks.boot, lambda: clocks.wall))
    gaps.look()
    for late in (0.0, 0.5, STANDSTILL_S):
        clocks.pass_by(gaps_module.LOOKS_EVERY_S + late)
        gaps.look()
    assert reasons == []
    clocks.pass_by(gaps_module.LOOKS_EVERY_S + 7)
    gaps.look()
    assert reasons == ["this process stood still for 7 s"]


def test_a_machine_whose_clock_stood_still_with_it_is_found_out_by_the_other_clock() -> None:
    clocks, reasons = Clocks(), list[str]()
    gaps = Gaps(reasons.append, clocks=(lambda: clocks.boot, lambda: clocks.wall))
    gaps.look()
    clocks.wall += 3600
    gaps.look()
    clocks.wall -= 3600
    gaps.look()
    assert reasons == ["this process stood still for 3599 s"]


def test_the_time_before_the_first_look_is_no_standstill() -> None:
    clocks, reasons = Clocks(), list[str]()
    gaps = Gaps(reasons.append, clocks=(lambda: clocks.boot,))
    clocks.pass_by(60)
    gaps.look()
    assert reasons == []
    assert since_boot() > 0


def test_a_process_that_stood_still_between_the_start_and_the_first_look_lost_messages() -> None:
    clocks, reasons = Clocks(), list[str]()
    gaps = Gaps(reasons.append, clocks=(lambda: clocks.boot,))
    gaps.start()
    clocks.pass_by(60)
    gaps.look()
    gaps.stop()
    assert reasons == ["this process stood still for 59 s"]


def test_a_defect_in_whoever_is_told_does_not_end_the_looking(caplog: pytest.LogCaptureFixture) -> None:
    clocks, reasons = Clocks(), list[str]()

    def told(reason: str) -> None:
        reasons.append(reason)
        raise ZeroDivisionError

    gaps = Gaps(told, clocks=(lambda: clocks.boot,))
    for _ in range(3):
        gaps.look()
        clocks.pass_by(60)
    assert len(reasons) == 2
    assert "gaps could not be looked for" in caplog.text


def test_every_subscription_of_a_hub_is_watched_in_its_reactor(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    class Loop:
        running = False

        def __init__(self, call: Callable[[], object]) -> None:
            self.call = call

        def start(self, interval: float, now: bool) -> None:
            calls.append((interval, now, self.call))

    monkeypatch.setattr(gaps_module, "LoopingCall", Loop)
    endpoint = SimpleNamespace(address=place.address)
    factories = {endpoint.address: SimpleNamespace(socket=place.subscriber)}
    zeromq = SimpleNamespace(
        subscriber_factories=SimpleNamespace(items=lambda: [(endpoint, each) for each in factories.values()])
    )
    hub = SimpleNamespace(extensions=[SimpleNamespace(), zeromq])
    gaps = watch(hub, place.reasons.append)
    assert calls == [(gaps_module.LOOKS_EVERY_S, False, gaps.look)]
    place.subscriber.connect(place.address)
    looked(gaps, place, 1)
    gaps.stop()
