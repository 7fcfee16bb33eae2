"""Which messages were put aside, and which of them do people mean?"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select, update

from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.tables import inbox
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.messages.envelope import ENVIRONMENTS

SHORTEST_ABBREVIATION: Final = 4
_EVIDENCE: Final = ("refused", "unreadable")


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """One message with everything the inbox knows of it."""

    number: int
    msg_id: str
    topic: str
    raw: Any
    received_at: datetime
    state: MessageState
    reason: str
    settled_at: datetime | None
    sender: str | None

    @property
    def evidence(self) -> str | None:
        """The text that was kept of a message that was not believed or could not be opened; None for all others.

        A message that was believed has a topic at least, so it never looks like this.
        """
        match self.raw:
            case {**only} if len(only) == 1 and next(iter(only)) in _EVIDENCE:
                text = next(iter(only.values()))
                return text if isinstance(text, str) else None
        return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages; what is not said does not matter. ``topic`` may leave out prefix and environment."""

    states: Collection[MessageState] = (MessageState.PARKED,)
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    sender: str | None = None


def found(db: Connection, wanted: Wanted, limit: int) -> list[KeptMessage]:
    """The newest messages that are wanted, newest first."""
    rows = db.execute(_narrowed(select(inbox), wanted).order_by(inbox.c.id.desc()).limit(limit))
    return [_message(row) for row in rows.mappings()]


def count(db: Connection, wanted: Wanted) -> int:
    """How many are wanted."""
    return int(db.execute(_narrowed(select(func.count()).select_from(inbox), wanted)).scalar_one())


def meant(db: Connection, name: str) -> list[KeptMessage]:
    """Whom a name can mean: a msg_id, else a row's number, else the beginning or the end of a msg_id; two at most."""
    exact = _all(db, select(inbox).where(inbox.c.msg_id == name))
    if exact:
        return exact
    if name.isascii() and name.isdigit() and len(name) < SHORTEST_ABBREVIATION * 4:
        numbered = _all(db, select(inbox).where(inbox.c.id == int(name)))
        if numbered:
            return numbered
    if len(name) < SHORTEST_ABBREVIATION:
        return []
    alike = inbox.c.msg_id.startswith(name, autoescape=True) | inbox.c.msg_id.endswith(name, autoescape=True)
    return _all(db, select(inbox).where(alike).limit(2))


def after(db: Connection, number: int) -> list[KeptMessage]:
    """Every message that came in later than the one in this row, oldest first."""
    return _all(db, select(inbox).where(inbox.c.id > number).order_by(inbox.c.id))


def let_go(db: Connection, number: int, state: MessageState, reason: str, now: datetime | None) -> bool:
    """Put a parked message into another state; False when it is not parked any more. ``now`` is None for a new one."""
    query = update(inbox).where(inbox.c.id == number, inbox.c.state == MessageState.PARKED)
    settled_at = None if now is None else stamp(now)
    return bool(db.execute(query.values(state=state, reason=reason, settled_at=settled_at)).rowcount)


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    return query.where(*_conditions(wanted))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [inbox.c.state.in_(list(wanted.states))]
    if wanted.topic is not None:
        conditions.append(_begins(wanted.topic))
    if wanted.since is not None:
        conditions.append(inbox.c.received_at >= stamp(wanted.since))
    if wanted.until is not None:
        conditions.append(inbox.c.received_at <= stamp(wanted.until))
    if wanted.reason is not None:
        conditions.append(inbox.c.reason.icontains(wanted.reason, autoescape=True))
    if wanted.sender is not None:
        conditions.append(inbox.c.sender == wanted.sender)
    return conditions


def _begins(topic: str) -> ColumnElement[bool]:
    short = [inbox.c.topic.contains(f".{each}.{topic}", autoescape=True) for each in sorted(ENVIRONMENTS)]
    return or_(inbox.c.topic.startswith(topic, autoescape=True), *short)


def _all(db: Connection, query: Select[Any]) -> list[KeptMessage]:
    return [_message(row) for row in db.execute(query).mappings()]


def _message(row: RowMapping) -> KeptMessage:
    return KeptMessage(
        number=row["id"],
        msg_id=row["msg_id"],
        topic=row["topic"],
        raw=row["raw"],
        received_at=moment(row["received_at"]),
        state=MessageState(row["state"]),
        reason=row["reason"],
        settled_at=moment_or_none(row["settled_at"]),
        sender=row["sender"],
    )
