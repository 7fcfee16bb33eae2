"""What does ResultsDB do with a result, a group and a test case?"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid1

from relengotron.systems.resultsdb.simulated.rows import (
    LAST_ID,
    Group,
    Result,
    ResultRows,
    Selection,
    Testcase,
    matches_any,
)
from relengotron.systems.resultsdb.simulated.wire import Broke, NewGroup, NewResultBody, NewTestcase, read

PRESET_OUTCOMES = ("PASSED", "INFO", "FAILED", "NEEDS_INSPECTION")
LONGEST_UUID = 36
_PATH_SAFE = "!$&'()*+,/:;=@"

Announce = Callable[[str, dict[str, Any]], None]


class ColonInKey(Exception):
    """A data key may not hold a colon."""


class SimulatedResultsDb:
    """Results in memory under the rules of ResultsDB 2.2.0.

    ``ignore_submit_time`` stamps its own time as the servers of 2016 to 2021 did; ``announce_results`` and
    ``announce_taskotron`` choose between the two generations of messages (or both, or none).
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        announce: Announce | None = None,
        extra_outcomes: Iterable[str] = (),
        ignore_submit_time: bool = False,
        announce_results: bool = True,
        announce_taskotron: bool = True,
        base_url: str = "http://resultsdb.sim",
    ) -> None:
        self.outcomes = PRESET_OUTCOMES + tuple(extra_outcomes)
        self.base_url = base_url
        self.results = ResultRows()
        self.groups: dict[str, Group] = {}
        self.testcases: dict[str, Testcase] = {}
        self.lock = threading.RLock()
        self._clock = clock
        self._announce = announce
        self._ignore_submit_time = ignore_submit_time
        self._announce_results = announce_results
        self._announce_taskotron = announce_taskotron

    def create_result(self, body: dict[str, Any], base_url: str | None = None) -> dict[str, Any]:
        """Store one result, announce it and return it as the API shows it."""
        if self._ignore_submit_time:
            body = {key: value for key, value in body.items() if key != "submit_time"}
        asked = read(NewResultBody, body, self.outcomes)
        with self.lock:
            result = self._store(asked)
            shown = self.show_result(result, base_url)
            messages = self._messages_about(result, base_url)
        for topic, message in messages:
            self._tell(topic, message)
        return shown

    def create_group(self, body: dict[str, Any], base_url: str | None = None) -> dict[str, Any]:
        """Create a group, or update the one with this uuid; empty texts change nothing."""
        asked = read(NewGroup, body, self.outcomes)
        with self.lock:
            group = self._group(asked.uuid or str(uuid1()))
            group.ref_url = asked.ref_url or group.ref_url
            group.description = asked.description or group.description
            return self.show_group(group, base_url)

    def create_testcase(self, body: dict[str, Any], base_url: str | None = None) -> dict[str, Any]:
        """Create a test case, or update the one of this name."""
        asked = read(NewTestcase, body, self.outcomes)
        with self.lock:
            testcase = self._testcase(asked.name)
            if asked.ref_url is not None:
                testcase.ref_url = asked.ref_url
            return self.show_testcase(testcase, base_url)

    def result(self, text: str) -> Result | None:
        """One result by its id; what PostgreSQL does not take for an integer breaks the server."""
        try:
            number = int(text)
        except ValueError as wrong:
            raise Broke(f"no integer: {text}") from wrong
        if abs(number) > LAST_ID:
            raise Broke(f"integer out of range: {text}")
        return self.results.by_id.get(number)

    def latest(self, wanted: Selection) -> list[Result]:
        """The newest results of every test case; equal moments are all shown."""
        everything = replace(wanted, outcomes=(), testcases=(), testcases_like=())
        newest: dict[str, datetime] = {}
        for row in self.results.select(everything):
            newest.setdefault(row.testcase.name, row.submitted)
        asked = replace(wanted, outcomes=())
        return [row for row in self.results.select(asked) if row.submitted == newest[row.testcase.name]]

    def latest_distinct(self, wanted: Selection, keys: Iterable[str]) -> list[Result]:
        """The newest result of every test case and combination of the values of these data keys."""
        asked = replace(wanted, outcomes=())
        newest: dict[tuple[str, ...], Result] = {}
        for row in self.results.select(asked):
            for combination in _combinations(row, keys):
                newest.setdefault((row.testcase.name, *combination), row)
        unique = {row.id: row for row in newest.values()}
        return sorted(unique.values(), key=lambda row: (row.submitted, row.id), reverse=True)

    def find_groups(self, uuid: str | None, description: str | None, like: str | None) -> list[Group]:
        """Groups, youngest first."""
        found = list(reversed(self.groups.values()))
        descriptions = [part for part in (description or "").split(",") if part.strip()]
        patterns = [part for part in (like or "").split(",") if part.strip()]
        if descriptions:
            found = [group for group in found if group.description in descriptions]
        elif patterns and not description:
            is_like = matches_any(patterns)
            found = [group for group in found if group.description is not None and is_like(group.description)]
        if uuid:
            found = [group for group in found if group.uuid in uuid.split(",")]
        return found

    def find_testcases(self, name: str | None, like: str | None) -> list[Testcase]:
        """Test cases by name."""
        found = [self.testcases[known] for known in sorted(self.testcases)]
        names = [part.strip() for part in (name or "").split(",") if part.strip()]
        patterns = [part.strip() for part in (like or "").split(",") if part.strip()]
        if names:
            return [testcase for testcase in found if testcase.name in names]
        if patterns and not name:
            is_like = matches_any(patterns)
            return [testcase for testcase in found if is_like(testcase.name)]
        return found

    def show_result(self, result: Result, base_url: str | None = None) -> dict[str, Any]:
        """The wire object of a result."""
        return {
            "id": result.id,
            "groups": [group.uuid for group in result.groups],
            "testcase": self.show_testcase(result.testcase, base_url),
            "submit_time": result.submitted.isoformat(),
            "outcome": result.outcome,
            "note": result.note,
            "ref_url": result.ref_url,
            "data": {key: list(values) for key, values in result.data.items()},
            "href": f"{self._api(base_url)}/results/{result.id}",
        }

    def show_testcase(self, testcase: Testcase, base_url: str | None = None) -> dict[str, Any]:
        """The wire object of a test case."""
        href = f"{self._api(base_url)}/testcases/{quote(testcase.name, safe=_PATH_SAFE)}"
        return {"name": testcase.name, "ref_url": testcase.ref_url, "href": href}

    def show_group(self, group: Group, base_url: str | None = None) -> dict[str, Any]:
        """The wire object of a group."""
        api = self._api(base_url)
        return {
            "uuid": group.uuid,
            "description": group.description,
            "ref_url": group.ref_url,
            "results": f"{api}/results?groups={quote(group.uuid, safe=_PATH_SAFE)}",
            "results_count": group.results_count,
            "href": f"{api}/groups/{quote(group.uuid, safe=_PATH_SAFE.replace('/', ''))}",
        }

    def landing(self, base_url: str | None = None) -> dict[str, Any]:
        """The start page, which is how a client learns the allowed outcomes."""
        api = self._api(base_url)
        return {
            "documentation": "http://docs.resultsdb20.apiary.io/",
            "groups": f"{api}/groups",
            "results": f"{api}/results",
            "testcases": f"{api}/testcases",
            "outcomes": list(self.outcomes),
            "message": "Everything is fine. But choose wisely, for while the true Grail will bring you life, "
            "the false Grail will take it from you.",
        }

    def _api(self, base_url: str | None) -> str:
        return f"{base_url or self.base_url}/api/v2.0"

    def _store(self, asked: NewResultBody) -> Result:
        colons = [key for key in asked.data or {} if ":" in key]
        if colons:
            raise ColonInKey(f"Colon not allowed in key name: {colons!r}")
        groups = [_as_group_object(given) for given in asked.groups or []]
        testcase = self._testcase(asked.testcase["name"])
        testcase.ref_url = asked.testcase.get("ref_url", testcase.ref_url)
        result = Result(
            id=len(self.results.by_id) + 1,
            testcase=testcase,
            outcome=asked.outcome,
            submitted=asked.submit_time or self._now(),
            groups=tuple({group.uuid: group for group in map(self._take_group, groups)}.values()),
            note=asked.note,
            ref_url=asked.ref_url,
            data=_as_texts(asked.data or {}),
        )
        self.results.add(result)
        return result

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC).replace(tzinfo=None)

    def _testcase(self, name: Any) -> Testcase:
        if not isinstance(name, str):
            raise Broke(f"no text: {name!r}")
        return self.testcases.setdefault(name, Testcase(name))

    def _group(self, uuid: str) -> Group:
        return self.groups.setdefault(uuid, Group(_short_enough(uuid)))

    def _take_group(self, given: dict[str, Any]) -> Group:
        group = self._group(given["uuid"])
        group.description = given.get("description", group.description)
        group.ref_url = given.get("ref_url", group.ref_url)
        return group

    def _messages_about(self, result: Result, base_url: str | None) -> list[tuple[str, dict[str, Any]]]:
        messages: list[tuple[str, dict[str, Any]]] = []
        if self._announce_results:
            messages.append(("resultsdb.result.new", self.show_result(result, base_url)))
        if self._announce_taskotron:
            previous = self._previous_outcome(result)
            if previous != result.outcome:
                messages.append(("taskotron.result.new", _taskotron_message(result, previous)))
        return messages

    def _previous_outcome(self, result: Result) -> str | None:
        """Outcome of the newest other result with the same test case, item, type and arch."""
        pairs = [(key, value) for key in ("item", "type", "arch") for value in result.data.get(key, ())]
        found = self.results.with_data(result.testcase.name, pairs)
        return next((other.outcome for other in found if other.id != result.id), None)

    def _tell(self, topic: str, message: dict[str, Any]) -> None:
        if self._announce:
            self._announce(topic, message)


