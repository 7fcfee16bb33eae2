"""Who may read and write the records of a target now, and how often is their file opened for it?"""

import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from relengotron.errors import MalformedInput, SystemBusy
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.record_file import old_records, opened, prepared


class RecordAccess:
    """The records of one target, for one verb of one thread: one opened file while the verb holds it."""

    def __init__(self, folder: Path, target: str, disk: Disk) -> None:
        self._folder = folder
        self._target = target
        self._disk = disk
        self._held: sqlite3.Connection | None = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the target against every other writer; a taken target is answered at once, never waited for."""
        self._folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                raise SystemBusy(f"another writer is publishing to {self._target}") from taken
            with self._holding(prepared):
                yield
        finally:
            os.close(descriptor)

    @contextmanager
    def at_hand(self) -> Iterator[None]:
        """Keep the file open for reading."""
        with self._holding(opened):
            yield

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The records as they are; of an older version, as they would be taken over."""
        with self._open(opened) as db:
            yield db

    @contextmanager
    def writing(self, effect: str) -> Iterator[sqlite3.Connection]:
        """One transaction; what was written by an older version is taken over first."""
        with self._open(prepared) as db:
            for done in old_records(self._folder):
                done.unlink(missing_ok=True)  # its rows are in the file: see prepared
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                self._disk.before(effect, self._folder)
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.rollback()

    @contextmanager
    def _holding(self, how: Callable[[Path], sqlite3.Connection]) -> Iterator[None]:
        with self._open(how) as self._held:
            try:
                yield
            finally:
                self._held = None

    @contextmanager
    def _open(self, how: Callable[[Path], sqlite3.Connection]) -> Iterator[sqlite3.Connection]:
        try:
            if self._held is not None:
                yield self._held
                return
            with closing(how(self._folder)) as db:
                yield db
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise MalformedInput(f"{self._folder} holds no records of published states: {error}") from error
