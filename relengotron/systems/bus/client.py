"""How is a message put on a real fedmsg bus?"""

import copy
import logging
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from datetime import UTC, datetime
from typing import Any, Final, Self, TypeVar

import fedmsg.config
import fedmsg.core
import zmq

from relengotron.errors import RelengError, RequestRefused, SettingsError, SystemBusy, SystemUnreachable
from relengotron.messages.gilmsg import mark_for
from relengotron.systems.bus import fedmsg_d
from relengotron.systems.bus.port import Announcement, Said, fresh_msg_id
from relengotron.systems.bus.signing import Seal

log = logging.getLogger(__name__)

SHORTEST_POST_INIT_SLEEP: Final = 1.0
_PATIENCE_S: Final = 30.0

T = TypeVar("T")


class FedmsgBus:
    """A publisher with an address and a thread of its own.

    fedmsg ties a publisher to the thread that made it, and a second thread needs a second address. Here one thread
    owns the socket and everybody else waits for it, so any thread may publish.
    """

    def __init__(self, config: Mapping[str, Any], name: str) -> None:
        """Bind the first free address of ``name`` in ``endpoints``.

        Args:
            config: the fedmsg configuration; it is copied.
            name: the entry of ``endpoints`` (and of ``certnames``) that is ours.

        Raises:
            SettingsError: the configuration cannot publish, or cannot sign although it should.
            SystemBusy: another process has every address.
        """
        own = _own_config(config, name)
        self._seal = Seal(own)
        self._seal.prove()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bus")
        try:
            self._context = self._in_thread(lambda: _opened(own), _PATIENCE_S)
        except BaseException:
            self._thread.shutdown(wait=False)
            raise
        # Subscribers need this time to find a new socket: the first word waits for it, the start of a daemon does not.
        self._heard_from = time.monotonic() + own["post_init_sleep"]
        self._linger_ms = int(own["zmq_linger"])
        self._is_open = True
        log.info("publishing", extra={"endpoint_name": name, "signed": self._seal.signs})

    @classmethod
    def from_fedmsg_d(cls, name: str) -> Self:
        """Open a publisher with the configuration fedmsg itself would find."""
        return cls(fedmsg_d.found(), name)

    def publish(self, message: Announcement, msg_id: str) -> None:
        """Send the message under that id."""
        sender, _, topic = message.topic_suffix.partition(".")
        if not topic:
            raise RequestRefused(f"a topic needs a sender and a subject: {message.topic_suffix!r}")
        body, marks = dict(message.body), mark_for(message.wants_answer)
        self._in_thread(lambda: self._send(sender, topic, body, msg_id, marks), _PATIENCE_S)

    def announce(self, topic_suffix: str, body: Mapping[str, Any]) -> None:
        """Send under a fresh id; for senders that keep no outbox."""
        self.publish(Said(topic_suffix, body), fresh_msg_id(datetime.now(UTC)))

    def close(self) -> None:
        """Close the socket; may be called twice."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            self._in_thread(self._destroyed, _PATIENCE_S)
        except SystemUnreachable as error:
            log.warning("the publisher did not close", extra={"error": str(error)})
        self._thread.shutdown(wait=False)

    def _destroyed(self) -> None:
        # Without a limit a subscriber that stopped reading would keep us here for ever.
        self._context.publisher.setsockopt(zmq.LINGER, self._linger_ms)
        self._context.destroy()

    def _send(self, sender: str, topic: str, body: dict[str, Any], msg_id: str, marks: Mapping[str, str]) -> None:
        def complete(envelope: dict[str, Any]) -> None:
            envelope.update(marks)  # before it is signed: gilmsg itself does it afterwards and breaks the signature
            self._seal.put_on(envelope, msg_id)

        time.sleep(max(0.0, self._heard_from - time.monotonic()))
        try:
            self._context.publish(
                topic=topic,
                modname=sender,
                msg=body,
                pre_fire_hook=complete,
            )
        except (TypeError, ValueError) as error:
            raise RequestRefused(f"{sender}.{topic} cannot be written as JSON: {error}") from error
        except zmq.ZMQError as error:
            raise SystemUnreachable(f"the bus took no message: {error}") from error

    def _in_thread(self, work: Callable[[], T], patience_s: float) -> T:
        try:
            promised = self._thread.submit(work)
        except RuntimeError as error:
            raise SystemUnreachable("the publisher is closed") from error
        try:
            return promised.result(timeout=patience_s)
        except TooLate:
            raise SystemUnreachable(f"the bus thread did not answer within {patience_s:g} s") from None


def _own_config(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    mistakes = "; ".join(fedmsg_d.mistakes_of_a_publisher(config, name))
    if mistakes:
        raise SettingsError(mistakes)
    own = dict(fedmsg.config.defaults) | dict(config)
    wanted = dict(own["endpoints"])
    return copy.deepcopy(own) | {
        "name": name,
        "endpoints": {name: copy.deepcopy(wanted[name])},
        "active": False,
        "mute": False,
        "zmq_enabled": True,
        "persistent_store": None,
        "hostname": socket.gethostname().split(".", 1)[0],
        "post_init_sleep": max(float(own["post_init_sleep"]), SHORTEST_POST_INIT_SLEEP),
    }


def _opened(config: dict[str, Any]) -> Any:
    # The context must not sign: the seal does, after it has put our msg_id into the envelope.
    # Made in two steps, because a context that finds no free address forgets to close its socket.
    context = fedmsg.core.FedMsgContext.__new__(fedmsg.core.FedMsgContext)
    try:
        context.__init__(**(config | {"sign_messages": False, "post_init_sleep": 0}))
    except OSError as error:
        context.destroy()
        raise _without_address(config["name"], config["endpoints"][config["name"]]) from error
    return context


def _without_address(name: str, addresses: list[str]) -> RelengError:
    """Why none of our addresses can be bound, which fedmsg itself does not tell."""
    if any(_is_taken(address) for address in addresses):
        return SystemBusy(f"every address of {name!r} is taken by another process now: {addresses}")
    return SettingsError(f"fedmsg.d: endpoints: no address of {name!r} can be bound: {addresses}")


def _is_taken(address: str) -> bool:
    with zmq.Context() as context, context.socket(zmq.PUB) as probe:
        try:
            probe.bind(f"tcp://*:{address.rsplit(':')[-1]}")  # as fedmsg does it
        except zmq.ZMQError as error:
            return error.errno == zmq.EADDRINUSE
        return True  # it was a moment ago
