"""How the journal is opened: SQLite by default, PostgreSQL by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from threading import RLock
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from relengotron.errors import SettingsError, SystemBusy


class Database:
    """One journal database; writers in this process take turns, readers never wait for them."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its tables up to date.

        Raises:
            SettingsError: the URL cannot be opened.
        """
        try:
            self.engine = _open(url)
            self._migrate()
        except (SQLAlchemyError, OSError, ImportError) as trouble:
            raise SettingsError(f"journal.url: cannot open {_without_password(url)!r}: {trouble}") from trouble
        self._turn = RLock()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; it is on disk when the block ends, and never happened when the block raises."""
        with self._turn:
            try:
                with self.engine.begin() as connection:
                    yield connection
            except OperationalError as trouble:
                raise SystemBusy(f"the journal cannot be written: {trouble.orig}") from trouble

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent look at what is committed."""
        with self.engine.connect().execution_options(relengotron_reads_only=True) as connection:
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(resources.files("relengotron.engine.journal") / "migrations"))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _open(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=10)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 30, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below: the driver's own begin too late and too weak
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("relengotron_reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "an unreadable URL"
