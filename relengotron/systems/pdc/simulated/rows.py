"""Where does the stand-in keep its rows, and how are changes taken back?"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Row = dict[str, Any]
KeyOf = Callable[[Row], Hashable]
Undo = list[Callable[[], None]]


def identity(value: Any) -> Hashable:
    """What makes two values of a row the same: the id of a referenced row, else the value itself."""
    if isinstance(value, dict):
        return ("row", value["id"])
    return tuple(identity(item) for item in value) if isinstance(value, list) else value


def key_of(*columns: str) -> KeyOf:
    """An index key made of the named columns."""
    if len(columns) == 1:
        return lambda row: identity(row[columns[0]])
    return lambda row: tuple(identity(row[column]) for column in columns)


class Table:
    """Rows by ascending id, with indexes kept up to date; every change can be undone."""

    def __init__(self, name: str, undo: Undo, indexes: Mapping[str, KeyOf]) -> None:
        """Start empty; the undo list is shared by all tables of one server."""
        self.name = name
        self.rows: dict[int, Row] = {}
        self._undo = undo
        self._next_id = 1
        self._keys = dict(indexes)
        self._indexes: dict[str, dict[Hashable, dict[int, Row]]] = {index: {} for index in indexes}

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    def add(self, **values: Any) -> Row:
        """Insert a row under the next id."""
        row: Row = {"id": self._next_id, **values}
        self._next_id += 1
        self._insert(row)
        self._undo.append(lambda: self._forget(row))
        return row

    def change(self, row: Row, **values: Any) -> None:
        """Set columns of a row."""
        before = {column: row.get(column) for column in values}
        self._assign(row, values)
        self._undo.append(lambda: self._assign(row, before))

    def remove(self, row: Row) -> None:
        """Delete a row."""
        self._drop(row)
        self._undo.append(lambda: self._restore(row))

    def where(self, index: str, key: Any) -> list[Row]:
        """The rows of one index key, by ascending id."""
        found = self._indexes[index].get(identity(key), {})
        return [found[number] for number in sorted(found)]

    def find(self, column: str, value: Any) -> Row | None:
        """The first row whose column has this value."""
        if column == "id":
            return self.rows.get(value)
        if column in self._indexes:
            return next(iter(self.where(column, value)), None)
        wanted = identity(value)
        return next((row for row in self if identity(row[column]) == wanted), None)

    def same(self, index: str, values: Row, but: Row | None) -> Row | None:
        """Another row that has the same index key as these values."""
        found = self._indexes[index].get(self._keys[index](values), {})
        return next((row for row in found.values() if row is not but), None)

    def _insert(self, row: Row) -> None:
        self.rows[row["id"]] = row
        for index, key in self._keys.items():
            self._indexes[index].setdefault(key(row), {})[row["id"]] = row

    def _drop(self, row: Row) -> None:
        del self.rows[row["id"]]
        for index, key in self._keys.items():
            self._indexes[index][key(row)].pop(row["id"])

    def _assign(self, row: Row, values: Row) -> None:
        self._drop(row)
        row.update(values)
        self._restore(row)

    def _forget(self, row: Row) -> None:
        self._drop(row)
        self._next_id = row["id"]

    def _restore(self, row: Row) -> None:
        last = next(reversed(self.rows), 0)
        self._insert(row)
        if row["id"] < last:
            self.rows = dict(sorted(self.rows.items()))


@contextmanager
def all_or_nothing(undo: Undo) -> Iterator[None]:
    """Keep the changes made inside only when it ends without an exception."""
    undo.clear()
    try:
        yield
    except BaseException:
        for step in reversed(undo):
            step()
        raise
    finally:
        undo.clear()
