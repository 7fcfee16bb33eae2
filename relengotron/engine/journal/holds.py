"""Waits for people: opened once, closed once, kept."""

from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from relengotron.engine.journal.tables import holds
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.model.outcome import Hold
from relengotron.model.run import HoldRecord

_CLOSE = update(holds).where(holds.c.run == bindparam("the_run"), holds.c.closed_at.is_(None))


def open_hold(db: Connection, run: str, step: str, hold: Hold, now: datetime) -> bool:
    """Keep the hold; True when it is new or says something else than before."""
    current = open_of(db, run)
    if current is not None and current.step == step:
        if current.missing == hold.missing and current.deadline == hold.deadline:
            return False
        db.execute(
            update(holds)
            .where(holds.c.id == current.id)
            .values(missing=list(hold.missing), deadline=stamp(hold.deadline), owner=hold.owner, command=hold.command)
        )
        return True
    close(db, run, now)
    db.execute(
        insert(holds).values(
            run=run,
            step=step,
            missing=list(hold.missing),
            since=stamp(now),
            deadline=stamp(hold.deadline),
            owner=hold.owner,
            command=hold.command,
        )
    )
    return True


def close(db: Connection, run: str, now: datetime) -> None:
    """The run waits for nobody any more."""
    db.execute(_CLOSE, {"the_run": run, "closed_at": stamp(now)})


def open_of(db: Connection, run: str) -> HoldRecord | None:
    """What a run holds for."""
    query = select(holds).where(holds.c.run == run, holds.c.closed_at.is_(None))
    row = db.execute(query).mappings().first()
    return None if row is None else read_hold(row)


def all_open(db: Connection) -> list[HoldRecord]:
    """Everything that waits for people, oldest first."""
    rows = db.execute(select(holds).where(holds.c.closed_at.is_(None)).order_by(holds.c.since)).mappings()
    return [read_hold(row) for row in rows]


def of_run(db: Connection, run: str) -> list[HoldRecord]:
    """Every hold a run ever had."""
    rows = db.execute(select(holds).where(holds.c.run == run).order_by(holds.c.id)).mappings()
    return [read_hold(row) for row in rows]


def read_hold(row: RowMapping) -> HoldRecord:
    """The hold in a row of its table."""
    return HoldRecord(
        id=row["id"],
        run=row["run"],
        step=row["step"],
        missing=tuple(row["missing"]),
        since=moment(row["since"]),
        deadline=moment(row["deadline"]),
        owner=row["owner"],
        command=row["command"],
        closed_at=moment_or_none(row["closed_at"]),
    )
