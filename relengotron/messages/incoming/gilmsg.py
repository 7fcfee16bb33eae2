"""What does a reader tell us who was asked to answer: that a message arrived."""

from collections.abc import Mapping
from typing import Any

from relengotron.messages.wire import Identifier, Wire, read
from relengotron.model.events import MessageAcknowledged


class _Ack(Wire):
    ack_msg_id: Identifier


def message_acknowledged(body: Mapping[str, Any]) -> MessageAcknowledged:
    """Read which message arrived; where it arrived is said by the signature, not by the body."""
    return MessageAcknowledged(read(_Ack, body).ack_msg_id)
