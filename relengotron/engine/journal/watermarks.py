"""Up to when is the past of each category known to be whole? Live messages never touch this."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, RowMapping, select, update

from relengotron.engine.journal.columns import as_stored, insert_once
from relengotron.engine.journal.tables import watermarks
from relengotron.engine.journal.times import moment, stamp

ASKED_FOR: Final = datetime.fromtimestamp(0, UTC)
"""When a category was last looked at, if somebody wants it looked at now."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything of the category before ``until`` is stored; ``looked_at`` is when the last look began."""

    category: str
    until: datetime
    looked_at: datetime
    trouble: str

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody wants a look now."""
        return self.looked_at == ASKED_FOR


def every(db: Connection) -> dict[str, Watermark]:
    """All marks, by category."""
    rows = db.execute(select(watermarks).order_by(watermarks.c.category)).mappings()
    return {row["category"]: _mark(row) for row in rows}


def begin(db: Connection, category: str, first: datetime, now: datetime) -> tuple[Watermark, bool]:
    """A look begins: the mark it starts from, and whether it is the first one ever, which starts at ``first``."""
    row = {"category": category, "until": stamp(first), "looked_at": stamp(now), "trouble": ""}
    is_first = insert_once(db, watermarks, row)
    db.execute(update(watermarks).where(_is(category)).values(looked_at=stamp(now)))
    found = db.execute(select(watermarks).where(_is(category))).mappings().one()
    return _mark(found), is_first


def move(db: Connection, category: str, until: datetime) -> None:
    """Everything before ``until`` is stored now."""
    db.execute(update(watermarks).where(_is(category)).values(until=stamp(until), trouble=""))


def note_trouble(db: Connection, category: str, trouble: str) -> None:
    """A look failed; the mark stays where it is."""
    db.execute(update(watermarks).where(_is(category)).values(trouble=trouble))


def ask(db: Connection) -> int:
    """Let every category be looked at soon, whoever does that; how many there are."""
    return db.execute(update(watermarks).values(looked_at=stamp(ASKED_FOR))).rowcount


def _is(category: str) -> ColumnElement[bool]:
    return watermarks.c.category == as_stored(watermarks.c.category, category)


def _mark(row: RowMapping) -> Watermark:
    return Watermark(row["category"], moment(row["until"]), moment(row["looked_at"]), row["trouble"])
