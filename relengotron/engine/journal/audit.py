"""What people asked the daemon to do, and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from relengotron.engine.journal.tables import audit
from relengotron.engine.journal.times import stamp

DAEMON: Final = "daemon"
STARTED: Final = "started with the configuration "


def note(db: Connection, who: str, what: str, run: str | None, now: datetime) -> None:
    """Keep who did what."""
    db.execute(insert(audit).values(at=stamp(now), who=who, what=what, run=run))


def note_start(db: Connection, configuration: str, now: datetime) -> None:
    """Keep with which configuration (its fingerprint) the daemon has started."""
    note(db, DAEMON, f"{STARTED}{configuration}", None, now)


def started_with(db: Connection) -> str | None:
    """The fingerprint of the configuration that the daemon started with last."""
    starts = select(audit.c.what).where(audit.c.who == DAEMON, audit.c.what.startswith(STARTED))
    found: str | None = db.execute(starts.order_by(audit.c.id.desc()).limit(1)).scalar()
    return None if found is None else found.removeprefix(STARTED)


def of_run(db: Connection, run: str) -> Sequence[Any]:
    """What people did to a run, as (time, who, what) rows."""
    return db.execute(
        select(audit.c.at, audit.c.who, audit.c.what).where(audit.c.run == run).order_by(audit.c.id)
    ).all()
