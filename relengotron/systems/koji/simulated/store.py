"""Where does the hub keep its rows, and how is a failed call undone?

Rows are plain dictionaries in tables with equality indexes. Every change leaves its undo step in one log, so rolling
back costs what was changed, never a copy of the whole state. Sequences are not rolled back, as in PostgreSQL: ids have
gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

Row = dict[str, Any]
Undo = Callable[[], None]


class UndoLog:
    """The steps that lead back to the last commit."""

    def __init__(self) -> None:
        self.steps: list[Undo] = []
        self.dirty = False

    def record(self, step: Undo) -> None:
        """Remember how to take back the change that was just made."""
        self.steps.append(step)
        self.dirty = True

    def savepoint(self) -> int:
        """A place to roll back to."""
        return len(self.steps)

    def rollback(self, savepoint: int = 0) -> None:
        """Take back everything after the savepoint, newest first."""
        while len(self.steps) > savepoint:
            self.steps.pop()()

    def commit(self) -> None:
        """Keep everything."""
        self.steps.clear()
        self.dirty = False


class Table:
    """Rows with indexes on the columns that are asked for."""

    def __init__(self, name: str, undo: UndoLog, indexes: Sequence[str] = ()) -> None:
        self.name = name
        self._undo = undo
        self._rows: dict[int, Row] = {}
        self._next = 1
        self._indexes: dict[str, dict[Any, dict[int, None]]] = {column: {} for column in indexes}

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def insert(self, row: Row) -> Row:
        """Add the row; the table keeps this very dictionary."""
        key = self._next
        self._next += 1
        row["__key"] = key
        self._put(key, row)
        self._undo.record(lambda: self._drop(key))
        return row

    def update(self, row: Row, **changes: Any) -> None:
        """Change some columns of a row of this table."""
        before = {column: row.get(column) for column in changes}
        self._write(row, changes)
        self._undo.record(lambda: self._write(row, before))

    def delete(self, row: Row) -> None:
        """Remove a row of this table."""
        key = row["__key"]
        self._drop(key)
        self._undo.record(lambda: self._put(key, row))

    def where(self, **equals: Any) -> list[Row]:
        """The rows that carry all these values, oldest first."""
        candidates = self._candidates(equals)
        return [row for row in candidates if all(row.get(column) == value for column, value in equals.items())]

    def one(self, **equals: Any) -> Row | None:
        """The only row that carries all these values, or None."""
        found = self.where(**equals)
        return found[0] if found else None

    def newest(self) -> Row | None:
        """The row that was added last, or None."""
        return next(reversed(self._rows.values()), None)

    def _candidates(self, equals: Row) -> Iterable[Row]:
        best: dict[int, None] | None = None
        for column, value in equals.items():
            index = self._indexes.get(column)
            if index is None:
                continue
            keys = index.get(value)
            if not keys:
                return ()
            if best is None or len(keys) < len(best):
                best = keys
        if best is None:
            return self._rows.values()
        return [self._rows[key] for key in sorted(best)]

    def _put(self, key: int, row: Row) -> None:
        self._rows[key] = row
        for column, index in self._indexes.items():
            index.setdefault(row.get(column), {})[key] = None

    def _drop(self, key: int) -> None:
        row = self._rows.pop(key)
        for column, index in self._indexes.items():
            _unlink(index, row.get(column), key)

    def _write(self, row: Row, changes: Row) -> None:
        key = row["__key"]
        for column, value in changes.items():
            index = self._indexes.get(column)
            if index is not None:
                _unlink(index, row.get(column), key)
                index.setdefault(value, {})[key] = None
            row[column] = value


def _unlink(index: dict[Any, dict[int, None]], value: Any, key: int) -> None:
    keys = index.get(value)
    if keys is not None:
        keys.pop(key, None)
        if not keys:
            del index[value]


class Sequences:
    """Counters that only go up."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, name: str) -> int:
        """Take a number; it is never given out again, even when the call fails."""
        self._last[name] = self._last.get(name, 0) + 1
        return self._last[name]


_VERSIONED: dict[str, tuple[str, ...]] = {
    "user_perms": ("user_id", "perm_id"),
    "user_groups": ("user_id", "group_id"),
    "cg_users": ("user_id", "cg_id"),
    "tag_inheritance": ("tag_id", "parent_id"),
    "tag_config": ("tag_id",),
    "tag_extra": ("tag_id", "key"),
    "build_target_config": ("build_target_id",),
    "external_repo_config": ("external_repo_id",),
    "external_repo_data": ("external_repo_id",),
    "host_config": ("host_id",),
    "host_channels": ("host_id", "channel_id"),
    "tag_external_repos": ("tag_id", "external_repo_id"),
    "tag_listing": ("tag_id", "build_id"),
    "tag_packages": ("tag_id", "package_id"),
    "tag_package_owners": ("tag_id", "package_id"),
    "group_config": ("tag_id",),
    "group_req_listing": ("tag_id",),
    "group_package_listing": ("tag_id",),
}

_PLAIN: dict[str, tuple[str, ...]] = {
    "events": ("id",),
    "users": ("id", "name"),
    "permissions": ("id", "name"),
    "channels": ("id", "name"),
    "tag": ("id", "name"),
    "package": ("id", "name"),
    "build_target": ("id", "name"),
    "external_repo": ("id", "name"),
    "groups": ("id", "name"),
    "host": ("id", "name", "user_id"),
    "build": ("id", "pkg_id", "task_id", "owner"),
    "build_types": ("build_id",),
    "rpminfo": ("id", "build_id", "name"),
    "rpmsigs": ("rpm_id", "sigkey"),
    "task": ("id", "parent", "state", "owner", "method", "host_id"),
    "repo": ("id", "tag_id", "state"),
    "repo_queue": ("id", "tag_id"),
    "tag_updates": ("tag_id",),
    "buildroot": ("id",),
    "sessions": ("id", "user_id"),
    "task_refusals": ("task_id", "host_id"),
    "host_data": ("host_id",),
    "scheduler": (),
}


class Store:
    """All tables of one hub with their common undo log."""

    def __init__(self) -> None:
        self.undo = UndoLog()
        self.sequences = Sequences()
        names = {**_PLAIN, **{name: (*columns, "active") for name, columns in _VERSIONED.items()}}
        self._tables = {name: Table(name, self.undo, columns) for name, columns in names.items()}

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def row(self, table: str, row_id: int) -> Row:
        """The row of that id, which must exist."""
        found = self[table].one(id=row_id)
        if found is None:
            raise LookupError(f"{table} has no row {row_id}")
        return found
