"""How the journal is opened: SQLite by default, PostgreSQL by URL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from relengotron.engine.journal import migrating
from relengotron.engine.journal.sqlite import LOOKS_EVERY, PATIENCE, Patience, open_sqlite
from relengotron.engine.journal.trouble import opening_trouble, why
from relengotron.errors import SystemBusy


class Database:
    """One journal database; writers in this process take turns, readers never wait for them."""

    def __init__(
        self,
        url: str,
        *,
        may_change_tables: bool = True,
        patience: timedelta = PATIENCE,
        on_wait: Callable[[], object] = lambda: None,
    ) -> None:
        """Open the database and bring its tables up to date, if that is allowed.

        Args:
            url: as ``journal.url`` has it.
            may_change_tables: False for those who only look.
            patience: how long a writer waits for another program that has locked the journal.
            on_wait: called when that takes longer than a person waits without a word.

        Raises:
            SystemUnreachable: its server does not answer now.
            SystemBusy: another program has locked it, or its disk is full.
            SettingsError: the URL cannot be opened, or its tables are of another version and must stay as they are.
        """
        self._patience = Patience(patience, on_wait)
        try:
            self.engine = _open(url, self._patience)
            try:
                migrating.bring_up_to_date(self.engine, may_change_tables)
            except BaseException:
                self.engine.dispose()
                raise
        except (SQLAlchemyError, OSError, ImportError) as trouble:
            raise opening_trouble(url, trouble) from trouble
        self._looks = _looks_at(self.engine)
        self._turn = RLock()
        self._is_writing = False

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction; it is on disk when the block ends, and never happened when the block raises.

        Raises:
            SystemBusy: the journal cannot be written now: the disk is full, or the server is away.
        """
        with self._taken_turn():
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
            self.engine.connect().execution_options(**self._looks) as connection,
        ):
            yield connection

    def prove_writable(self) -> None:
        """Begin to change something, and take it back.

        Raises:
            SystemBusy: the journal cannot be written now.
        """
        with self.write() as db:
            db.execute(text("UPDATE alembic_version SET version_num = version_num"))
            db.rollback()

    def close_soon(self) -> None:
        """From now on a locked journal is waited for no longer than a moment; returns at once."""
        self._patience.ends()

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    @contextmanager
    def _taken_turn(self) -> Iterator[None]:
        while not self._turn.acquire(timeout=LOOKS_EVERY.total_seconds()):
            if self._patience.is_over:
                raise SystemBusy("the journal cannot be written: we are ending, and it is another thread's turn")
        try:
            yield
        finally:
            self._turn.release()


@contextmanager
def _or_busy(what: str) -> Iterator[None]:
    try:
        yield
    except (OperationalError, PoolTimeout) as trouble:
        raise SystemBusy(f"the journal cannot be {what}: {why(trouble)}") from trouble


def _looks_at(engine: Engine) -> dict[str, Any]:
    """How a look sees one moment, however many questions it has: PostgreSQL shows each of them a newer one."""
    looks: dict[str, Any] = {"relengotron_reads_only": True}
    return looks | {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else looks


def _open(url: str, patience: Patience) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return open_sqlite(parsed, patience)
    return create_engine(parsed, pool_pre_ping=True, pool_size=20)
