"""What came in: stored once, settled once, never lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import inbox
from relengotron.engine.journal.times import moment, stamp


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


def store(
    db: Connection,
    *,
    msg_id: str,
    business_key: str | None,
    topic: str,
    raw: Mapping[str, Any],
    now: datetime,
    parked_because: str | None = None,
) -> bool:
    """Keep the message; False when it is here already, under its id or its business key."""
    row = {
        "msg_id": msg_id,
        "business_key": business_key,
        "topic": topic,
        "raw": dict(raw),
        "received_at": stamp(now),
        "state": MessageState.NEW if parked_because is None else MessageState.PARKED,
        "reason": parked_because or "",
        "settled_at": None if parked_because is None else stamp(now),
    }
    return insert_once(db, inbox, row)


def unsettled(db: Connection, limit: int) -> list[StoredMessage]:
    """The oldest messages that nobody has understood yet."""
    rows = db.execute(select(inbox).where(inbox.c.state == MessageState.NEW).order_by(inbox.c.id).limit(limit))
    return [_message(row) for row in rows.mappings()]


def settle(db: Connection, message: int, state: MessageState, reason: str, now: datetime) -> None:
    """Write down what became of a message."""
    db.execute(update(inbox).where(inbox.c.id == message).values(state=state, reason=reason, settled_at=stamp(now)))


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
    )
