"""How does a message on fedmsg ask for an answer? As gilmsg does: a mark on the envelope, a topic for answers."""

from collections.abc import Mapping
from typing import Any, Final

MARK: Final = "gilmsg_version"
"""The key beside ``msg_id`` that asks every reader to acknowledge."""

VERSION: Final = "0.1.2"
"""The gilmsg whose wire format this is; its readers look only whether the mark is there."""

ACK: Final = "gilmsg.ack"
"""The topic of acknowledgements, after prefix and environment."""


def wants_answer(envelope: Mapping[str, Any]) -> bool:
    """Whether its sender waits for an acknowledgement; an acknowledgement itself is never acknowledged."""
    if MARK not in envelope:
        return False
    return isinstance(envelope[MARK], str) and not str(envelope.get("topic")).endswith(f".{ACK}")


def mark_for(is_asked_to_answer: bool) -> dict[str, str]:
    """What goes into the envelope before it is signed: afterwards it would break the signature."""
    return {MARK: VERSION} if is_asked_to_answer else {}
