"""When may messages have passed a hub by? A connection that was away, a process that stood still."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

import zmq
from twisted.internet.task import LoopingCall
from zmq.utils.monitor import parse_monitor_message

log = logging.getLogger(__name__)

LOOKS_EVERY_S: Final = 1.0
STANDSTILL_S: Final = 3.0
"""libzmq keeps 1,000 messages for a subscriber that does not read, and drops what comes after (measured)."""

_MOST_EVENTS: Final = 1000
_WATCHED: Final = zmq.Event.HANDSHAKE_SUCCEEDED | zmq.Event.DISCONNECTED

OnGap = Callable[[str], object]
Clock = Callable[[], float]


def since_boot() -> float:
    """Seconds that no person can change; unlike the usual monotonic clock it goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


CLOCKS: Final[tuple[Clock, ...]] = (since_boot, time.time)
"""A virtual machine that was stopped does not know it until its wall clock is set right."""


@dataclass(slots=True)
class Connection:
    """One subscription socket and its monitor; silence on it is no gap, for nobody may have anything to say."""

    address: str
    socket: zmq.Socket[bytes]
    monitor: zmq.Socket[bytes]
    was_there: bool = False

    @classmethod
    def watched(cls, address: str, socket: "zmq.Socket[bytes]") -> Self:
        """Hear from now on what becomes of the socket's connection."""
        return cls(address, socket, socket.get_monitor_socket(_WATCHED))

    def news(self) -> str | None:
        """What happened since the last look, if messages may have been lost: the publisher is there again.

        A connection that is lost is no reason to look yet: what is sent meanwhile is still to come.
        """
        reason = None
        for _ in range(_MOST_EVENTS):
            match self._next_event():
                case zmq.Event.HANDSHAKE_SUCCEEDED:
                    reason = f"{self.address} is {'there again' if self.was_there else 'there'}"
                    self.was_there = True
                case zmq.Event.DISCONNECTED:
                    log.info("connection lost", extra={"address": self.address})
                case None:
                    break
        return reason

    def close(self) -> None:
        """Watch no more; the socket itself is the hub's."""
        if not self.socket.closed:
            self.socket.disable_monitor()
        self.monitor.close(0)

    def _next_event(self) -> zmq.Event | None:
        try:
            frames = self.monitor.recv_multipart(zmq.NOBLOCK)
        except zmq.Again:
            return None
        return zmq.Event(parse_monitor_message(frames)["event"])


class Gaps:
    """Looks every second from the hub's own reactor, without a thread, and says why messages may be missing."""

    def __init__(
        self, on_gap: OnGap, connections: Iterable[Connection] = (), *, clocks: Iterable[Clock] = CLOCKS
    ) -> None:
        """``on_gap`` gets the reason; it must not block."""
        self._on_gap = on_gap
        self._connections = tuple(connections)
        self._clocks = tuple(clocks)
        self._last: tuple[float, ...] | None = None
        self._calls = LoopingCall(self.look)

    def start(self) -> None:
        """Look every second from now on, in the reactor."""
        self._standstill()  # time counts from here, not from the first look
        self._calls.start(LOOKS_EVERY_S, now=False)

    def stop(self) -> None:
        """Look no more; may be called twice."""
        if self._calls.running:
            self._calls.stop()
        for connection in self._connections:
            connection.close()
        self._connections = ()

    def look(self) -> None:
        """Look once; an exception here would end all looking, so it is logged."""
        try:
            for reason in (self._standstill(), *(each.news() for each in self._connections)):
                if reason is not None:
                    self._on_gap(reason)
        except Exception:
            log.exception("gaps could not be looked for")

    def _standstill(self) -> str | None:
        now = tuple(clock() for clock in self._clocks)
        passed = [new - old for new, old in zip(now, self._last or now, strict=True)]
        self._last = now
        late = max(passed, default=0.0) - LOOKS_EVERY_S
        return f"this process stood still for {late:.0f} s" if late > STANDSTILL_S else None


def watch(hub: Any, on_gap: OnGap) -> Gaps:
    """Watch a hub that has subscribed: every connection of it, and whether its reactor turns."""
    gaps = Gaps(on_gap, [Connection.watched(*each) for each in _subscriptions(hub)])
    gaps.start()
    return gaps


def _subscriptions(hub: Any) -> list[tuple[str, "zmq.Socket[bytes]"]]:
    """The address and socket of each subscription; other transports have none."""
    factories = [getattr(extension, "subscriber_factories", {}) for extension in hub.extensions]
    return [(endpoint.address, made.socket) for each in factories for endpoint, made in each.items()]
