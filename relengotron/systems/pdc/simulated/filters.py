"""How does a query parameter choose rows?"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.refusals import bad_request
from relengotron.systems.pdc.simulated.rows import Row

Matches = Callable[[Row], bool]
_TRUE = ("true", "t", "1")
_FALSE = ("false", "f", "0")
_NULL = ("Null", "NULL", "null", "None")


def values_at(row: Any, path: Sequence[str]) -> Iterable[Any]:
    """Every value at the end of a path through references and lists."""
    for depth, column in enumerate(path):
        if row is None:
            return ()
        if isinstance(row, list):
            return [value for item in row for value in values_at(item, path[depth:])]
        row = row[column]
    return row if isinstance(row, list) else (row,)


@dataclass(frozen=True)
class Filter:
    """A filter on the values at a path such as ``release.release_id``."""

    path: str = ""

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """The test a row must pass; None when the parameter asks nothing."""
        raise NotImplementedError

    def candidates(self, values: Sequence[str], call: Call) -> list[Row] | None:
        """The only rows that can pass, when an index knows them."""
        return None

    def any_value(self, test: Callable[[Any], bool]) -> Matches:
        """Does any value at the path pass the test?"""
        path = self.path.split(".")
        return lambda row: any(value is not None and test(value) for value in values_at(row, path))


@dataclass(frozen=True)
class AnyOf(Filter):
    """One of several values; a single empty value matches nothing."""

    index: Callable[[Call, Sequence[str]], list[Row]] | None = None

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Membership."""
        wanted = set() if list(values) == [""] else set(values)
        return self.any_value(lambda value: (value if isinstance(value, str) else str(value)) in wanted)

    def candidates(self, values: Sequence[str], call: Call) -> list[Row] | None:
        """What the index yields."""
        return self.index(call, values) if self.index else None


@dataclass(frozen=True)
class AnyCase(Filter):
    """One of several values, whatever their case."""

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Membership without case."""
        wanted = set() if list(values) == [""] else {value.lower() for value in values}
        return self.any_value(lambda value: str(value).lower() in wanted)


@dataclass(frozen=True)
class Exactly(Filter):
    """The last of the given values; an empty one asks nothing."""

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Equality."""
        wanted = values[-1].strip()
        return self.any_value(lambda value: str(value) == wanted) if wanted else None


@dataclass(frozen=True)
class Contains(Filter):
    """A part of the text."""

    any_case: bool = False

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Containment."""
        wanted = values[-1].strip()
        if not wanted:
            return None
        if self.any_case:
            return self.any_value(lambda value: wanted.lower() in str(value).lower())
        return self.any_value(lambda value: wanted in str(value))


@dataclass(frozen=True)
class Nullable(Filter):
    """One value, or nothing at all when asked for null."""

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Equality or absence."""
        wanted = values[-1].strip()
        if wanted in _NULL:
            path = self.path.split(".")
            return lambda row: all(value is None for value in values_at(row, path))
        return self.any_value(lambda value: str(value) == wanted) if wanted else None


@dataclass(frozen=True)
class Truth(Filter):
    """A boolean, read from a path or made by a function."""

    made: Callable[[Row, Call], bool] | None = None

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Equality of truth."""
        text = values[-1].strip()
        if not text:
            return None
        if text.lower() not in _TRUE + _FALSE:
            raise bad_request(f"{text} is not a valid boolean value")
        wanted = text.lower() in _TRUE
        if self.made is not None:
            made = self.made
            return lambda row: made(row, call) is wanted
        return self.any_value(lambda value: value is wanted)


@dataclass(frozen=True)
class Pattern(Filter):
    """Regular expressions, any of which may be found in the text."""

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Search."""
        if list(values) == [""]:
            return lambda row: False
        compiled = [self._compile(value) for value in values]
        return self.any_value(lambda value: any(pattern.search(str(value)) for pattern in compiled))

    @staticmethod
    def _compile(text: str) -> re.Pattern[str]:
        try:
            return re.compile(text)
        except re.error as broken:
            raise bad_request([f"At least one parameter is invalid regular expression: {text}"]) from broken


@dataclass(frozen=True)
class AnyNumber(Filter):
    """One of several whole numbers; ``name`` is the parameter in the error text."""

    name: str = ""

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Membership."""
        wanted = set() if list(values) == [""] else {self._number(value) for value in values}
        return self.any_value(lambda value: value in wanted)

    def _number(self, text: str) -> int:
        try:
            return int(text)
        except ValueError as broken:
            raise bad_request([f"Value [{text}] of {self.name or self.path} is not an integer"]) from broken


@dataclass(frozen=True)
class DayFilter(Filter):
    """A date that is the same, not before (``since``) or not after (``until``); a broken one finds nothing."""

    since: bool = False
    until: bool = False

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Comparison of ISO texts."""
        if not values[-1].strip():
            return None
        try:
            wanted = date.fromisoformat(values[-1].strip()).isoformat()
        except ValueError:
            return lambda row: False
        if self.since:
            return self.any_value(lambda value: bool(value >= wanted))
        if self.until:
            return self.any_value(lambda value: bool(value <= wanted))
        return self.any_value(lambda value: bool(value == wanted))


@dataclass(frozen=True)
class Made(Filter):
    """A filter with a rule of its own."""

    rule: Callable[[Sequence[str], Call], Matches | None] = lambda values, call: None

    def matcher(self, values: Sequence[str], call: Call) -> Matches | None:
        """Whatever the rule makes of the values."""
        return self.rule(values, call)
