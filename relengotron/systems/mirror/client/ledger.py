"""What does a master on another machine show of a target, and what may lie there besides?

One small SQLite file per target and master, beside the records of the target. Before anything is sent or taken away
there, its path is written down; so whoever comes after a crash knows where to look.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.systems.mirror.record_file import SYNCHRONOUS

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS shown (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL,"
    " weight TEXT NOT NULL, is_changing INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS touched (path TEXT PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS leaving (path TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT OR IGNORE INTO shown VALUES (1, 0, '', 0)",
)


@dataclass(frozen=True, slots=True)
class State:
    """A state of a target: its number in the record, and what stands for its content."""

    number: int = 0
    weight: str = ""


class Ledger:
    """One target on one master."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def shown(self) -> State:
        """The state that it came to last; the first of all when we know of none."""
        with self._opened() as db:
            return State(*db.execute("SELECT number, weight FROM shown").fetchone())

    def is_changing(self) -> bool:
        """Say whether it may show something between that state and a later one."""
        with self._opened() as db:
            return bool(db.execute("SELECT is_changing FROM shown").fetchone()[0])

    def touched(self) -> frozenset[str]:
        """The paths under which something may lie there that its state does not say."""
        return self._paths("touched")

    def leaving(self) -> frozenset[str]:
        """The paths that its state does not name any more, and that slow readers may still want."""
        return self._paths("leaving")

    def touch(self, paths: Iterable[str], *, is_changing: bool = False) -> None:
        """Something is about to be sent there; ``is_changing`` when readers will notice."""
        with self._opened() as db:
            db.executemany("INSERT OR IGNORE INTO touched VALUES (?)", _rows(paths))
            db.execute("UPDATE shown SET is_changing = max(is_changing, ?)", (is_changing,))

    def settle(self, state: State, present: Iterable[str], absent: Iterable[str]) -> None:
        """It shows this state: of what was touched, ``present`` paths are in it and ``absent`` ones are not."""
        there, away = _rows(present), _rows(absent)
        with self._opened() as db:
            db.executemany("DELETE FROM touched WHERE path = ?", [*there, *away])
            db.executemany("INSERT OR IGNORE INTO leaving VALUES (?)", away)
            db.executemany("DELETE FROM leaving WHERE path = ?", there)
            db.execute("UPDATE shown SET number = ?, weight = ?, is_changing = 0", (state.number, state.weight))

    def expect(self, paths: Iterable[str]) -> None:
        """These will have to be taken away once it shows what we show."""
        with self._opened() as db:
            db.executemany("INSERT OR IGNORE INTO leaving VALUES (?)", _rows(paths))

    def forget(self, paths: Iterable[str]) -> None:
        """These were taken away there."""
        with self._opened() as db:
            db.executemany("DELETE FROM leaving WHERE path = ?", _rows(paths))

    def begin_anew(self) -> None:
        """Somebody emptied it: it shows nothing that we know of."""
        with self._opened() as db:
            db.execute("UPDATE shown SET number = 0, weight = ''")

    def _paths(self, table: str) -> frozenset[str]:
        with self._opened() as db:
            return frozenset(path for (path,) in db.execute(f"SELECT path FROM {table}"))  # noqa: S608

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when it is over."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self._file, timeout=30)) as db, db:
                db.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
                for statement in _SCHEMA:
                    db.execute(statement)
                yield db
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise MalformedInput(f"{self._file} does not say what the master shows: {error}; remove it") from error


def _rows(paths: Iterable[str]) -> list[tuple[str]]:
    return [(path,) for path in paths]
