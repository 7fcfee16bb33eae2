"""How the journal is opened: SQLite by default, PostgreSQL by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from relengotron.engine.journal import migrating
from relengotron.errors import SettingsError, SystemBusy, SystemUnreachable


class Database:
    """One journal database; writers in this process take turns, readers never wait for them."""

    def __init__(self, url: str, *, may_change_tables: bool = True) -> None:
        """Open the database and bring its tables up to date, if that is allowed.

        Raises:
            SystemUnreachable: its server does not answer now.
            SettingsError: the URL cannot be opened, or its tables are of another version and must stay as they are.
        """
        try:
            self.engine = _open(url)
            try:
                migrating.bring_up_to_date(self.engine, may_change_tables)
            except BaseException:
                self.engine.dispose()
                raise
        except OperationalError as trouble:
            if _is_a_server(url):
                raise SystemUnreachable(f"the journal's server does not answer: {trouble.orig}") from trouble
            raise SettingsError(f"journal.url: cannot open {_without_password(url)!r}: {trouble}") from trouble
        except (SQLAlchemyError, OSError, ImportError) as trouble:
            raise SettingsError(f"journal.url: cannot open {_without_password(url)!r}: {trouble}") from trouble
        self._turn = RLock()
        self._is_writing = False

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; it is on disk when the block ends, and never happened when the block raises.

        Raises:
            SystemBusy: the journal cannot be written now: the disk is full, or the server is away.
        """
        with self._turn:
            if self._is_writing:
                raise RuntimeError("a write inside a write would wait for itself for ever")
            self._is_writing = True
            try:
                with _or_busy("written"), self.engine.begin() as connection:
                    yield connection
            finally:
                self._is_writing = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent look at what is committed.

        Raises:
            SystemBusy: the journal cannot be read now.
        """
        with (
            _or_busy("read"),
            self.engine.connect().execution_options(relengotron_reads_only=True) as connection,
        ):
            yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


@contextmanager
def _or_busy(what: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as trouble:
        raise SystemBusy(f"the journal cannot be {what}: {trouble.orig}") from trouble
    except PoolTimeout as trouble:
        raise SystemBusy(f"the journal cannot be {what}: {trouble}") from trouble


def _open(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=20)
    waiting: dict[str, Any] = {"timeout": 30, "check_same_thread": False}
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args=waiting, pool_size=20)
    else:
        engine = create_engine(parsed, connect_args=waiting)
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


def _is_a_server(url: str) -> bool:
    return make_url(url).get_backend_name() != "sqlite"


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "an unreadable URL"
