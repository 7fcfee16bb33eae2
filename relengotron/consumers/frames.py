"""What if something comes over ZeroMQ that is not even a message of fedmsg?

moksha raises in the reactor then: a traceback in the log, and nobody can look at what it was. And libzmq takes a frame
of any size into memory before anybody is asked.
"""

from collections.abc import Callable
from typing import Any, Final

import txzmq
import zmq

from relengotron.messages.arrival import Arrival
from relengotron.messages.limits import LARGEST_MESSAGE, kept_text

LARGEST_FRAME: Final = 16 * LARGEST_MESSAGE
"""Other consumers of the hub may take larger messages than we do."""


def limit_frames(hub: Any) -> None:
    """Let the subscriptions that are made from now on take no frame that is too large for the memory."""
    for extension in hub.extensions:
        if hasattr(extension, "connection_cls"):
            extension.connection_cls = LimitedConnection


class LimitedConnection(txzmq.ZmqSubConnection):  # type: ignore[misc]
    """A subscription whose publishers are hung up on when they send too much at once."""

    def addEndpoints(self, endpoints: Any) -> None:
        """Connect; the limit holds for connections that are made after it is set."""
        self.socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_FRAME)
        super().addEndpoints(endpoints)


def watch_frames(hub: Any, receive: Callable[[Arrival], object]) -> None:
    """From now on what moksha cannot take apart comes to ``receive``."""
    for extension in hub.extensions:
        for connection in getattr(extension, "subscriber_factories", {}).values():
            connection.gotMessage = _whole(connection.gotMessage, receive)


def _whole(handle: Callable[..., object], receive: Callable[[Arrival], object]) -> Callable[..., None]:
    def got(*frames: bytes) -> None:
        if len(frames) == 2 and all(map(_is_text, frames)):
            handle(*frames)
        else:
            receive(Arrival(kept_text([frame.decode("utf-8", "backslashreplace") for frame in frames[::-1]])))

    return got


def _is_text(frame: bytes) -> bool:
    try:
        frame.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
