"""What the calendar remembers of each appointment: from when on it counts, its last run, who wants one now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select, update

from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import calendar
from relengotron.engine.journal.times import moment, stamp


@dataclass(frozen=True, slots=True)
class Remembered:
    """Moments up to ``since`` are settled; ``run`` is the last one opened; ``wish`` the message of who cannot wait."""

    name: str
    rhythm: str
    since: datetime
    run: str | None
    wish: str | None


def every(db: Connection) -> dict[str, Remembered]:
    """All appointments that a daemon has ever met, by name."""
    return {row["name"]: _remembered(row) for row in db.execute(select(calendar)).mappings()}


def find(db: Connection, name: str) -> Remembered | None:
    """What is remembered of one appointment, None when no daemon has met it."""
    row = db.execute(select(calendar).where(calendar.c.name == name)).mappings().first()
    return None if row is None else _remembered(row)


def settle(db: Connection, name: str, rhythm: str, since: datetime) -> None:
    """Nothing is due up to this moment, by this rhythm."""
    values = {"rhythm": rhythm, "since": stamp(since)}
    if not insert_once(db, calendar, {"name": name, **values}):
        db.execute(update(calendar).where(calendar.c.name == name).values(values))


def note_run(db: Connection, name: str, run: str) -> None:
    """This run was opened; whoever wanted one has it."""
    db.execute(update(calendar).where(calendar.c.name == name).values(run=run, wish=None))


def wish(db: Connection, name: str, msg_id: str) -> bool:
    """Somebody wants a run now; False when no daemon has met the appointment."""
    return bool(db.execute(update(calendar).where(calendar.c.name == name).values(wish=msg_id)).rowcount)


def _remembered(row: RowMapping) -> Remembered:
    return Remembered(row["name"], row["rhythm"], moment(row["since"]), row["run"], row["wish"])
