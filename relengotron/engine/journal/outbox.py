"""What we say: written with the state it speaks of, sent afterwards, in order."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import outbox
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.model.codec import to_json

OUR_MESSAGES = uuid.UUID("5d2e2b1a-3f0c-5b7e-9c59-6f5b0d7a9f10")


@dataclass(frozen=True, slots=True)
class OutboxMessage:
    """One message of ours; its id never changes, however often it is sent."""

    id: int
    msg_id: str
    run: str | None
    topic: str
    body: Mapping[str, Any]
    written_at: datetime
    sent_at: datetime | None


def write(db: Connection, run: str, key: str, topic: str, body: Mapping[str, Any], now: datetime) -> bool:
    """Let the message be sent once this transaction is on disk; False when the run said it already."""
    row = {
        "msg_id": f"{now.year}-{uuid.uuid5(OUR_MESSAGES, f'{run} {key}')}",
        "run": run,
        "key": key,
        "topic": topic,
        "body": to_json(dict(body)),
        "written_at": stamp(now),
        "attempts": 0,
        "trouble": "",
    }
    return insert_once(db, outbox, row)


def unsent(db: Connection, limit: int) -> list[OutboxMessage]:
    """What is still to be said, in order."""
    rows = db.execute(select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.id).limit(limit)).mappings()
    return [_message(row) for row in rows]


def mark_sent(db: Connection, message: int, now: datetime) -> None:
    """It was said."""
    db.execute(
        update(outbox)
        .where(outbox.c.id == message)
        .values(sent_at=stamp(now), attempts=outbox.c.attempts + 1, trouble="")
    )


def mark_trouble(db: Connection, message: int, trouble: str) -> None:
    """It could not be said; it will be tried again."""
    db.execute(update(outbox).where(outbox.c.id == message).values(attempts=outbox.c.attempts + 1, trouble=trouble))


def of_run(db: Connection, run: str) -> list[OutboxMessage]:
    """Everything a run said or is about to say, in order."""
    rows = db.execute(select(outbox).where(outbox.c.run == run).order_by(outbox.c.id)).mappings()
    return [_message(row) for row in rows]


def backlog(db: Connection) -> int:
    """How much is still to be said."""
    return db.execute(select(func.count()).select_from(outbox).where(outbox.c.sent_at.is_(None))).scalar() or 0


def _message(row: Any) -> OutboxMessage:
    return OutboxMessage(
        id=row["id"],
        msg_id=row["msg_id"],
        run=row["run"],
        topic=row["topic"],
        body=row["body"],
        written_at=moment(row["written_at"]),
        sent_at=moment_or_none(row["sent_at"]),
    )
