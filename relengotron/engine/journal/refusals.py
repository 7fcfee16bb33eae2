"""Who spoke and was not believed? Counted, so that a flood leaves a number and not a full disk."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, func, insert, select, update

from relengotron.engine.journal.columns import as_stored
from relengotron.engine.journal.tables import refusals
from relengotron.engine.journal.times import moment, stamp
from relengotron.errors import Untrusted

KEPT_OF_A_KIND = 20
"""So many messages of one kind, sender and topic are kept as evidence, and one more after each quiet day."""
KEPT_OF_THE_MENDABLE = 1000
"""And so many where a row in a table or a list may be at fault: they are wanted later, their senders proven."""
QUIET = timedelta(days=1)
MOST_KINDS = 500
"""Senders and topics are whatever somebody wrote: past so many rows the rest is counted under one name."""
OTHERS = "(others)"


@dataclass(frozen=True, slots=True)
class Refusal:
    """How often one sender was refused on one topic for one kind of reason; ``reason`` is the last one told."""

    kind: str
    sender: str
    topic: str
    count: int
    first_at: datetime
    last_at: datetime
    reason: str


def count(db: Connection, refused: Untrusted, topic: str, now: datetime) -> bool:
    """Count one more; True when the message should be kept as evidence too."""
    known = _find(db, refused.kind, refused.sender, topic)
    sender = refused.sender
    if known is None and _is_full(db):
        sender = topic = OTHERS
        known = _find(db, refused.kind, sender, topic)
    if known is None:
        _insert(db, Refusal(refused.kind, sender, topic, 1, now, now, str(refused)))
        return True
    db.execute(
        update(refusals)
        .where(*_is(refused.kind, sender, topic))
        .values(count=refusals.c.count + 1, last_at=stamp(now), reason=str(refused))
    )
    most = KEPT_OF_THE_MENDABLE if refused.may_be_genuine else KEPT_OF_A_KIND
    return known.count < most or now - known.last_at > QUIET


def of_all(db: Connection) -> list[Refusal]:
    """Every row, the newest first."""
    return [_refusal(row) for row in db.execute(select(refusals).order_by(refusals.c.last_at.desc())).mappings()]


def _find(db: Connection, kind: str, sender: str, topic: str) -> Refusal | None:
    row = db.execute(select(refusals).where(*_is(kind, sender, topic))).mappings().first()
    return None if row is None else _refusal(row)


def _is(kind: str, sender: str, topic: str) -> tuple[ColumnElement[bool], ...]:
    wanted = {refusals.c.kind: kind, refusals.c.sender: sender, refusals.c.topic: topic}
    return tuple(column == as_stored(column, name) for column, name in wanted.items())


def _is_full(db: Connection) -> bool:
    return (db.execute(select(func.count()).select_from(refusals)).scalar() or 0) >= MOST_KINDS


def _insert(db: Connection, new: Refusal) -> None:
    row = {"kind": new.kind, "sender": new.sender, "topic": new.topic, "count": new.count, "reason": new.reason}
    db.execute(insert(refusals).values(**row, first_at=stamp(new.first_at), last_at=stamp(new.last_at)))


def _refusal(row: RowMapping) -> Refusal:
    return Refusal(
        kind=row["kind"],
        sender=row["sender"],
        topic=row["topic"],
        count=row["count"],
        first_at=moment(row["first_at"]),
        last_at=moment(row["last_at"]),
        reason=row["reason"],
    )
