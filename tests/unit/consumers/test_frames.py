import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import zmq

from relengotron.consumers.frames import LARGEST_FRAME, watch_frames
from relengotron.errors import MalformedInput
from relengotron.messages.arrival import Arrival


@dataclass(frozen=True)
class Endpoint:
    address: str


@dataclass
class Connection:
    """A subscription as moksha makes it: frames come as body, topic, and two are all it knows."""

    socket: Any
    handled: list[tuple[str, str]] = field(default_factory=list)

    def gotMessage(self, *frames: bytes) -> None:
        body, topic = frames
        self.handled.append((topic.decode(), body.decode()))


def hub_with(connection: Connection, address: str) -> Any:
    factories = {Endpoint(address): connection}
    return SimpleNamespace(extensions=[SimpleNamespace(subscriber_factories=factories), SimpleNamespace()])


@pytest.fixture
def connection() -> Any:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.setsockopt(zmq.LINGER, 0)
        socket.connect("tcp://127.0.0.1:9")
        yield Connection(socket)


def test_messages_go_the_way_they_went(connection: Connection) -> None:
    watch_frames(hub_with(connection, "tcp://127.0.0.1:9"), lambda _arrival: pytest.fail("it is a message"))
    connection.gotMessage(b"{}", b"topic")
    assert connection.handled == [("topic", "{}")]
    assert connection.socket.getsockopt(zmq.MAXMSGSIZE) == LARGEST_FRAME


@pytest.mark.parametrize(
    "frames", [(b"\xff", b"topic"), (b"{}", b"\xff\xfe"), (b"one",), (b"3", b"2", b"1"), (), (b"", b"", b"", b"")]
)
def test_what_is_no_message_at_all_is_handed_over_as_what_it_is(
    connection: Connection, frames: tuple[bytes, ...]
) -> None:
    received: list[Arrival] = []
    watch_frames(hub_with(connection, "tcp://127.0.0.1:9"), received.append)
    connection.gotMessage(*frames)
    assert connection.handled == []
    (arrival,) = received
    assert json.loads(arrival.text) == [frame.decode("utf-8", "backslashreplace") for frame in frames[::-1]]
    with pytest.raises(MalformedInput):
        arrival.opened()
