import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
import txzmq
import zmq

from relengotron.consumers.frames import LARGEST_FRAME, limit_frames, watch_frames
from relengotron.errors import MalformedInput
from relengotron.messages.arrival import Arrival


@dataclass(frozen=True)
class Endpoint:
    address: str


@dataclass
class Connection:
    """A subscription as moksha makes it: frames come as body, topic, and two are all it knows."""

    handled: list[tuple[str, str]] = field(default_factory=list)

    def gotMessage(self, *frames: bytes) -> None:
        body, topic = frames
        self.handled.append((topic.decode(), body.decode()))


def hub_with(connection: Connection) -> Any:
    factories = {Endpoint("tcp://127.0.0.1:9"): connection}
    return SimpleNamespace(extensions=[SimpleNamespace(subscriber_factories=factories), SimpleNamespace()])


@pytest.fixture
def connection() -> Connection:
    return Connection()


def test_a_subscription_that_is_made_takes_no_frame_of_any_size() -> None:
    extension = SimpleNamespace(connection_cls=txzmq.ZmqSubConnection)
    limit_frames(SimpleNamespace(extensions=[extension, SimpleNamespace()]))
    factory = txzmq.ZmqFactory()
    made = extension.connection_cls(factory, txzmq.ZmqEndpoint("connect", "tcp://127.0.0.1:9"))
    try:
        assert made.socket.getsockopt(zmq.MAXMSGSIZE) == LARGEST_FRAME
    finally:
        made.shutdown()
        factory.context.term()


def test_messages_go_the_way_they_went(connection: Connection) -> None:
    watch_frames(hub_with(connection), lambda _arrival: pytest.fail("it is a message"))
    connection.gotMessage(b"{}", b"topic")
    assert connection.handled == [("topic", "{}")]


@pytest.mark.parametrize(
    "frames", [(b"\xff", b"topic"), (b"{}", b"\xff\xfe"), (b"one",), (b"3", b"2", b"1"), (), (b"", b"", b"", b"")]
)
def test_what_is_no_message_at_all_is_handed_over_as_what_it_is(
    connection: Connection, frames: tuple[bytes, ...]
) -> None:
    received: list[Arrival] = []
    watch_frames(hub_with(connection), received.append)
    connection.gotMessage(*frames)
    assert connection.handled == []
    (arrival,) = received
    assert json.loads(arrival.text) == [frame.decode("utf-8", "backslashreplace") for frame in frames[::-1]]
    with pytest.raises(MalformedInput):
        arrival.opened()
