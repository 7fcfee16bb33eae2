"""Which STOMP broker, which queue, and would messages be safe there?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Final, Self

from relengotron.errors import MalformedInput
from relengotron.messages.subscribing import beginnings

SUBSCRIBE_KEY: Final = "relengotron.stomp_subscribe"
HOST_KEY: Final = "relengotron.stomp_host"
ACK_MODE: Final = "client-individual"
UNACKNOWLEDGED: Final = 1000
HEARTBEAT_MS: Final = 10_000

_LONGEST_BEATS: Final = 20
_OURS: Final = frozenset({"id", "destination", "ack", "receipt", "content-length"})


def is_stomp(config: Mapping[str, Any]) -> bool:
    """Whether the hub would listen to a STOMP broker; ``mistakes`` says whether it may."""
    return bool(config.get("stomp_uri") or config.get("stomp_broker"))


def mistakes(config: Mapping[str, Any]) -> Iterator[str]:
    """Name everything under which a message would be lost, or not come at all."""
    if config.get("zmq_enabled"):
        yield "zmq_enabled: must be False beside stomp_uri: messages come in over one of the two"
    yield from _wrong_addresses(str(config.get("stomp_uri", "")))
    mode = config.get("stomp_ack_mode", "auto")
    if mode != ACK_MODE:
        yield (
            f"stomp_ack_mode: must be {ACK_MODE!r}, found {mode!r}: the broker would forget messages that are not on "
            "disk yet"
        )
    if not config.get("stomp_queue"):
        yield "stomp_queue: missing; messages must wait in a durable queue while we are down"
    yield from _wrong_numbers(config)
    yield from _wrong_headers(config.get(SUBSCRIBE_KEY, {}))
    yield from _wrong_encryption(config)


@dataclass(frozen=True, slots=True)
class Subscription:
    """The one queue that holds what we want to hear."""

    host: str
    queue: str
    headers: Mapping[str, str]
    topics: tuple[str, ...]
    beginnings: tuple[str, ...]
    heartbeat_ms: int
    user: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, config: Mapping[str, Any], topics: list[str]) -> Self:
        """Read a configuration without mistakes."""
        return cls(
            host=str(config.get(HOST_KEY, "/")),  # RabbitMQ's word for its first virtual host; others do not care
            queue=str(config["stomp_queue"]),
            headers={str(name): str(value) for name, value in config.get(SUBSCRIBE_KEY, {}).items()},
            topics=tuple(topics),
            beginnings=beginnings(f"{config['topic_prefix']}.{config['environment']}."),
            heartbeat_ms=int(config.get("stomp_heartbeat", HEARTBEAT_MS)),
            user=str(config.get("stomp_user", "guest")),
            password=str(config.get("stomp_pass", "guest")),
        )

    def introduction(self) -> dict[str, str]:
        """The headers of CONNECT."""
        return {
            "accept-version": "1.1",
            "host": self.host,
            "heart-beat": f"{self.heartbeat_ms},{self.heartbeat_ms}",
            "login": self.user,
            "passcode": self.password,
        }

    def wish(self) -> dict[str, str]:
        """The headers of SUBSCRIBE; each kind of broker reads its own word for how much may be under way."""
        limits = {name: str(UNACKNOWLEDGED) for name in ("prefetch-count", "activemq.prefetchSize")}
        ours = {"id": self.queue, "destination": self.queue, "ack": ACK_MODE, "receipt": "subscribed"}
        return limits | dict(self.headers) | ours

    def agreed_beats(self, offer: str) -> tuple[float, float]:
        """In seconds: how often the broker is heard at least, and how often it wants to hear us; 0 is never."""
        heard, wanted = _milliseconds(offer)
        return self._agreed(heard), self._agreed(wanted)

    def _agreed(self, milliseconds: int) -> float:
        return max(self.heartbeat_ms, milliseconds) / 1000 if self.heartbeat_ms and milliseconds else 0.0

    def is_foreign(self, destination: str) -> bool:
        """Whether the broker names a topic of our bus that nobody here reads; a queue's name says nothing."""
        topic = destination.rpartition("/")[2]
        return topic.startswith(self.beginnings) and not topic.startswith(self.topics)


def _milliseconds(offer: str) -> tuple[int, int]:
    match offer.split(","):
        case [heard, wanted] if (heard + wanted).isdecimal() and len(heard + wanted) <= _LONGEST_BEATS:
            return int(heard or 0), int(wanted or 0)
    raise MalformedInput(f"a heart-beat that is no two numbers: {offer[:40]!r}")


def _wrong_addresses(uri: str) -> Iterator[str]:
    for address in uri.split(","):
        host, _, port = address.partition(":")
        if not (host.strip() and port.strip().isdecimal()):
            yield f"stomp_uri: must be HOST:PORT, or several with commas between them, found {address!r}"


def _wrong_numbers(config: Mapping[str, Any]) -> Iterator[str]:
    beat = config.get("stomp_heartbeat", HEARTBEAT_MS)
    if isinstance(beat, bool) or not isinstance(beat, int) or beat < 0:
        yield f"stomp_heartbeat: must be a number of milliseconds, found {beat!r}"


def _wrong_headers(headers: object) -> Iterator[str]:
    if not isinstance(headers, Mapping):
        yield f"{SUBSCRIBE_KEY}: must be a dictionary of headers, found {headers!r}"
        return
    yield from (f"{SUBSCRIBE_KEY}: {name} is not yours to set" for name in sorted(_OURS.intersection(headers)))


def _wrong_encryption(config: Mapping[str, Any]) -> Iterator[str]:
    key, certificate = config.get("stomp_ssl_key"), config.get("stomp_ssl_crt")
    if bool(key) != bool(certificate):
        yield "stomp_ssl_key and stomp_ssl_crt: one without the other would be an unencrypted connection"
    elif key and not (find_spec("service_identity") and find_spec("OpenSSL")):
        yield "stomp_ssl_key: nobody would check the broker's name; install relengotron[stomp]"
