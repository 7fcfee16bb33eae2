"""How does anything in the lab hear what is said on the bus?"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

import zmq

log = logging.getLogger(__name__)

LOOKS_EVERY_MS: Final = 200
ENDS_WITHIN_S: Final = 5.0


class Subscription:
    """Hears publishers in a thread of its own and passes the frames on; what cannot be read ends in the log."""

    def __init__(
        self, name: str, addresses: Sequence[str], beginning: str, receive: Callable[[list[bytes]], object]
    ) -> None:
        """``beginning`` is what every topic starts with; ``name`` is the thread's."""
        self._name = name
        self._addresses = tuple(addresses)
        self._beginning = beginning
        self._receive = receive
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name=name, daemon=True)

    def start(self) -> None:
        """Listen from now on; the publishers may come later."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stop.set()
        self._thread.join(ENDS_WITHIN_S)

    def _listen(self) -> None:
        socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        try:
            socket.setsockopt(zmq.RCVHWM, 0)
            socket.setsockopt(zmq.RECONNECT_IVL, 50)
            for address in self._addresses:
                socket.connect(address)
            socket.setsockopt_string(zmq.SUBSCRIBE, self._beginning)
            while not self._stop.is_set():
                if socket.poll(LOOKS_EVERY_MS):
                    self._pass_on(socket.recv_multipart())
        finally:
            socket.close(0)

    def _pass_on(self, frames: list[bytes]) -> None:
        try:
            self._receive(frames)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            log.warning("the lab heard something that is no message", exc_info=True, extra={"listener": self._name})
