"""How do messages come in from a STOMP broker?

moksha's own STOMP protocol acknowledges what is merely in memory, counts characters where STOMP counts bytes, leaves
frames unread until the next one comes, and ends the hub at the first ERROR. So the hub's STOMP extension keeps its
sockets, its list of brokers and its pauses between them, and gets this protocol to speak over them.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from twisted.internet.protocol import Protocol
from twisted.internet.task import LoopingCall

from relengotron.errors import MalformedInput
from relengotron.messages.arrival import Arrival
from relengotron.messages.stomp import Frame, FrameReader
from relengotron.systems.bus.stomp_config import Subscription

log = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.1
_SILENT_BEATS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Arrival):
    """A message which the broker keeps, and sends again, until it is acknowledged."""

    message_id: str
    session: "Session"


Receive = Callable[[Delivery], None]


def listen(hub: Any, subscription: Subscription, receive: Receive) -> None:
    """Let the hub's STOMP extension speak our protocol; it connects later, when the reactor runs."""
    from moksha.hub.stomp import StompHubExtension

    for extension in hub.extensions:
        if isinstance(extension, StompHubExtension):
            extension.buildProtocol = lambda _address, to=extension: Session(to, subscription, receive)


def acknowledge(stored: Sequence[Arrival]) -> None:
    """Let the broker forget messages that are on disk; any thread may call this."""
    from moksha.hub.reactor import reactor

    reactor.callFromThread(_acknowledge, [each for each in stored if isinstance(each, Delivery)])


def _acknowledge(deliveries: Sequence[Delivery]) -> None:
    for session in {delivery.session for delivery in deliveries}:
        session.acknowledge(each.message_id for each in deliveries if each.session is session)


class Session(Protocol):
    """One connection to a broker: subscribes, hands messages over, acknowledges them when told to."""

    transport: Any  # of Twisted: typed as something that cannot write

    def __init__(self, extension: Any, subscription: Subscription, receive: Receive) -> None:
        """Wait for the connection."""
        self._extension = extension
        self._subscription = subscription
        self._receive = receive
        self._reader = FrameReader()
        self._beats: list[LoopingCall] = []
        self._silence = 0

    def connectionMade(self) -> None:
        """Introduce ourselves."""
        self._extension.proto = self
        self._send(Frame("CONNECT", self._subscription.introduction()))

    def connectionLost(self, reason: Any = None) -> None:
        """What was not acknowledged will come again; the extension connects anew."""
        for beat in self._beats:
            beat.stop()
        self._beats.clear()

    def dataReceived(self, data: bytes) -> None:
        """React to each frame; a stream that cannot be read is begun anew."""
        self._silence = 0
        try:
            for frame in self._reader.frames(data):
                self._react(frame)
        except MalformedInput as error:
            log.error("what the broker sends cannot be read: %s", error)
            self.transport.abortConnection()

    def acknowledge(self, message_ids: Iterable[str]) -> None:
        """Send the acknowledgements; of a connection that is lost the broker has forgotten them already."""
        if self.connected:
            queue = self._subscription.queue
            self._send(*(Frame("ACK", {"subscription": queue, "message-id": each}) for each in message_ids))

    def _react(self, frame: Frame) -> None:
        match frame.command:
            case "MESSAGE":
                self._take(frame)
            case "CONNECTED":
                self._subscribe(frame.headers.get("heart-beat", "0,0"))
            case "RECEIPT":
                log.info("listening to %s", self._subscription.queue)
            case "ERROR":
                # Its last word on this connection. The hub lives on, so that its runs do, and asks again after a pause.
                log.error("the broker hangs up: %s", f"{frame.headers.get('message', '')} {frame.text}".strip())
                self.transport.loseConnection()
            case other:
                raise MalformedInput(f"a STOMP frame that a server never sends: {other[:40]!r}")

    def _take(self, frame: Frame) -> None:
        try:
            message_id, destination = frame.headers["message-id"], frame.headers["destination"]
        except KeyError as missing:
            raise MalformedInput(f"a STOMP message without {missing}") from None
        self._show_others(frame)
        if self._subscription.is_foreign(frame.headers.get("original-destination", destination)):
            self.acknowledge([message_id])
        else:
            self._receive(Delivery(frame.text, message_id=message_id, session=self))

    def _show_others(self, frame: Frame) -> None:
        """Other consumers in this hub hear the queue too; what they make of a message is not asked."""
        hub = self._extension.hub
        if not hub.topics:
            return
        try:
            hub.consume_stomp_message({"cmd": frame.command, "headers": dict(frame.headers), "body": frame.text})
        except Exception:
            log.exception("another consumer of this hub failed")

    def _subscribe(self, heart_beat: str) -> None:
        self._extension._delay = _FIRST_PAUSE_S  # the broker likes us: the next pause is short again
        self._send(Frame("SUBSCRIBE", self._subscription.wish()))
        theirs, wanted = self._subscription.agreed_beats(heart_beat)
        self._every(wanted, lambda: self.transport.write(b"\n"))
        self._every(theirs, self._listen_for_a_beat)

    def _every(self, seconds: float, work: Callable[[], None]) -> None:
        if seconds:
            beat = LoopingCall(work)
            beat.start(seconds, now=False)
            self._beats.append(beat)

    def _listen_for_a_beat(self) -> None:
        self._silence += 1
        if self._silence > _SILENT_BEATS:
            log.error("the broker is silent: connecting anew")
            self.transport.abortConnection()

    def _send(self, *frames: Frame) -> None:
        self.transport.write(b"".join(frame.packed() + b"\n" for frame in frames))
