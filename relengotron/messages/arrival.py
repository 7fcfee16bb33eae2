"""What did a transport hand over, before anybody has read it?"""

import json
from dataclasses import dataclass
from typing import Any, Final, Self

from relengotron.errors import MalformedInput
from relengotron.messages.limits import kept_text, plain_json
from relengotron.messages.wire import shown

REFUSED: Final = "refused-"
UNREADABLE: Final = "unreadable-"
"""What the msg_ids of messages that were put aside at the door begin with: no message may bear such an id itself."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came: the text of its envelope, and the topic that stood outside of it, if there was one."""

    text: str
    topic: str | None = None

    @classmethod
    def of(cls, message: object) -> Self:
        """A message that somebody read already: the envelope itself, or one in a consumer's ``topic`` and ``body``."""
        if isinstance(message, dict) and "body" in message and "msg" not in message:
            topic, body = message.get("topic"), message["body"]
            return cls(body if isinstance(body, str) else _text(body), topic if isinstance(topic, str) else None)
        return cls(_text(message))

    def opened(self) -> dict[str, Any]:
        """The envelope, not yet believed.

        Raises:
            MalformedInput: there is none, or it names another topic than the frame around it.
        """
        envelope = plain_json(self.text)
        if not isinstance(envelope, dict):
            raise MalformedInput(f"a message should be an object, found {shown(envelope)}")
        if self.topic is not None and envelope.get("topic") != self.topic:
            raise MalformedInput("topic: the frame and the envelope disagree")
        return envelope


def _text(value: object) -> str:
    """The value as JSON; what is none becomes a text that is kept and can never be taken for a message."""
    try:
        return json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(kept_text(value))
