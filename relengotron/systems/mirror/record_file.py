"""How do the records of a target lie on disk, and how are those of an older version taken over?"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from relengotron.errors import MalformedInput
from relengotron.systems.mirror.order import rank
from relengotron.systems.mirror.port import Entry

SYNCHRONOUS = "FULL"
"""With TRUNCATE it means: durable when committed. SQLite syncs its own journal, then the file, then the journal."""

_VERSION = 1
_SCHEMA = (
    "CREATE TABLE state (number INTEGER PRIMARY KEY, weight TEXT NOT NULL)",
    "CREATE TABLE entry (path TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER, sha256 TEXT NOT NULL,"
    " size INTEGER NOT NULL, rank INTEGER NOT NULL, inode INTEGER, mtime_ns INTEGER, PRIMARY KEY (path, since))"
    " WITHOUT ROWID",
    "CREATE INDEX entry_since ON entry (since)",
    "CREATE INDEX entry_until ON entry (until) WHERE until IS NOT NULL",
    "CREATE INDEX entry_rank ON entry (rank) WHERE rank > 0",
    "CREATE TABLE intended (path TEXT PRIMARY KEY, sha256 TEXT, size INTEGER) WITHOUT ROWID",
    "CREATE TABLE stray (path TEXT PRIMARY KEY, sha256 TEXT, size INTEGER) WITHOUT ROWID",
)


def opened(folder: Path) -> sqlite3.Connection:
    """The records for reading; without a file yet, what an older version wrote, in memory: nothing is written."""
    file = _file(folder)
    if file.is_file():
        db = _connected(file)
        if _is_prepared(db):
            return db
        db.close()
    db = sqlite3.connect(":memory:", isolation_level=None)
    _prepare(db, folder)
    return db


def prepared(folder: Path) -> sqlite3.Connection:
    """The records for writing, with everything in them that an older version wrote."""
    db = _connected(_file(folder))
    if not _is_prepared(db):
        _prepare(db, folder)
    return db


def old_records(folder: Path) -> list[Path]:
    """The states as an older version wrote them, one file each, in their order."""
    return sorted(folder.glob("[0-9]*.json"))


def weight(path: str, entry: Entry) -> int:
    """What one file adds to the number that stands for a whole state: a sum, so that it follows each change alone."""
    return int.from_bytes(hashlib.sha256(f"{path}\0{entry.sha256}\0{entry.size}".encode()).digest())


def _file(folder: Path) -> Path:
    return folder / "states.sqlite"


def _connected(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, isolation_level=None, timeout=30)
    db.execute("PRAGMA journal_mode = TRUNCATE")
    db.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
    return db


def _is_prepared(db: sqlite3.Connection) -> bool:
    return int(db.execute("PRAGMA user_version").fetchone()[0]) == _VERSION


def _prepare(db: sqlite3.Connection, folder: Path) -> None:
    db.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA:
        db.execute(statement)
    before: dict[str, Entry] = {}
    for file in old_records(folder):
        _take_over(db, int(file.stem), before, before := _read(file))
    db.execute(f"PRAGMA user_version = {_VERSION}")
    db.execute("COMMIT")


def _take_over(db: sqlite3.Connection, number: int, before: Mapping[str, Entry], state: Mapping[str, Entry]) -> None:
    total = sum(weight(path, entry) for path, entry in state.items()) % (1 << 256)
    db.execute("INSERT INTO state VALUES (?, ?)", (number, f"{total:x}"))
    changed = {path: entry for path, entry in state.items() if before.get(path) != entry}
    over = changed.keys() | (before.keys() - state.keys())
    db.executemany("UPDATE entry SET until = ? WHERE path = ? AND until IS NULL", [(number, path) for path in over])
    db.executemany(
        "INSERT INTO entry (path, since, sha256, size, rank) VALUES (?, ?, ?, ?, ?)",
        [(path, number, *entry, rank(path)) for path, entry in changed.items()],
    )


def _read(path: Path) -> dict[str, Entry]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {name: Entry(str(sha256), int(size)) for name, (sha256, size) in rows.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise MalformedInput(f"{path} is not a record of a published state: {error}") from error
