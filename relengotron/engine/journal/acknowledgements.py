"""Who must say that a message of ours arrived, and who has; and to whom we say it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, select, update

from relengotron.decisions import repeating
from relengotron.engine.journal import outbox as ours
from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.outbox import OutboxMessage
from relengotron.engine.journal.tables import acknowledgements, outbox
from relengotron.engine.journal.times import moment, stamp
from relengotron.messages import outgoing

NOT_AGAIN_WITHIN = timedelta(seconds=30)
"""A message that comes again and again is acknowledged again, but not more often than this."""

ASKED_AGAIN_FOR = timedelta(days=1)
"""How long, at least, a message is repeated that a person asked for once more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message of ours that named people must acknowledge, and when each of them did."""

    message: OutboxMessage
    answers: Mapping[str, datetime]

    @property
    def silent(self) -> tuple[str, ...]:
        """Who has not answered yet."""
        return tuple(who for who in self.message.recipients if who not in self.answers)


def asked(db: Connection, run: str, key: str) -> Asked | None:
    """What a run said under this key and who answered; None when nobody was asked to."""
    query = select(outbox).where(outbox.c.run == run, outbox.c.key == key)
    row = db.execute(query).mappings().first()
    if row is None or not row["recipients"]:
        return None
    message = ours.read_message(row)
    return Asked(message, answers_to(db, message.msg_id))


def answers_to(db: Connection, msg_id: str) -> dict[str, datetime]:
    """Who acknowledged a message of ours, and when for the first time."""
    query = select(acknowledgements.c.who, acknowledgements.c.at).where(acknowledgements.c.msg_id == msg_id)
    return {who: moment(at) for who, at in db.execute(query)}


def why_it_does_not_count(db: Connection, msg_id: str, sender: str | None) -> str | None:
    """Why an acknowledgement is of no use; None when it is of use.

    Where nobody signs, in a lab, the sender is None: then anybody may answer, and answers for all.
    """
    recipients = _recipients_of(db, msg_id)
    if not recipients:
        return "it acknowledges a message for which nobody here waits for an answer"
    if sender is not None and sender not in recipients:
        return f"{sender} was not asked to acknowledge this message, but {', '.join(recipients)}"
    return None


def note_answer(db: Connection, msg_id: str, sender: str | None, now: datetime) -> None:
    """Keep that a message of ours arrived there; what does not count is not kept."""
    recipients = _recipients_of(db, msg_id)
    for who in recipients:
        if sender in (None, who):
            insert_once(db, acknowledgements, {"msg_id": msg_id, "who": who, "at": stamp(now)})
    if recipients and answers_to(db, msg_id).keys() >= set(recipients):
        has_no_end_yet = outbox.c.acknowledged_at.is_(None)
        db.execute(update(outbox).where(outbox.c.msg_id == msg_id, has_no_end_yet).values(acknowledged_at=stamp(now)))


def to_repeat(db: Connection, now: datetime, limit: int) -> list[OutboxMessage]:
    """What was said, was not acknowledged by all, and should be said again now."""
    still_waits = (outbox.c.answer_by > stamp(now), outbox.c.acknowledged_at.is_(None))
    # Asked to sort them, SQLite would read the whole table in its order instead of the few rows by their index.
    waiting = [ours.read_message(row) for row in db.execute(select(outbox).where(*still_waits)).mappings()]
    due = [each for each in waiting if each.sent_at and repeating.is_due(each.sent_at, each.tried_at, now)]
    return sorted(due, key=lambda each: each.id)[:limit]


def ask_again(db: Connection, run: str, now: datetime) -> None:
    """A person wants to hear the answers that a run waits for: ask at once, as if for the first time."""
    unanswered = (outbox.c.run == run, outbox.c.answer_by.is_not(None), outbox.c.acknowledged_at.is_(None))
    soonest = stamp(now + ASKED_AGAIN_FOR)
    answer_by = case((outbox.c.answer_by > soonest, outbox.c.answer_by), else_=soonest)
    db.execute(update(outbox).where(*unanswered).values(sent_at=None, repeated_at=None, answer_by=answer_by))


def stop_asking(db: Connection, run: str, key: str, now: datetime) -> None:
    """The answers to what a run said under this key are not waited for any more."""
    db.execute(update(outbox).where(outbox.c.run == run, outbox.c.key == key).values(answer_by=stamp(now)))


def acknowledge(db: Connection, msg_ids: Iterable[str], now: datetime) -> None:
    """Let the senders of these messages hear that they are stored here: each time they ask, but not all the time."""
    for msg_id in msg_ids:
        if not _is_ours(db, msg_id):
            _acknowledge(db, msg_id, now)


def _acknowledge(db: Connection, stored: str, now: datetime) -> None:
    answer = outgoing.acknowledgement(stored)
    msg_id = ours.message_id(f"{answer.topic_suffix} {stored}", now.year)
    row = {"msg_id": msg_id, "topic": answer.topic_suffix, "body": dict(answer.body), "written_at": stamp(now)}
    if not insert_once(db, outbox, row | {"attempts": 0, "trouble": ""}):
        was_said_long_ago = outbox.c.sent_at <= stamp(now - NOT_AGAIN_WITHIN)
        db.execute(update(outbox).where(outbox.c.msg_id == msg_id, was_said_long_ago).values(sent_at=None))


def _is_ours(db: Connection, msg_id: str) -> bool:
    """A hub hears what its own daemon says."""
    return db.execute(select(outbox.c.id).where(outbox.c.msg_id == msg_id)).first() is not None


def _recipients_of(db: Connection, msg_id: str) -> tuple[str, ...]:
    row = db.execute(select(outbox.c.recipients).where(outbox.c.msg_id == msg_id)).first()
    return tuple(row[0] or ()) if row is not None else ()
