"""What the tests of the command share: the time, the way to call it, a new run."""

from collections.abc import Callable
from datetime import UTC, datetime

from click.testing import Result
from sqlalchemy import Connection

from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.model.intents import Start

NOW = datetime(2016, 6, 1, 12, tzinfo=UTC)

Command = Callable[..., Result]


def opened(database: Database, lane: str, key: str, at: datetime) -> str:
    """A new run."""
    with database.write() as db:
        return opened_in(db, lane, key, at)


def opened_in(db: Connection, lane: str, key: str, at: datetime) -> str:
    """A new run within a transaction that is open already."""
    run = runs.open_run(db, Start("push_updates", lane, key, {"updates": []}, f"2016-{key}"), at)
    assert run is not None
    return run
