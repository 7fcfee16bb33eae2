"""What was tried with a message that was put aside, by whom, and why?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from relengotron.engine.journal.tables import tries
from relengotron.engine.journal.times import moment, stamp


@dataclass(frozen=True, slots=True)
class Try:
    """One thing that was done with a message."""

    at: datetime
    who: str
    what: str
    reason: str


def note(db: Connection, message: int, who: str, what: str, reason: str, now: datetime) -> None:
    """Keep that ``who`` did ``what`` with the message in this row of the inbox; what is kept is never taken away."""
    db.execute(insert(tries).values(message=message, at=stamp(now), who=who, what=what, reason=reason))


def of_message(db: Connection, message: int) -> list[Try]:
    """Everything that was tried with one message, oldest first."""
    rows = db.execute(select(tries).where(tries.c.message == message).order_by(tries.c.id)).mappings()
    return [Try(moment(row["at"]), row["who"], row["what"], row["reason"]) for row in rows]


def counts(db: Connection, messages: Collection[int]) -> dict[int, int]:
    """How often something was tried with each of these messages; those with which nothing was are left out."""
    query = select(tries.c.message, func.count()).where(tries.c.message.in_(messages)).group_by(tries.c.message)
    return {row.message: row[1] for row in db.execute(query)}
