"""What is in a journal, looked at from another process?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, NullPool, Select, create_engine, func, inspect, select

from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.tables import inbox, runs
from relengotron.messages.arrival import REFUSED


class Kept:
    """Reads only, and leaves no connection open; a journal that nobody has made yet holds nothing."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, poolclass=NullPool)

    def ids(self) -> list[str]:
        """The messages that were believed, in the order in which they were stored."""
        return self._column(select(inbox.c.msg_id).where(~inbox.c.msg_id.startswith(REFUSED)).order_by(inbox.c.id))

    def reasons_of_refusal(self) -> list[str]:
        return self._column(select(inbox.c.reason).where(inbox.c.msg_id.startswith(REFUSED)).order_by(inbox.c.id))

    def count(self) -> int:
        return self._number(select(func.count()).select_from(inbox))

    def has(self, msg_id: str) -> bool:
        return bool(self._number(select(func.count()).where(inbox.c.msg_id == msg_id)))

    def unread(self) -> int:
        """How many messages nobody has understood yet."""
        return self._number(select(func.count()).where(inbox.c.state == MessageState.NEW))

    def runs_of(self, workflow: str) -> list[str]:
        """The keys of all runs that were opened."""
        return self._column(select(runs.c.key).where(runs.c.workflow == workflow))

    def _column(self, query: Select[Any]) -> list[str]:
        with self._open() as db:
            return [] if db is None else list(db.scalars(query))

    def _number(self, query: Select[Any]) -> int:
        with self._open() as db:
            return 0 if db is None else int(db.scalar(query) or 0)

    @contextmanager
    def _open(self) -> Iterator[Connection | None]:
        with self._engine.connect() as db:
            yield db if inspect(db).has_table(runs.name) else None
