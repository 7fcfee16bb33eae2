"""What does one request carry with it while the stand-in works on it?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from relengotron.systems.pdc.simulated.refusals import not_found
from relengotron.systems.pdc.simulated.rows import Row, Table

API_ROOT = "/rest_api/v1/"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the change log; old and new are JSON texts."""

    resource: str
    resource_id: int
    old_value: str
    new_value: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire; ``rows`` is how many stored rows had to be shown for it."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0


@dataclass(slots=True)
class Call:
    """One request: what was asked, the tables, and what it changed so far."""

    tables: Mapping[str, Table]
    now: float
    base: str = ""
    method: str = "GET"
    query: MultiDict[str, str] = field(default_factory=MultiDict)
    body: Any = None
    changes: list[Change] = field(default_factory=list)
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def table(self, name: str) -> Table:
        """A table of the server."""
        return self.tables[name]

    def one(self, table: str, column: str, value: Any) -> Row:
        """The row with this value, or 404."""
        row = self.tables[table].find(column, value)
        if row is None:
            raise not_found()
        return row

    @property
    def today(self) -> date:
        """The date in UTC."""
        return datetime.fromtimestamp(self.now, UTC).date()

    def url(self, path: str) -> str:
        """The absolute address of a path below the API root."""
        return f"{self.base}{API_ROOT}{path}"

    def record(self, resource: str, number: int, old: str, new: str) -> None:
        """Put one line into the change log, unless nothing changed."""
        if old != new:
            self.changes.append(Change(resource.lower(), number, old, new))

    def say(self, topic: str, **body: Any) -> None:
        """Announce this on the bus once everything is committed."""
        self.messages.append((topic, body))
