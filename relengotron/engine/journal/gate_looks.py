"""When did the keeper of a gate see its tags the last time, and what keeps it from that?"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import gate_looks as table
from relengotron.engine.journal.times import moment_or_none, stamp


@dataclass(frozen=True, slots=True)
class GateLook:
    """The last look at a gate that saw something; ``trouble`` is why none does since ``trouble_since``, if so."""

    looked_at: datetime | None
    trouble: str = ""
    trouble_since: datetime | None = None


NEVER: Final = GateLook(None)


def note(db: Connection, gate: str, now: datetime) -> None:
    """The keeper has seen the tags of a gate; whatever trouble there was is over."""
    _put(db, gate, {"looked_at": stamp(now), "trouble": "", "trouble_since": None})


def note_trouble(db: Connection, gate: str, trouble: str, now: datetime) -> None:
    """The keeper could not see them; of several troubles one after another the first says since when."""
    since = find(db, gate).trouble_since or now
    _put(db, gate, {"trouble": trouble, "trouble_since": stamp(since)})


def find(db: Connection, gate: str) -> GateLook:
    """The last look at a gate."""
    row = db.execute(select(table).where(table.c.gate == gate)).mappings().first()
    if row is None:
        return NEVER
    return GateLook(moment_or_none(row["looked_at"]), row["trouble"], moment_or_none(row["trouble_since"]))


def _put(db: Connection, gate: str, values: dict[str, object]) -> None:
    if not insert_once(db, table, {"gate": gate, "looked_at": None, **values}):
        db.execute(update(table).where(table.c.gate == gate).values(**values))
