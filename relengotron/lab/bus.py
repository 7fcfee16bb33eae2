"""How does the lab hear what the daemon says?"""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import zmq

log = logging.getLogger(__name__)

LOOKS_EVERY_MS = 200


class Listener:
    """Hears one publisher's messages in a thread of its own and passes topic suffix and envelope on."""

    def __init__(
        self,
        address: str,
        beginning: str,
        hear: Callable[[str, dict[str, Any]], None],
        believes: Callable[[dict[str, Any]], bool] = lambda _envelope: True,
    ) -> None:
        """``beginning`` is what every topic starts with; it is cut off. What is not to be believed is not passed on."""
        self._believes = believes
        self._address = address
        self._beginning = beginning
        self._hear = hear
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="lab-listener", daemon=True)

    def start(self) -> None:
        """Listen from now on; the publisher may come later."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stop.set()
        self._thread.join(5)

    def _listen(self) -> None:
        socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        try:
            socket.setsockopt(zmq.RECONNECT_IVL, 50)
            socket.connect(self._address)
            socket.setsockopt_string(zmq.SUBSCRIBE, self._beginning)
            while not self._stop.is_set():
                if socket.poll(LOOKS_EVERY_MS):
                    self._pass_on(socket.recv_multipart())
        finally:
            socket.close(0)

    def _pass_on(self, frames: list[bytes]) -> None:
        try:
            topic, envelope = frames[0].decode(), dict(json.loads(frames[1]))
            if self._believes(envelope):
                self._hear(topic.removeprefix(self._beginning), envelope)
            else:
                log.warning("the lab does not believe a message", extra={"topic": topic})
        except (ValueError, KeyError, IndexError, TypeError):
            log.warning("the lab heard something that is no message", exc_info=True)
