"""Which states of a target were published, in which order, and by which files are they shown?

One small SQLite file per target. A state is not written as a list: every row says from which state on (``since``) and
until before which one (``until``) a path had its content. So a publication, a way back and a sweep write and read as
many rows as they change files, however large the tree is.
"""

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from relengotron.errors import StateDisagrees
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.paths import RelPath
from relengotron.systems.mirror.port import Changes, Entry
from relengotron.systems.mirror.record_access import RecordAccess
from relengotron.systems.mirror.rows import ASKED, IN, PRESENT, after, asked, number_of, state_of, write_state

_NAMED = "EXISTS (SELECT 1 FROM entry WHERE path = one.path AND (until IS NULL OR until > :first))"


@dataclass(frozen=True, slots=True)
class Known:
    """A file as we showed it: its content, and by which inode and time it is recognized without being read."""

    entry: Entry
    inode: int | None
    mtime_ns: int | None

    def is_this(self, found: os.stat_result) -> bool:
        """Say whether it is the very file that was shown, untouched since."""
        return (self.inode, self.mtime_ns, self.entry.size) == (found.st_ino, found.st_mtime_ns, found.st_size)


class Records:
    """The published states of one target; the one with the highest number is the present."""

    def __init__(self, states: Path, target: RelPath, disk: Disk) -> None:
        self._target = target
        self._access = RecordAccess(states / quote(target, safe=""), target, disk)

    def number(self) -> int:
        """The number of the state that readers see; 0 when nothing was ever published."""
        with self._access.reading() as db:
            return number_of(db)

    def shows_anything(self) -> bool:
        """Say whether the present state has a file at all."""
        with self._access.reading() as db:
            return state_of(db, number_of(db)) != 0

    def numbers(self) -> tuple[int, ...]:
        """Every state that can be put back, the present one last."""
        with self._access.reading() as db:
            return tuple(number for (number,) in db.execute("SELECT number FROM state ORDER BY number"))

    def rows(self, number: int) -> dict[str, Entry]:
        """Every file of a state."""
        with self._access.reading() as db:
            self._must_be_kept(db, number)
            found = db.execute(f"SELECT path, sha256, size FROM entry WHERE {IN}", {"number": number})  # noqa: S608
            return {path: Entry(sha256, size) for path, sha256, size in found}

    def entry(self, number: int, path: str) -> Entry | None:
        """One file of a state."""
        with self._access.reading() as db:
            self._must_be_kept(db, number)
            asked = {"number": number, "path": path}
            row = db.execute(f"SELECT sha256, size FROM entry WHERE path = :path AND {IN}", asked).fetchone()  # noqa: S608
            return None if row is None else Entry(*row)

    def entries(self, number: int, paths: Iterable[str]) -> dict[str, Entry]:
        """Some files of a state; what it does not show is left out."""
        with self._access.reading() as db:
            self._must_be_kept(db, number)
            given = {"number": number, "asked": asked(paths)}
            rows = db.execute(f"SELECT path, sha256, size FROM {ASKED} WHERE {IN}", given)  # noqa: S608
            return {path: Entry(sha256, size) for path, sha256, size in rows}

    def known(self, paths: Iterable[str] | None = None) -> dict[str, Known]:
        """What the present state shows under these paths, or under all."""
        with self._access.reading() as db:
            among, given = ("entry", {}) if paths is None else (ASKED, {"asked": asked(paths)})
            rows = db.execute(f"SELECT path, sha256, size, inode, mtime_ns FROM {among} WHERE {PRESENT}", given)  # noqa: S608
            return {path: Known(Entry(sha256, size), inode, mtime) for path, sha256, size, inode, mtime in rows}

    def contents(self, paths: Iterable[str]) -> dict[str, set[Entry]]:
        """Every content that any state which can be put back has under each of these paths."""
        found: dict[str, set[Entry]] = defaultdict(set)
        with self._access.reading() as db:
            for path, *entry in db.execute(f"SELECT path, sha256, size FROM {ASKED}", {"asked": asked(paths)}):  # noqa: S608
                found[path].add(Entry(*entry))
        return found

    def starting_points(self, number: int) -> dict[str, Entry]:
        """Metadata and what points at it, in one state."""
        with self._access.reading() as db:
            query = f"SELECT path, sha256, size FROM entry WHERE rank > 0 AND {IN}"  # noqa: S608
            return {path: Entry(sha, size) for path, sha, size in db.execute(query, {"number": number})}

    def weight(self, number: int) -> int | None:
        """What stands for the whole content of a state; None when it is not in the record any more."""
        with self._access.reading() as db:
            return state_of(db, number)

    def between(self, number: int, other: int) -> Changes:
        """What ``other`` shows differently from ``number``."""
        with self._access.reading() as db:
            for each in (number, other):
                self._must_be_kept(db, each)
            low, high = sorted((number, other))
            query = "SELECT path, sha256, size FROM entry WHERE {0} AND (path IN ({1}) OR path IN ({2}))"
            touched = (
                "SELECT path FROM entry WHERE since > :low AND since <= :high",
                "SELECT path FROM entry WHERE until > :low AND until <= :high",
            )
            bounds = {"low": low, "high": high}
            before, after = (
                {
                    path: Entry(sha256, size)
                    for path, sha256, size in db.execute(query.format(IN, *touched), {**bounds, "number": each})
                }
                for each in (number, other)
            )
        shown = {path: entry for path, entry in after.items() if before.get(path) != entry}
        return Changes(number, shown, frozenset(before.keys() - after.keys()))

    def before(self, number: int) -> int | None:
        """The newest state that differs from this one: neighbours always differ."""
        with self._access.reading() as db:
            return db.execute("SELECT max(number) FROM state WHERE number < ?", (number,)).fetchone()[0]  # type: ignore[no-any-return]

    def is_state(self, wanted: Changes) -> bool:
        """Say whether the present state is what these changes lead to from their base."""
        with self._access.reading() as db:
            if (base := state_of(db, wanted.base)) is None:
                return False
            return after(db, wanted, base) == state_of(db, number_of(db))

    def intended(self) -> dict[str, Entry | None]:
        """What a publication that never came to its end may have shown (or, None, removed)."""
        with self._access.reading() as db:
            rows = db.execute("SELECT path, sha256, size FROM intended")
            return {path: None if sha256 is None else Entry(sha256, size) for path, sha256, size in rows}

    def intend(self, changes: Changes) -> None:
        """From now on these paths may show something else than the present state says."""
        rows = [(path, *entry) for path, entry in changes.shown.items()] + [(path, None, None) for path in changes.gone]
        with self._access.writing("intend") as db:
            db.executemany("INSERT OR REPLACE INTO intended VALUES (?, ?, ?)", rows)

    def add(self, changes: Changes, facts: Mapping[str, os.stat_result]) -> None:
        """What the changes lead to is the present state, shown by files with these facts."""
        with self._access.writing("record") as db:
            number = number_of(db)
            state = after(db, changes, state_of(db, number) or 0)
            if not number or state != state_of(db, number):
                write_state(db, number + 1, state, changes)
            db.executemany(
                f"UPDATE entry SET inode = ?, mtime_ns = ? WHERE path = ? AND {PRESENT}",  # noqa: S608
                [(found.st_ino, found.st_mtime_ns, path) for path, found in facts.items()],
            )
            db.execute(
                "INSERT OR REPLACE INTO stray SELECT * FROM intended"
                " WHERE sha256 IS NOT NULL AND path NOT IN (SELECT path FROM entry)"
            )
            db.execute("DELETE FROM intended")

    def first_kept(self, keep: int) -> int:
        """The oldest state to keep, when the present and ``keep`` different ones before it are."""
        with self._access.reading() as db:
            kept: set[str] = set()
            first = number_of(db)
            for number, state in db.execute("SELECT number, weight FROM state ORDER BY number DESC"):
                kept.add(state)
                if len(kept) > keep + 1:
                    break
                first = number
            return first

    def only_before(self, first: int) -> dict[str, Entry | None]:
        """The paths that no state from ``first`` on names; with a content where only that content is ours."""
        with self._access.reading() as db:
            once = db.execute(
                f"SELECT DISTINCT path FROM entry AS one INDEXED BY entry_until WHERE until <= :first AND NOT {_NAMED}",  # noqa: S608
                {"first": first},
            )
            gone: dict[str, Entry | None] = dict.fromkeys(path for (path,) in once)
            strays = db.execute(f"SELECT path, sha256, size FROM stray AS one WHERE NOT {_NAMED}", {"first": first})  # noqa: S608
            return gone | {path: Entry(sha256, size) for path, sha256, size in strays}

    def kept_for(self, first: int) -> frozenset[str]:
        """The contents that readers do not get, and that going back to ``first`` or a later state needs."""
        query = (
            "SELECT sha256 FROM entry INDEXED BY entry_until WHERE until > ? UNION SELECT entry.sha256"
            " FROM intended JOIN entry ON entry.path = intended.path WHERE entry.until IS NULL"
        )
        with self._access.reading() as db:
            return frozenset(sha256 for (sha256,) in db.execute(query, (first,)))

    def forget_before(self, first: int) -> None:
        """The states before this one cannot be put back any more."""
        with self._access.writing("forget") as db:
            db.execute("DELETE FROM entry WHERE until <= ?", (first,))
            db.execute("DELETE FROM state WHERE number < ?", (first,))
            db.execute("DELETE FROM stray")

    def alone(self) -> AbstractContextManager[None]:
        """Hold the target against every other writer; a taken target is answered at once, never waited for."""
        return self._access.alone()

    def at_hand(self) -> AbstractContextManager[None]:
        """Several questions are asked in this block: the file is opened once for all of them."""
        return self._access.at_hand()

    def _must_be_kept(self, db: sqlite3.Connection, number: int) -> None:
        if number and state_of(db, number) is None:
            raise StateDisagrees(f"{self._target}: state {number} was swept away and cannot be put back")
