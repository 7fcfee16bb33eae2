"""Which results are stored, and how are they found quickly?"""

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice, repeat

LAST_ID = 2**31 - 1


@dataclass(slots=True)
class Testcase:
    """A test case is a name; naming it creates it."""

    name: str
    ref_url: str | None = None


@dataclass(slots=True)
class Group:
    """Results that belong together, such as those of one job."""

    uuid: str
    description: str | None = None
    ref_url: str | None = None
    results_count: int = 0


@dataclass(slots=True)
class Result:
    """One outcome; ``submitted`` is UTC without a zone, as the database keeps it."""

    id: int
    testcase: Testcase
    outcome: str
    submitted: datetime
    groups: tuple[Group, ...]
    note: str | None
    ref_url: str | None
    data: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class DataFilter:
    """One data key with wanted values; ``like`` reads ``*`` as any text."""

    key: str
    values: tuple[str, ...]
    like: bool = False

    def predicate(self) -> Callable[[str], bool]:
        """Whether one stored value is wanted."""
        return matches_any(self.values) if self.like else frozenset(self.values).__contains__


@dataclass(frozen=True, slots=True)
class Selection:
    """Which results are asked for; empty fields do not narrow."""

    start: datetime | None = None
    end: datetime | None = None
    outcomes: Sequence[str] = ()
    groups: Sequence[str] = ()
    testcases: Sequence[str] = ()
    testcases_like: Sequence[str] = ()
    data: Sequence[DataFilter] = ()

    def narrows(self) -> bool:
        """Whether anything besides the outcome narrows this selection."""
        return any((self.start, self.end, self.groups, self.testcases, self.testcases_like, self.data))


def matches_any(patterns: Iterable[str]) -> Callable[[str], bool]:
    """SQL LIKE on any of the patterns, where ``*`` is one more spelling of ``%``."""
    whole = re.compile("|".join(f"(?:{_like_as_regex(p.replace('*', '%'))})" for p in patterns), re.DOTALL)
    return lambda text: whole.fullmatch(text) is not None


def _like_as_regex(pattern: str) -> str:
    tokens = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join({"%": ".*", "_": "."}.get(t) or re.escape(t[-1]) for t in tokens)


@dataclass(slots=True)
class ResultRows:
    """All results, with an index for everything that is usually asked for."""

    by_id: dict[int, Result] = field(default_factory=dict)
    _by_time: list[tuple[datetime, int]] = field(default_factory=list)
    _by_testcase: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _by_group: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _by_data: defaultdict[str, defaultdict[str, set[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def add(self, result: Result) -> None:
        """Store one result in every index."""
        self.by_id[result.id] = result
        insort(self._by_time, (result.submitted, result.id))
        self._by_testcase[result.testcase.name].add(result.id)
        for group in result.groups:
            self._by_group[group.uuid].add(result.id)
            group.results_count += 1
        for key, values in result.data.items():
            for value in values:
                self._by_data[key][value].add(result.id)

    def select(self, wanted: Selection, order: str = "desc") -> Iterator[Result]:
        """The wanted results by submit time (``asc``, ``desc``) or as stored (``unsorted``)."""
        narrowed = self._narrowed_by_index(wanted)
        rows = self._in_order(narrowed, wanted, order)
        if wanted.outcomes:
            outcomes = frozenset(wanted.outcomes)
            rows = (row for row in rows if row.outcome in outcomes)
        return rows

    def page(self, wanted: Selection, order: str, offset: int, rows: int) -> list[Result]:
        """Up to ``rows`` database rows from ``offset``, each result once.

        A result with two values that match one data filter is two rows to the database: it uses up two
        places of the page, though the answer shows it once.
        """
        counted = [(f.key, f.predicate()) for f in wanted.data]
        joined = chain.from_iterable(repeat(r, _times_joined(r, counted)) for r in self.select(wanted, order))
        return list({row.id: row for row in islice(joined, offset, offset + rows)}.values())

    def with_data(self, testcase: str, pairs: Iterable[tuple[str, str]]) -> list[Result]:
        """Results of one test case that carry every pair, newest first."""
        found = [self._by_testcase[testcase], *(self._by_data[key][value] for key, value in pairs)]
        return sorted(self._load(_common(found)), key=_newest_first, reverse=True)

    def _narrowed_by_index(self, wanted: Selection) -> set[int] | None:
        """Ids that pass every indexed filter, or None when there is no such filter."""
        found: list[set[int]] = []
        if wanted.groups:
            found.append(set().union(*(self._by_group.get(uuid, set()) for uuid in wanted.groups)))
        if wanted.testcases or wanted.testcases_like:
            found.append(self._of_testcases(wanted))
        for asked in wanted.data:
            found.append(self._with_value(asked))
        return _common(found) if found else None

    def _of_testcases(self, wanted: Selection) -> set[int]:
        names = set(wanted.testcases)
        if wanted.testcases_like:
            is_like = matches_any(wanted.testcases_like)
            names.update(name for name in self._by_testcase if is_like(name))
        return set().union(*(self._by_testcase.get(name, set()) for name in names))

    def _with_value(self, asked: DataFilter) -> set[int]:
        values: Mapping[str, set[int]] = self._by_data.get(asked.key, {})
        if not asked.like:
            return set().union(*(values.get(value, set()) for value in asked.values))
        is_wanted = asked.predicate()
        return set().union(*(ids for value, ids in values.items() if is_wanted(value)))

    def _in_order(self, narrowed: set[int] | None, wanted: Selection, order: str) -> Iterator[Result]:
        if narrowed is None:
            return self._walk(wanted, order)
        rows = [r for r in self._load(narrowed) if _is_within(r.submitted, wanted)]
        if order == "unsorted":
            return iter(sorted(rows, key=lambda r: r.id))
        return iter(sorted(rows, key=_newest_first, reverse=order == "desc"))

    def _walk(self, wanted: Selection, order: str) -> Iterator[Result]:
        if order == "unsorted":
            return (r for r in self.by_id.values() if _is_within(r.submitted, wanted))
        first = bisect_left(self._by_time, (wanted.start, 0)) if wanted.start else 0
        last = bisect_right(self._by_time, (wanted.end, LAST_ID)) if wanted.end else len(self._by_time)
        places = range(first, last)
        return (self.by_id[self._by_time[i][1]] for i in (reversed(places) if order == "desc" else places))

    def _load(self, ids: Iterable[int]) -> Iterator[Result]:
        return (self.by_id[i] for i in ids)


def _common(found: list[set[int]]) -> set[int]:
    smallest, *others = sorted(found, key=len)
    return smallest.intersection(*others)


def _newest_first(result: Result) -> tuple[datetime, int]:
    return result.submitted, result.id


def _is_within(moment: datetime, wanted: Selection) -> bool:
    return (not wanted.start or moment >= wanted.start) and (not wanted.end or moment <= wanted.end)


def _times_joined(result: Result, counted: Sequence[tuple[str, Callable[[str], bool]]]) -> int:
    times = 1
    for key, is_wanted in counted:
        times *= sum(map(is_wanted, result.data.get(key, ())))
    return times
