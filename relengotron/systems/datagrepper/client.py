"""How is datagrepper asked over HTTP?"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from relengotron.errors import MalformedInput, StateDisagrees
from relengotron.messages.wire import shown
from relengotron.systems.datagrepper.port import PastMessage
from relengotron.systems.datagrepper.restoring import forms_of
from relengotron.systems.rest import RestService

ROWS_PER_PAGE: Final = 100
"""More is refused."""

MOST_PAGES: Final = 10_000
WALKS: Final = 5
_SLACK_S: Final = 1.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Page:
    rows: tuple[Row, ...]
    total: int


class DatagrepperClient:
    """The port spoken over HTTP; ``service`` has the base URL, the one before ``/raw``."""

    def __init__(self, service: RestService, *, rows_per_page: int = ROWS_PER_PAGE) -> None:
        self._service = service
        self._rows_per_page = rows_per_page

    def pages(self, category: str, start: datetime, end: datetime) -> Iterator[tuple[PastMessage, ...]]:
        """Walk from page to page; again from the first one when fewer messages came by than there are.

        Pages are cut from a list that others add to, and messages of the same second stand in any order: a walk can
        miss one that slips over the edge of a page to the side that was read already.
        """
        seen: set[str] = set()
        for _ in range(WALKS):
            total = 0
            for page in self._walk(category, start, end):
                seen.update(map(_name_of, page.rows))
                total = page.total
                yield tuple(PastMessage(row["topic"], forms_of(row)) for row in page.rows)
            if len(seen) >= total:
                return
        raise StateDisagrees(f"{self._service.base_url} showed {len(seen)} of {total} messages of {category}")

    def newest(self, category: str) -> datetime | None:
        """Ask for one row, the newest first."""
        page = self._page({"category": category, "order": "desc", "rows_per_page": "1", "page": "1"}, 1)
        return datetime.fromtimestamp(page.rows[0]["timestamp"], UTC) if page.rows else None

    def identity(self) -> str:
        """The base URL; whether it answers is seen by any other question."""
        return self._service.base_url

    def _walk(self, category: str, start: datetime, end: datetime) -> Iterator[_Page]:
        first, last = math.floor(start.timestamp()), math.ceil(end.timestamp())
        query = {"category": category, "start": str(first), "end": str(last), "order": "asc"}
        query["rows_per_page"] = str(self._rows_per_page)
        for number in range(1, MOST_PAGES + 1):
            page = self._page(query | {"page": str(number)}, self._rows_per_page)
            self._refuse_strangers(page, first, last)
            yield page
            if number * self._rows_per_page >= page.total:
                return
        raise MalformedInput(f"{self._service.base_url} claims {page.total} messages of {category} in one window")

    def _page(self, query: dict[str, str], most: int) -> _Page:
        answer = self._service.get("/raw", query)
        rows = answer.get("raw_messages") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(map(_is_row, rows)):
            raise MalformedInput(f"{self._service.base_url} answered no page of messages: {shown(answer)}")
        total, count = answer.get("total"), answer.get("count")
        if type(total) is not int or count != len(rows) or not len(rows) <= min(most, total):
            raise MalformedInput(
                f"{self._service.base_url} answered {len(rows)} messages and says {shown(count)} of {shown(total)}"
            )
        return _Page(tuple(rows), total)

    def _refuse_strangers(self, page: _Page, first: float, last: float) -> None:
        """A server that does not heed the window would be asked for its whole history."""
        for row in page.rows:
            if not first - _SLACK_S <= row["timestamp"] <= last + _SLACK_S:
                found = f"a message of {row['timestamp']:.0f}, asked for {first} to {last}"
                raise MalformedInput(f"{self._service.base_url} answered {found}")


def _is_row(row: object) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("topic"), str)
        and isinstance(row.get("timestamp"), int | float)
        and not isinstance(row["timestamp"], bool)
        and 0 <= row["timestamp"] < 2**40
    )


def _name_of(row: Row) -> str:
    return f"{row.get('msg_id') or row.get('i')} {row['topic']} {row['timestamp']}"
