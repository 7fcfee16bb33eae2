"""What stands on the outside of a message: who sent it, when, about what?"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Self, TypeGuard

from relengotron.errors import MalformedInput
from relengotron.messages import names
from relengotron.messages.arrival import REFUSED, UNREADABLE
from relengotron.messages.limits import checked_size, plain_json
from relengotron.messages.wire import shown

ENVIRONMENTS: Final = frozenset({"prod", "stg", "dev", "stage"})

_LONGEST_TOPIC: Final = 512
_TOPICS_REMEMBERED: Final = 1024
_SECONDS_UNTIL_YEAR_9999: Final = 253_370_764_800
_DERIVED: Final = "sha256-"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic taken apart: ``org.fedoraproject`` . ``prod`` . ``bodhi.masher.start``."""

    prefix: str
    environment: str
    suffix: str

    @property
    def category(self) -> str:
        """The sender's name on the bus: the first word after the environment."""
        return self.suffix.partition(".")[0]

    @classmethod
    def parse(cls, text: object) -> Self:
        """Find the environment in the topic; a prefix has at least one word, a suffix too."""
        if not isinstance(text, str):
            raise MalformedInput(f"topic: should be a string, found {shown(text)}")
        if len(text) > _LONGEST_TOPIC or not names.is_printable(text) or " " in text:
            raise MalformedInput(f"topic: too long or with characters no topic has, found {shown(text)}")
        words = text.split(".")
        for place in range(1, len(words) - 1):
            if words[place] in ENVIRONMENTS and all(words):
                return cls(".".join(words[:place]), words[place], ".".join(words[place + 1 :]))
        raise MalformedInput(f"topic: should be PREFIX.ENVIRONMENT.SENDER..., found {shown(text)}")

    def __str__(self) -> str:
        return f"{self.prefix}.{self.environment}.{self.suffix}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message, not yet understood; everything but ``body`` has been checked."""

    msg_id: str
    topic: str
    prefix: str
    environment: str
    category: str
    suffix: str
    body: Mapping[str, Any]
    sent_at: datetime | None
    username: str | None
    crypto: str | None
    signed: bool
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, raw: object) -> Self:
        """Read what a consumer, a recording or datagrepper hands over.

        Raises:
            MalformedInput: and nothing else, whatever comes in.
        """
        checked_size(raw)
        return cls.of(_unwrapped(raw))

    @classmethod
    def of(cls, message: dict[str, Any]) -> Self:
        """Read an envelope whose size and nesting have been checked.

        Raises:
            MalformedInput: it is not what an envelope should be.
        """
        topic = topic_of(message)
        body = message.get("msg")
        if not isinstance(body, dict):
            raise MalformedInput(f"msg: should be an object, found {shown(body)}")
        sent_at = _sent_at(message.get("timestamp"))
        return cls(
            msg_id=_msg_id(message),
            topic=str(topic),
            prefix=topic.prefix,
            environment=topic.environment,
            category=topic.category,
            suffix=topic.suffix,
            body=body,
            sent_at=sent_at,
            username=_text("username", message),
            crypto=_text("crypto", message),
            signed=isinstance(message.get("signature"), str),
            raw=message,
        )

    @classmethod
    def from_line(cls, line: str | bytes) -> Self:
        """Read one line of a recording, which is one JSON object."""
        try:
            text = line if isinstance(line, str) else line.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedInput("not UTF-8") from None
        return cls.of(_unwrapped(plain_json(text)))


@lru_cache(maxsize=_TOPICS_REMEMBERED)
def _known_topic(text: str) -> Topic:
    return Topic.parse(text)


def topic_of(message: Mapping[str, Any]) -> Topic:
    """Take the topic of an envelope apart.

    Raises:
        MalformedInput: it has none that could be one.
    """
    text = message.get("topic")
    return _known_topic(text) if isinstance(text, str) else Topic.parse(text)


def id_of(message: Mapping[str, Any]) -> str:
    """Name a message as it names itself, or by its content.

    Raises:
        MalformedInput: it bears a name that none may bear.
    """
    if message.get("msg_id") is None:
        _sent_at(message.get("timestamp"))  # it is a part of the content, and may be a number of any size
    return _msg_id(message)


def content_id(message: Mapping[str, Any]) -> str:
    """Name a message without a msg_id by its content: the same when it comes again by another way."""
    timestamp = message.get("timestamp")
    content = {
        "topic": message.get("topic"),
        "msg": message.get("msg"),
        "i": message.get("i"),
        "timestamp": float(timestamp) if _is_number(timestamp) else None,
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return _DERIVED + hashlib.sha256(text.encode()).hexdigest()


def _unwrapped(raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise MalformedInput(f"a message should be an object, found {shown(raw)}")
    if "body" not in raw or "msg" in raw:
        return raw
    inside = raw["body"]
    if not isinstance(inside, dict):
        raise MalformedInput(f"body: should be an object, found {shown(inside)}")
    if inside.get("topic") != raw.get("topic"):
        raise MalformedInput("topic: the frame and the envelope disagree")
    return inside


def _msg_id(message: Mapping[str, Any]) -> str:
    given = message.get("msg_id")
    if given is None:
        return content_id(message)
    if not isinstance(given, str) or not names.is_identifier(given) or given.startswith((REFUSED, UNREADABLE)):
        raise MalformedInput(f"msg_id: should be an identifier that is nobody else's, found {shown(given)}")
    return given


def _sent_at(timestamp: object) -> datetime | None:
    if timestamp is None:
        return None
    if not _is_number(timestamp) or not 0 <= timestamp < _SECONDS_UNTIL_YEAR_9999:
        raise MalformedInput(f"timestamp: should be seconds since 1970, found {shown(timestamp)}")
    return datetime.fromtimestamp(timestamp, tz=UTC)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(key: str, message: Mapping[str, Any]) -> str | None:
    value = message.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not names.is_person(value):
        raise MalformedInput(f"{key}: should be a short printable text, found {shown(value)}")
    return value
