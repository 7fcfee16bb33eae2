"""What do we ask of the message bus?"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class Announcement(Protocol):
    """Anything that names its topic after the environment and carries a body."""

    @property
    def topic_suffix(self) -> str:
        """Such as ``relengotron.push.start``; the first word is the sender."""

    @property
    def body(self) -> Mapping[str, Any]:
        """What is told; JSON and nothing else."""

    @property
    def wants_answer(self) -> bool:
        """Whether its readers shall acknowledge it, as gilmsg does it."""


class Bus(Protocol):
    """The way out; nobody is told whether a message arrived anywhere."""

    def publish(self, message: Announcement, msg_id: str) -> None:
        """Send the message under that id; sending it again under the same id is harmless.

        Raises:
            SystemUnreachable: it was not handed to the network.
            RequestRefused: it can never be sent as it is.
        """

    def close(self) -> None:
        """Give the address back; what was published is sent first as far as the network lets us."""


class Guard(Protocol):
    """Whose word a message is; asked once for each message that comes in, by any thread."""

    def sender_of(self, message: Mapping[str, Any]) -> str | None:
        """The common name of the certificate that signed the envelope and may speak on its topic.

        None only where the configuration says in so many words that nobody signs: in a lab.

        Raises:
            Untrusted: it is not signed, forged, revoked, expired, or its sender may not speak on this topic.
        """


@dataclass(frozen=True, slots=True)
class Said:
    """An announcement made on the spot."""

    topic_suffix: str
    body: Mapping[str, Any]
    wants_answer: bool = False


def fresh_msg_id(now: datetime) -> str:
    """Make an id as fedmsg makes them, for senders that keep no outbox."""
    return f"{now.year}-{uuid.uuid4()}"