def _as_group_object(given: Any) -> dict[str, Any]:
    match given:
        case str():
            return {"uuid": _short_enough(given)}
        case dict():
            return given | {"uuid": _short_enough(given.get("uuid") or str(uuid1()))}
    raise Broke(f"no group: {given!r}")


def _short_enough(uuid: str) -> str:
    if not isinstance(uuid, str) or len(uuid) > LONGEST_UUID:
        raise Broke(f"value too long for type character varying({LONGEST_UUID})")
    return uuid


def _as_texts(data: dict[Any, Any]) -> dict[str, list[str]]:
    listed = {str(key): value if isinstance(value, list) else [value] for key, value in data.items()}
    return {key: [str(value) for value in values] for key, values in listed.items() if values}


def _combinations(row: Result, keys: Iterable[str]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = [()]
    for key in keys:
        found = [(*front, value) for front in found for value in row.data.get(key, ("\0absent",))]
    return found


def _taskotron_message(result: Result, previous: str | None) -> dict[str, Any]:
    task = {key: result.data[key][-1] for key in ("item", "type") if key in result.data}
    return {
        "task": task | {"name": result.testcase.name},
        "result": {
            "id": result.id,
            "submit_time": f"{result.submitted:%Y-%m-%d %H:%M:%S} UTC",
            "prev_outcome": previous,
            "outcome": result.outcome,
            "log_url": result.ref_url,
        },
    }
