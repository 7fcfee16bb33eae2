from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from twisted.internet.task import Clock, LoopingCall
from twisted.internet.testing import StringTransport

from relengotron.consumers import stomp
from relengotron.consumers.doorway import Doorway
from relengotron.consumers.stomp import Delivery, Session
from relengotron.messages.arrival import Arrival
from relengotron.messages.stomp import Frame, FrameReader
from relengotron.systems.bus.stomp_config import Subscription

BEGINNING = "org.fedoraproject.dev."
ORDER = BEGINNING + "bodhi.masher.start"
CONFIG = {
    "topic_prefix": "org.fedoraproject",
    "environment": "dev",
    "stomp_queue": "/queue/relengotron",
    "relengotron.stomp_subscribe": {"durable": "true"},
}


class Broker:
    """The other end of one session."""

    def __init__(self, session: Session, received: list[Delivery]) -> None:
        self.session = session
        self.received = received
        self.transport: Any = cast(Any, StringTransport)()
        self.transport.connected = True
        cast(Any, session).makeConnection(self.transport)

    def sends(self, command: str, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.session.dataReceived(Frame(command, named, body).packed() + b"\n")

    def delivers(self, number: int, body: bytes = b"{}", topic: str = ORDER) -> None:
        self.sends("MESSAGE", body, message_id=f"m{number}", destination=f"/topic/{topic}", colour="blue")

    def heard(self) -> list[Frame]:
        wire = self.transport.value()
        self.transport.clear()
        return list(FrameReader().frames(wire))

    def acknowledged(self) -> list[str]:
        frames = self.heard()
        assert {frame.command for frame in frames} <= {"ACK"}
        return [frame.headers["message-id"] for frame in frames]


@pytest.fixture
def extension() -> Any:
    return SimpleNamespace(hub=SimpleNamespace(topics={}), proto=None, _delay=60.0)


@pytest.fixture
def broker(extension: Any) -> Broker:
    received: list[Delivery] = []
    return Broker(Session(extension, Subscription.of(CONFIG, [ORDER]), received.append), received)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()

    def looping(work: Any) -> LoopingCall:
        call: Any = LoopingCall(work)
        call.clock = clock
        return cast(LoopingCall, call)

    monkeypatch.setattr(stomp, "LoopingCall", looping)
    return clock


def test_a_session_introduces_itself_and_subscribes_when_the_broker_likes_it(broker: Broker, extension: Any) -> None:
    [introduction] = broker.heard()
    assert (introduction.command, introduction.headers["host"]) == ("CONNECT", "/")
    assert extension._delay == 60.0

    broker.sends("CONNECTED", version="1.1")
    [wish] = broker.heard()
    assert wish.command == "SUBSCRIBE"
    assert wish.headers.items() >= {"destination": "/queue/relengotron", "ack": "client-individual"}.items()
    assert (wish.headers["durable"], wish.headers["prefetch-count"]) == ("true", "1000")
    assert extension._delay == 0.1


def test_a_message_is_handed_over_as_it_came_and_acknowledged_only_when_it_is_stored(broker: Broker) -> None:
    broker.heard()
    for number in range(3):
        broker.delivers(number, '{"msg": "é"}'.encode())

    assert [each.text for each in broker.received] == ['{"msg": "é"}'] * 3
    assert broker.acknowledged() == []
    stomp._acknowledge(broker.received[:2])
    assert broker.acknowledged() == ["m0", "m1"]


def test_one_that_breaks_the_intake_is_not_acknowledged_and_its_companions_are(broker: Broker) -> None:
    class Intake:
        def store_all(self, arrivals: Sequence[Arrival]) -> int:
            if any(each.text == "breaks" for each in arrivals):
                raise ValueError("a defect")
            return len(arrivals)

    for number, body in enumerate((b"{}", b"breaks", b"{}")):
        broker.delivers(number, body)
    broker.heard()

    stomp._acknowledge([each for each in Doorway(Intake()).keep(broker.received) if isinstance(each, Delivery)])
    assert broker.acknowledged() == ["m0", "m2"]


def test_nothing_is_acknowledged_on_another_connection_than_the_one_it_came_on(broker: Broker) -> None:
    broker.delivers(1)
    broker.heard()
    broker.session.connected = 0

    stomp._acknowledge(broker.received)
    assert broker.acknowledged() == []


def test_what_nobody_here_reads_is_acknowledged_at_once(broker: Broker) -> None:
    broker.heard()
    broker.delivers(1, topic=BEGINNING + "fedbadges.badge.award")
    broker.delivers(2, topic="VirtualTopic.eng.other")

    assert [each.message_id for each in broker.received] == ["m2"]
    assert broker.acknowledged() == ["m1"]


def test_other_consumers_of_the_hub_hear_each_message_and_cannot_break_ours(broker: Broker, extension: Any) -> None:
    heard = []

    def consume(message: dict[str, Any]) -> bool:
        heard.append(message)
        message["headers"]["message-id"] = "changed"
        raise RuntimeError("a consumer that fails")

    extension.hub.topics["any"] = [print]
    extension.hub.consume_stomp_message = consume
    broker.delivers(1, b'{"a": 1}')

    assert [message["body"] for message in heard] == ['{"a": 1}']
    assert [(each.message_id, each.text) for each in broker.received] == [("m1", '{"a": 1}')]


def test_after_an_error_the_connection_ends_and_the_hub_does_not(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    broker.sends("ERROR", b"Access refused", message="Bad CONNECT")

    assert broker.transport.disconnecting
    assert "the broker hangs up: Bad CONNECT Access refused" in caplog.text


@pytest.mark.parametrize(
    "wire", [b"MESSAGE\nfoo:bar\n\n\x00", b"HTTP/1.1 200 OK\n\n\x00", b"CONNECTED\nheart-beat:soon\n\n\x00"]
)
def test_a_stream_that_cannot_be_read_is_cut_off(broker: Broker, wire: bytes) -> None:
    broker.session.dataReceived(wire)

    assert broker.transport.disconnected or broker.transport.disconnecting


def test_a_broker_that_has_died_without_a_word_is_noticed_by_its_silence(broker: Broker, clock: Clock) -> None:
    broker.sends("CONNECTED", heart_beat="10000,10000")
    broker.heard()
    for _ in range(12):
        clock.advance(10)
        broker.session.dataReceived(b"\n")
    assert broker.transport.value().count(b"\n") == 12
    assert not broker.transport.disconnecting

    clock.pump([10] * 5)
    assert broker.transport.disconnecting


def test_a_session_that_has_ended_beats_no_more(broker: Broker, clock: Clock) -> None:
    broker.sends("CONNECTED", heart_beat="10000,10000")
    broker.session.connectionLost()

    assert clock.getDelayedCalls() == []


def test_a_broker_that_does_not_beat_is_not_expected_to(broker: Broker, clock: Clock) -> None:
    broker.sends("CONNECTED", heart_beat="0,0")

    assert clock.getDelayedCalls() == []
