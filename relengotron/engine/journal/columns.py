"""How does text from anywhere fit into a column, on SQLite as on PostgreSQL?"""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ClauseElement, Column, Connection, String, Table, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Words(TypeDecorator[str]):
    """Text for people; characters that a database refuses are replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make the text one that can be stored."""
        return None if value is None else _storable(value)


class Name(TypeDecorator[str]):
    """A key of bounded length; the end of a longer one is replaced by its digest, so that it stays itself."""

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        """Take up to ``length`` characters as they are."""
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make the name one that can be stored and found again."""
        return None if value is None else self.stored(value)

    def stored(self, value: str) -> str:
        """The name as the column holds it."""
        text = _storable(value)
        if len(text) <= self.length:
            return text
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        return f"{text[: self.length - 33]}~{digest}"


def as_stored(column: Column[Any], name: str) -> str:
    """What a column of names holds for this one."""
    return column.type.stored(name) if isinstance(column.type, Name) else name


def insert_once(db: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert the row; False when a unique column holds its value already, whoever wrote it and however short ago."""
    worked_out = {name: value for name, value in values.items() if isinstance(value, ClauseElement)}
    query = _insert_once(db.dialect.name, table)
    if worked_out:
        query = query.values(worked_out)
    given = {name: value for name, value in values.items() if name not in worked_out}
    return db.execute(query, given).first() is not None


def insert_many_once(db: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows; those that a unique column knows already stay as they are."""
    if rows:
        db.execute(_insert_if_new(db.dialect.name, table), rows)


@cache
def _insert_once(dialect: str, table: Table) -> Any:
    """Put together once: that takes longer than the insert."""
    return _insert_if_new(dialect, table).returning(*table.primary_key.columns)


@cache
def _insert_if_new(dialect: str, table: Table) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def _storable(value: str) -> str:
    text = str(value)
    if text.isascii() and "\0" not in text:
        return text
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-8", "replace").decode("utf-8")
