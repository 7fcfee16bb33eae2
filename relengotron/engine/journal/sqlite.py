"""How is a journal in SQLite opened, and how long does a writer wait for another program that has locked it?"""

import sqlite3
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

PATIENCE: Final = timedelta(seconds=30)
LOOKS_EVERY: Final = timedelta(seconds=1)
"""How soon a writer that waits for the lock notices that we are ending."""

WORDLESS: Final = timedelta(seconds=2)
"""How long a person waits without being told what for."""


class Patience:
    """How long writers wait for a locked journal; it ends for all of them when the process does."""

    def __init__(self, longest: timedelta = PATIENCE, on_wait: Callable[[], object] = lambda: None) -> None:
        """``on_wait`` is called once for each wait that a person would wonder about."""
        self._longest = longest
        self._on_wait = on_wait
        self._ended = Event()

    @property
    def is_over(self) -> bool:
        """Whether nobody may wait any more."""
        return self._ended.is_set()

    def ends(self) -> None:
        """From now on nobody waits longer than one look."""
        self._ended.set()

    def wait_for(self, lock: Callable[[], object]) -> None:
        """Take the lock, which itself waits for ``LOOKS_EVERY`` at most, until it is taken or patience is over."""
        began, is_told = time.monotonic(), False
        while True:
            try:
                lock()
                return
            except OperationalError as trouble:
                waited = timedelta(seconds=time.monotonic() - began)
                if not _is_locked(trouble) or self.is_over or waited >= self._longest:
                    raise
            if not is_told and waited >= WORDLESS:
                self._on_wait()
                is_told = True


def open_sqlite(url: URL, patience: Patience) -> Engine:
    """An engine whose writers take turns with other programs; the folder of the file is made."""
    engine = create_engine(
        url, connect_args={"timeout": PATIENCE.total_seconds(), "check_same_thread": False}, **_pool(url)
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda connection: _begin(connection, patience))
    return engine


def _pool(url: URL) -> dict[str, Any]:
    if not url.database or url.database == ":memory:":
        return {}
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    return {"pool_size": 20}


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below: the driver's own begin too late and too weak
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _wait_at_most(connection, PATIENCE)


def _begin(connection: Connection, patience: Patience) -> None:
    if connection.get_execution_options().get("relengotron_reads_only", False):
        connection.connection.cursor().execute("BEGIN")  # it takes no lock, so nothing can be in its way
        return
    driver = connection.connection.driver_connection
    _wait_at_most(driver, LOOKS_EVERY)
    try:
        patience.wait_for(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    finally:
        _wait_at_most(driver, PATIENCE)


def _wait_at_most(driver: Any, wait: timedelta) -> None:
    driver.execute(f"PRAGMA busy_timeout={round(wait.total_seconds() * 1000)}")


def _is_locked(trouble: OperationalError) -> bool:
    code = getattr(trouble.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return bool(code & 0xFF == sqlite3.SQLITE_BUSY)
