"""What people asked the daemon to do, and when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from relengotron.engine.journal.tables import audit
from relengotron.engine.journal.times import stamp


def note(db: Connection, who: str, what: str, run: str | None, now: datetime) -> None:
    """Keep who did what."""
    db.execute(insert(audit).values(at=stamp(now), who=who, what=what, run=run))


def of_run(db: Connection, run: str) -> Sequence[Any]:
    """What people did to a run, as (time, who, what) rows."""
    return db.execute(
        select(audit.c.at, audit.c.who, audit.c.what).where(audit.c.run == run).order_by(audit.c.id)
    ).all()
