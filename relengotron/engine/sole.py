"""Is this the only daemon on its journal? Two would advance the same runs."""

import fcntl
import json
import logging
import os
import signal
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from relengotron.engine.journal.trouble import opening_trouble
from relengotron.errors import LaneTaken, Transient

log = logging.getLogger(__name__)

_RUNNERS = 5_152_025_102  # any number that nobody else locks in this database

_HOLDER = text(
    "SELECT activity.application_name, activity.backend_start FROM pg_locks locks"
    " JOIN pg_stat_activity activity ON activity.pid = locks.pid"
    " WHERE locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 1"
    " AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND (locks.classid::bigint << 32) + locks.objid::bigint = :key"
)


class SoleRunner:
    """Holds the journal for one daemon; the lock goes with the process, whatever it dies of."""

    def __init__(self, url: str) -> None:
        """Take the journal's URL; nothing is held before the block is entered."""
        parsed = make_url(url)
        self._lock = _FileLock(parsed) if parsed.get_backend_name() == "sqlite" else _ServerLock(parsed)

    def __enter__(self) -> Self:
        """Take the journal.

        Raises:
            LaneTaken: another daemon has it; the text says which, where and since when.
            SystemUnreachable: its server does not answer now.
            SystemBusy: its disk is full.
        """
        self._lock.take()
        return self

    def keep(self) -> None:
        """Take the journal again where its server let go of it: a restart of PostgreSQL ends every connection.

        Raises:
            LaneTaken: another daemon has it now.
            SystemUnreachable: the server does not answer now.
        """
        self._lock.keep()

    def __exit__(
        self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


def kept(sole: SoleRunner) -> Callable[[], int]:
    """Work for a wheel: the journal stays ours, or this process ends before two advance the same runs."""

    def turn() -> int:
        try:
            sole.keep()
        except LaneTaken as taken:
            log.critical("the journal has another daemon now, so this one ends", extra={"trouble": str(taken)})
            os.kill(os.getpid(), signal.SIGTERM)
        except Transient:
            log.debug("the journal's server is away: nobody else can have the journal either")
        return 0

    return turn


def is_held(url: str) -> bool:
    """Whether a daemon works on the journal now.

    Raises:
        SystemUnreachable, SystemBusy, SettingsError: nobody can tell.
    """
    parsed = make_url(url)
    try:
        return _is_locked(parsed) if parsed.get_backend_name() == "sqlite" else _has_holder(parsed)
    except (OSError, SQLAlchemyError) as trouble:
        raise opening_trouble(url, trouble) from trouble


def _is_locked(url: URL) -> bool:
    try:
        with Path(f"{url.database}.runner").open(encoding="utf-8") as file:
            if not file.read(1):
                return False  # a daemon that ends well empties it: the lock of one that may be starting is left alone
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def _has_holder(url: URL) -> bool:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return connection.execute(_HOLDER, {"key": _RUNNERS}).first() is not None


class _Lock(ABC):
    @abstractmethod
    def take(self) -> None: ...

    @abstractmethod
    def keep(self) -> None: ...

    @abstractmethod
    def release(self) -> None: ...


class _FileLock(_Lock):
    """A lock file beside the database; the kernel lets go of it when its holder dies."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._path = Path(f"{url.database}.runner") if url.database and url.database != ":memory:" else None
        self._file: TextIO | None = None

    def take(self) -> None:
        if self._path is None:
            return  # a journal in memory belongs to its process anyway
        try:
            self._take(self._path)
        except OSError as trouble:
            raise opening_trouble(self._url, trouble) from trouble

    def _take(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            file = held.enter_context(path.open("a+", encoding="utf-8"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                file.seek(0)
                raise LaneTaken(_refusal(path, _read(file.read(4096)))) from taken
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": _now()}))
            file.flush()
            held.pop_all()
        self._file = file

    def keep(self) -> None:
        """The kernel lets go of it only with this process."""

    def release(self) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


class _ServerLock(_Lock):
    """An advisory lock of PostgreSQL on a connection of its own; the server lets go of it with the connection."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._connection: Connection | None = None

    def take(self) -> None:
        try:
            self._connection = self._locked()
        except SQLAlchemyError as trouble:
            raise opening_trouble(self._url, trouble) from trouble

    def _locked(self) -> Connection:
        me = f"relengotron {os.getpid()} {socket.gethostname()}"[:63]
        engine = create_engine(
            self._url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"application_name": me, "keepalives_idle": 30},
        )
        connection = engine.connect()
        if connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _RUNNERS}).scalar():
            return connection
        with connection:
            holder = connection.execute(_HOLDER, {"key": _RUNNERS}).first()
        raise LaneTaken(_refusal(f"{self._url!r}", {} if holder is None else _named(*holder)))

    def keep(self) -> None:
        if not self._is_held():
            self.release()
            self.take()

    def _is_held(self) -> bool:
        try:
            return self._connection is not None and bool(self._connection.execute(text("SELECT true")).scalar())
        except SQLAlchemyError:
            return False

    def release(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _refusal(journal: object, holder: dict[str, Any]) -> str:
    who = "process {pid} on {host} since {since}".format_map(
        {"pid": "unknown", "host": "an unknown host", "since": "an unknown time", **holder}
    )
    return f"another relengotron works on {journal}: {who}; stop it first"


def _read(written: str) -> dict[str, Any]:
    try:
        holder = json.loads(written)
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _named(application: str, since: datetime) -> dict[str, Any]:
    match application.split(" ", 2):
        case ["relengotron", pid, host]:
            return {"pid": pid, "host": host, "since": since.astimezone(UTC).isoformat(timespec="seconds")}
    return {"since": since.astimezone(UTC).isoformat(timespec="seconds")}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
