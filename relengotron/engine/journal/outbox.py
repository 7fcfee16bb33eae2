"""What we say: written with the state it speaks of, sent afterwards, in order."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, or_, select, update

from relengotron.decisions import retrying
from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import outbox
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.model.codec import to_json

OUR_MESSAGES = uuid.UUID("5d2e2b1a-3f0c-5b7e-9c59-6f5b0d7a9f10")

_SENT = (
    update(outbox)
    .where(outbox.c.id == bindparam("message"))
    .values(sent_at=bindparam("at"), attempts=outbox.c.attempts + 1, trouble="", repeated_at=None)
)


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message of ours; its id never changes, however often it is sent.

    ``recipients`` are those who must acknowledge it. ``tried_at`` is when it was said again, or refused, for the last
    time.
    """

    id: int
    msg_id: str
    run: str | None
    topic: str
    body: Mapping[str, Any]
    written_at: datetime
    sent_at: datetime | None
    attempts: int = 0
    trouble: str = ""
    recipients: tuple[str, ...] = ()
    answer_by: datetime | None = None
    tried_at: datetime | None = None
    acknowledged_at: datetime | None = None


def write(
    db: Connection,
    run: str | None,
    key: str,
    topic: str,
    body: Mapping[str, Any],
    now: datetime,
    *,
    recipients: Sequence[str] = (),
    answer_by: datetime | None = None,
) -> bool:
    """Let the message be sent once this transaction is on disk; False when it was said already.

    What no run says, but people do, has no ``run``, and a ``key`` that is one of a kind.

    ``recipients`` must acknowledge it; until all have, or ``answer_by``, it is said again and again.
    """
    row = {
        "msg_id": message_id(key if run is None else f"{run} {key}", now.year),
        "run": run,
        "key": key,
        "topic": topic,
        "body": to_json(dict(body)),
        "written_at": stamp(now),
        "attempts": 0,
        "trouble": "",
    }
    if recipients and answer_by is not None:
        row |= {"recipients": list(recipients), "answer_by": stamp(answer_by)}
    return insert_once(db, outbox, row)


def message_id(name: str, year: int) -> str:
    """The id of what we call so; always the same, so that whoever hears it twice can tell."""
    return f"{year}-{uuid.uuid5(OUR_MESSAGES, name)}"


def unsent(db: Connection, limit: int) -> list[OutboxMessage]:
    """What is still to be said, in order."""
    rows = db.execute(select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.id).limit(limit)).mappings()
    return [read_message(row) for row in rows]


def ready(db: Connection, now: datetime, limit: int) -> list[OutboxMessage]:
    """What can be said now, in order: nothing of a run whose next message was refused a moment ago."""
    query = select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.id).limit(limit)
    put_off = [each for each in refused(db) if now < _next_try(each)]
    if put_off:
        stuck = {each.run for each in put_off if each.run is not None}
        query = query.where(
            outbox.c.id.not_in([each.id for each in put_off]),
            or_(outbox.c.run.is_(None), outbox.c.run.not_in(stuck)),
        )
    return [read_message(row) for row in db.execute(query).mappings()]


def refused(db: Connection) -> list[OutboxMessage]:
    """What the bus did not accept as it is, oldest first; it is tried again with growing pauses."""
    query = select(outbox).where(outbox.c.sent_at.is_(None), outbox.c.repeated_at.is_not(None)).order_by(outbox.c.id)
    return [read_message(row) for row in db.execute(query).mappings()]


def mark_sent(db: Connection, message: int, now: datetime) -> None:
    """It was said."""
    db.execute(_SENT, {"message": message, "at": stamp(now)})


def mark_repeated(db: Connection, message: int, now: datetime) -> None:
    """It was said once more."""
    db.execute(
        update(outbox)
        .where(outbox.c.id == message)
        .values(repeated_at=stamp(now), attempts=outbox.c.attempts + 1, trouble="")
    )


def mark_trouble(db: Connection, message: int, trouble: str) -> None:
    """The bus was away; it will be tried again as soon as the bus is looked for again."""
    db.execute(update(outbox).where(outbox.c.id == message).values(attempts=outbox.c.attempts + 1, trouble=trouble))


def mark_refused(db: Connection, message: int, trouble: str, now: datetime) -> None:
    """The bus does not accept it as it is; it will be tried again, each time after a longer pause."""
    db.execute(
        update(outbox)
        .where(outbox.c.id == message)
        .values(repeated_at=stamp(now), attempts=outbox.c.attempts + 1, trouble=trouble)
    )


def of_run(db: Connection, run: str) -> list[OutboxMessage]:
    """Everything a run said or is about to say, in order."""
    rows = db.execute(select(outbox).where(outbox.c.run == run).order_by(outbox.c.id)).mappings()
    return [read_message(row) for row in rows]


def backlog(db: Connection) -> int:
    """How much is still to be said."""
    return db.execute(select(func.count()).select_from(outbox).where(outbox.c.sent_at.is_(None))).scalar() or 0


def read_message(row: RowMapping) -> OutboxMessage:
    """One row of the table."""
    return OutboxMessage(
        id=row["id"],
        msg_id=row["msg_id"],
        run=row["run"],
        topic=row["topic"],
        body=row["body"],
        written_at=moment(row["written_at"]),
        sent_at=moment_or_none(row["sent_at"]),
        attempts=row["attempts"],
        trouble=row["trouble"],
        recipients=tuple(row["recipients"] or ()),
        answer_by=moment_or_none(row["answer_by"]),
        tried_at=moment_or_none(row["repeated_at"]),
        acknowledged_at=moment_or_none(row["acknowledged_at"]),
    )


def _next_try(refused_one: OutboxMessage) -> datetime:
    return (refused_one.tried_at or refused_one.written_at) + retrying.pause_after(refused_one.attempts)
