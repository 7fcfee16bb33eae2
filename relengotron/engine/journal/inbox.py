"""What came in: stored once, settled once, never lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, bindparam, func, select, update

from relengotron.engine.journal.columns import as_stored, insert_once
from relengotron.engine.journal.tables import inbox
from relengotron.engine.journal.times import moment, stamp

LONGEST_EVIDENCE: Final = 65_536
_SETTLE: Final = update(inbox).where(inbox.c.id == bindparam("the_id"))


class MessageState(StrEnum):
    """What became of a stored message."""

    NEW = "new"
    HANDLED = "handled"
    IGNORED = "ignored"
    PARKED = "parked"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One message as it came, and what became of it."""

    id: int
    msg_id: str
    topic: str
    raw: Mapping[str, Any]
    received_at: datetime
    state: MessageState
    reason: str
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class NewMessage:
    """One message that is to be stored: ``text`` is its envelope as it came."""

    msg_id: str
    topic: str
    text: str
    sender: str | None = None
    wants_answer: bool = False


def store_all(db: Connection, messages: Sequence[NewMessage], now: datetime) -> int:
    """Keep the messages in their order, each once; how many were not here yet. For many, this is the fast way."""
    if not messages:
        return 0
    at = stamp(now)
    columns = [
        [as_stored(inbox.c.msg_id, each.msg_id) for each in messages],
        [as_stored(inbox.c.topic, each.topic) for each in messages],
        [each.text for each in messages],
        [as_stored(inbox.c.sender, each.sender) if each.sender else "" for each in messages],
    ]
    if db.dialect.name == "postgresql":
        return db.exec_driver_sql(_MANY_FOR_POSTGRESQL, (at, *map(_packed, columns))).rowcount
    rows = [(*row, at) for row in zip(*columns, strict=True)]
    return db.exec_driver_sql(_MANY_FOR_SQLITE, rows).rowcount


_COLUMNS: Final = "msg_id, topic, raw, sender, received_at, state, reason"
_MANY_FOR_SQLITE: Final = (
    f"INSERT INTO inbox ({_COLUMNS}) VALUES (?, ?, ?, nullif(?, ''), ?, '{MessageState.NEW}', '')"  # noqa: S608
    " ON CONFLICT DO NOTHING"
)
_BETWEEN: Final = "\x1f"
"""Parts the values of a column on their way: JSON holds no control characters, and the driver's own arrays are slow
(measured: 11,000 messages a second, 50,000 so)."""
_ARRAY: Final = "string_to_array(%s, chr(31))"
_MANY_FOR_POSTGRESQL: Final = (
    f"INSERT INTO inbox ({_COLUMNS}) "  # noqa: S608
    f"SELECT came.msg_id, came.topic, came.raw, nullif(came.sender, ''), %s, '{MessageState.NEW}', ''"
    f" FROM unnest({_ARRAY}, {_ARRAY}, {_ARRAY}::json[], {_ARRAY}) AS came (msg_id, topic, raw, sender)"
    " ON CONFLICT DO NOTHING"
)


def _packed(column: Sequence[str]) -> str:
    return _BETWEEN.join(value.replace(_BETWEEN, "\N{REPLACEMENT CHARACTER}") for value in column)


def store(
    db: Connection,
    *,
    msg_id: str,
    business_key: str | None,
    topic: str,
    raw: Mapping[str, Any],
    now: datetime,
    sender: str | None = None,
    parked_because: str | None = None,
) -> bool:
    """Keep one message; False when it is here already, under its id or its business key."""
    row = {
        "msg_id": msg_id,
        "business_key": business_key,
        "topic": topic,
        "raw": dict(raw),
        "received_at": stamp(now),
        "state": MessageState.NEW if parked_because is None else MessageState.PARKED,
        "reason": parked_because or "",
        "settled_at": None if parked_because is None else stamp(now),
        "sender": sender,
    }
    return insert_once(db, inbox, row)


def is_here(db: Connection, msg_id: str) -> bool:
    """Whether a message with this id is stored already."""
    return db.execute(select(inbox.c.id).where(inbox.c.msg_id == msg_id)).first() is not None


def unsettled(db: Connection, limit: int) -> list[StoredMessage]:
    """The oldest messages that nobody has understood yet."""
    rows = db.execute(select(inbox).where(inbox.c.state == MessageState.NEW).order_by(inbox.c.id).limit(limit))
    return [_message(row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message, and the key by which the same news is recognised from now on."""

    message: int
    state: MessageState
    reason: str
    key: str | None = None


def settle(db: Connection, settled: Sequence[Settled], now: datetime) -> None:
    """Write down what became of messages."""
    with_key = [_row_of(each, now) | {"business_key": each.key} for each in settled if each.key is not None]
    without = [_row_of(each, now) for each in settled if each.key is None]
    for rows in (with_key, without):
        if rows:
            db.execute(_SETTLE, rows)


def _row_of(settled: Settled, now: datetime) -> dict[str, Any]:
    return {
        "the_id": settled.message,
        "state": settled.state,
        "reason": settled.reason,
        "settled_at": stamp(now),
    }


def with_business_key(db: Connection, key: str) -> str | None:
    """The id of the message that brought this news before."""
    return db.execute(select(inbox.c.msg_id).where(inbox.c.business_key == key)).scalar()


def parked(db: Connection, limit: int) -> list[StoredMessage]:
    """The newest messages that could not be understood."""
    rows = db.execute(
        select(inbox).where(inbox.c.state == MessageState.PARKED).order_by(inbox.c.id.desc()).limit(limit)
    )
    return [_message(row) for row in rows.mappings()]


def counts(db: Connection) -> dict[MessageState, int]:
    """How many messages ended how."""
    rows = db.execute(select(inbox.c.state, func.count()).group_by(inbox.c.state))
    return {MessageState(state): count for state, count in rows}


def last_received(db: Connection) -> datetime | None:
    """When the newest message was stored."""
    newest = db.execute(select(inbox.c.received_at).order_by(inbox.c.id.desc()).limit(1)).scalar()
    return None if newest is None else moment(newest)


def _message(row: RowMapping) -> StoredMessage:
    return StoredMessage(
        id=row["id"],
        msg_id=row["msg_id"],
        topic=row["topic"],
        raw=row["raw"],
        received_at=moment(row["received_at"]),
        state=MessageState(row["state"]),
        reason=row["reason"],
        sender=row["sender"],
    )
