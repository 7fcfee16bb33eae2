"""Which questions about published states does SQLite answer, however many paths they are about?

A question about 300 paths is one statement: the paths go in as one JSON list.
"""

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from relengotron.systems.mirror.order import rank
from relengotron.systems.mirror.port import Changes, Entry
from relengotron.systems.mirror.record_file import weight

PRESENT: Final = "until IS NULL"
IN: Final = "since <= :number AND (until IS NULL OR until > :number)"
ASKED: Final = "(SELECT value AS wanted FROM json_each(:asked)) CROSS JOIN entry ON entry.path = wanted"


def asked(paths: Iterable[str]) -> str:
    """The paths as ``ASKED`` takes them."""
    return json.dumps(list(paths))


def number_of(db: sqlite3.Connection) -> int:
    """The number of the present state."""
    return int(db.execute("SELECT coalesce(max(number), 0) FROM state").fetchone()[0])


def state_of(db: sqlite3.Connection, number: int) -> int | None:
    """What stands for the whole content of a state; 0 for the one in which nothing is published."""
    if not number:
        return 0
    row = db.execute("SELECT weight FROM state WHERE number = ?", (number,)).fetchone()
    return None if row is None else int(row[0], 16)


def after(db: sqlite3.Connection, changes: Changes, state: int) -> int:
    """What stands for the state that the changes lead to from this one."""
    query = f"SELECT path, sha256, size FROM {ASKED} WHERE {IN}"  # noqa: S608
    given = {"asked": asked((*changes.shown, *changes.gone)), "number": changes.base}
    for path, sha256, size in db.execute(query, given):
        state -= weight(path, Entry(sha256, size))
    return (state + sum(weight(path, entry) for path, entry in changes.shown.items())) % (1 << 256)


def write_state(db: sqlite3.Connection, number: int, state: int, changes: Changes) -> None:
    """The changes lead to the state with this number."""
    db.execute("INSERT INTO state VALUES (?, ?)", (number, f"{state:x}"))
    touched = [(number, path) for path in (*changes.shown, *changes.gone)]
    db.executemany(f"UPDATE entry SET until = ? WHERE path = ? AND {PRESENT}", touched)  # noqa: S608
    rows = [(path, number, *entry, rank(path)) for path, entry in changes.shown.items()]
    db.executemany("INSERT INTO entry (path, since, sha256, size, rank) VALUES (?, ?, ?, ?, ?)", rows)
