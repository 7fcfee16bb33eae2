"""How did a row of datagrepper look when it was on the bus? Its signature must be valid again."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from relengotron.messages.gilmsg import MARK, VERSION

_ADDED: Final = frozenset({"source_name", "source_version", "headers"})
_SHOWN_ALTHOUGH_MISSING: Final = frozenset({"certificate", "crypto", "msg_id", "signature", "username"})
"""Columns of the history: null where the message had no such key."""


def forms_of(row: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Every envelope that may have become this row, the likeliest first."""
    return tuple(_forms(row))


def _forms(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    plain = {key: value for key, value in row.items() if key not in _ADDED and not _is_hole(key, value)}
    plain["timestamp"] = _as_sent(row["timestamp"])
    yield plain
    # The history has no column for it, so a message that waits for an answer comes back without its mark.
    if "signature" in plain:
        yield plain | {MARK: VERSION}
    # They are the transport's and stand beside the envelope, so none was signed with them; but nobody can be sure.
    if row.get("headers"):
        yield plain | {"headers": row["headers"]}


def _is_hole(key: str, value: object) -> bool:
    return value is None and key in _SHOWN_ALTHOUGH_MISSING


def _as_sent(timestamp: float) -> int | float:
    """Senders write whole seconds as a whole number, the history every number as a float."""
    return int(timestamp) if timestamp == int(timestamp) else timestamp
