"""How is ResultsDB asked over its API v2.0?"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from relengotron.errors import MalformedInput
from relengotron.systems.rest import LONGEST_URL, RestService, chunks, encoded, searchable
from relengotron.systems.resultsdb.port import NewResult, TestResult
from relengotron.systems.strict import listed, number, text

PAGE_LIMIT = 500
ROOM_FOR_TESTCASES = 3000
STALE_PAGES = 3
LONGEST_GROUP = 36


class ResultsDbClient:
    """The port spoken over HTTP; ``service`` has the base URL that ends in ``/api/v2.0``."""

    def __init__(self, service: RestService, *, page_limit: int = PAGE_LIMIT) -> None:
        self._service = service
        self._page_limit = page_limit

    def store(self, result: NewResult) -> TestResult:
        """Look for the same result of the same group first: ResultsDB itself stores a repeated POST twice."""
        _check_storable(result)
        stored = self._newest_like(result)
        if stored and stored.outcome == result.outcome.upper() and _says_all_of(stored.data, result.data):
            return stored
        return _read_result(self._service.post("/results", _body_of(result)))

    def results_for(self, items: Collection[str], testcases: Collection[str]) -> tuple[TestResult, ...]:
        """Every result of these items, newest first; no test cases means all of them."""
        wanted, cases = searchable(items, "item"), searchable(testcases, "test case")
        found = self._all("item", wanted, "testcases", cases) if wanted else {}
        for result in found.values():
            if cases and result.testcase not in cases:
                raise MalformedInput(f"ResultsDB answered result {result.id} of a test case nobody asked for")
        return _newest_first(found.values())

    def results_since(
        self, when: datetime, *, groups: Collection[str] = (), items: Collection[str] = ()
    ) -> tuple[TestResult, ...]:
        """Every result submitted at or after this moment, narrowed by groups or items, newest first."""
        if when.tzinfo is None:
            raise MalformedInput(f"a moment without a time zone: {when}")
        since = when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
        found = self._all("item", searchable(items, "item"), "groups", searchable(groups, "group"), since=since)
        return _newest_first(found.values())

    def outcomes(self) -> frozenset[str]:
        """What the start page lists; it comes with status 300."""
        page = self._service.get("/")
        listed = page.get("outcomes") if isinstance(page, dict) else None
        if not isinstance(listed, list) or not all(isinstance(outcome, str) for outcome in listed):
            raise MalformedInput(f"{self._service.base_url} lists no outcomes")
        return frozenset(listed)

    def identity(self) -> str:
        """The base URL, once the service has said which outcomes it takes."""
        self.outcomes()
        return self._service.base_url

    def _newest_like(self, result: NewResult) -> TestResult | None:
        query = {"groups": result.group, "testcases": result.testcase, "item": result.data["item"]}
        found = {row.id: row for row in self._walk(query, result.data["item"])}
        same = [row for row in found.values() if result.group in row.groups and row.testcase == result.testcase]
        return next(iter(_newest_first(same)), None)

    def _all(
        self, key: str, values: Sequence[str], other_key: str, others: Sequence[str], **fixed: str
    ) -> dict[int, TestResult]:
        """Results of every combination, in as few requests as the length of a URL allows."""
        found: dict[int, TestResult] = {}
        for some_others in _chunks_or_nothing(others, ROOM_FOR_TESTCASES):
            query: dict[str, str | Sequence[str]] = dict(fixed)
            if some_others:
                query[other_key] = some_others
            for some in _chunks_or_nothing(values, self._room_beside(query)):
                asked = query | {key: some} if some else query
                found.update((row.id, row) for row in self._walk(asked, some))
        return found

    def _room_beside(self, query: Mapping[str, str | Sequence[str]]) -> int:
        return LONGEST_URL - len(self._service.base_url) - len(encoded(query)) - 100

    def _walk(self, query: Mapping[str, str | Sequence[str]], items: Sequence[str]) -> Iterator[TestResult]:
        """Every page, by number: the links name the host as the server believes it is called."""
        seen: set[int] = set()
        page, stale = 0, 0
        while stale < STALE_PAGES:
            rows, has_next = self._page(query, page)
            _check_asked_for(rows, items)
            fresh = [row for row in rows if row.id not in seen]
            yield from fresh
            seen.update(row.id for row in fresh)
            if not rows or not (has_next or _joined_rows(rows, items) > self._page_limit):
                return
            page, stale = page + 1, 0 if fresh else stale + 1
        raise MalformedInput(f"{self._service.base_url} never comes to the last page")

    def _page(self, query: Mapping[str, str | Sequence[str]], page: int) -> tuple[list[TestResult], bool]:
        answer = self._service.get("/results", dict(query) | {"limit": str(self._page_limit), "page": str(page)})
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list) or "next" not in answer:
            raise MalformedInput(f"{self._service.base_url} answered no page of results")
        return [_read_result(row) for row in answer["data"]], answer["next"] is not None


def _chunks_or_nothing(values: Sequence[str], room: int) -> Iterator[tuple[str, ...]]:
    return chunks(values, room) if values else iter([()])


def _joined_rows(rows: Sequence[TestResult], items: Sequence[str]) -> int:
    """Rows as the database counts them.

    ResultsDB joins results with their data: a result that matches two of the asked items uses up two places
    of a page, is shown once, and so a full page looks like the last one.
    """
    asked = frozenset(items)
    return sum(max(1, sum(item in asked for item in row.data.get("item", ()))) for row in rows)


def _check_asked_for(rows: Sequence[TestResult], items: Sequence[str]) -> None:
    asked = frozenset(items)
    for row in rows:
        if asked and asked.isdisjoint(row.data.get("item", ())):
            raise MalformedInput(f"ResultsDB answered result {row.id} of an item nobody asked for")


def _check_storable(result: NewResult) -> None:
    if not result.data.get("item"):
        raise MalformedInput(f"a result of {result.testcase} without an item cannot be found again")
    searchable(result.data["item"], "item")
    searchable([result.group], "group")
    if len(result.group) > LONGEST_GROUP:
        raise MalformedInput(f"longer than the {LONGEST_GROUP} letters of a group's uuid: {result.group!r}")
    searchable([result.testcase], "test case")
    for key in result.data:
        if ":" in key:
            raise MalformedInput(f"a data key of a result cannot hold a colon: {key!r}")


def _says_all_of(stored: Mapping[str, tuple[str, ...]], wanted: Mapping[str, tuple[str, ...]]) -> bool:
    return all(set(values) <= set(stored.get(key, ())) for key, values in wanted.items())


def _body_of(result: NewResult) -> dict[str, Any]:
    group = {"uuid": result.group}
    if result.group_description:
        group["description"] = result.group_description
    body: dict[str, Any] = {
        "testcase": result.testcase,
        "outcome": result.outcome,
        "groups": [group],
        "data": {key: list(values) for key, values in result.data.items()},
    }
    return body | {key: text for key, text in (("note", result.note), ("ref_url", result.ref_url)) if text}


def _newest_first(results: Collection[TestResult]) -> tuple[TestResult, ...]:
    return tuple(sorted(results, key=lambda row: (row.submitted, row.id), reverse=True))


def _read_result(row: Any) -> TestResult:
    try:
        data = {str(key): tuple(_texts(values)) for key, values in row["data"].items()}
        return TestResult(
            id=number(row["id"]),
            testcase=text(row["testcase"]["name"]),
            outcome=text(row["outcome"]),
            item=next(iter(data.get("item", ())), ""),
            type=next(iter(data.get("type", ())), ""),
            submitted=_as_utc(datetime.fromisoformat(row["submit_time"])),
            ref_url=row["ref_url"] or "",
            note=row["note"] or "",
            groups=tuple(_texts(row["groups"])),
            data=data,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise MalformedInput(f"not a result of ResultsDB: {str(row)[:300]}") from wrong


def _as_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _texts(values: Any) -> list[str]:
    return [text(value) for value in listed(values)]
