"""What values does a field of a resource take, and how is it shown?"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.refusals import FieldFault, unknown_fields
from relengotron.systems.pdc.simulated.rows import Row

MISSING: Final = object()
_TRUE = ("t", "T", "true", "True", "TRUE", "1", 1, True)
_FALSE = ("f", "F", "false", "False", "FALSE", "0", 0, 0.0, False)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One key of a resource; ``key`` is the column it is kept in."""

    name: str
    key: str = ""
    required: bool = True
    null: bool = False
    read_only: bool = False
    default: Any = MISSING
    unique: str = ""

    @property
    def column(self) -> str:
        """The column of the row."""
        return self.key or self.name

    def initial(self, call: Call) -> Any:
        """The value when the request does not name the field."""
        return self.default(call) if callable(self.default) else self.default

    def parse(self, value: Any, call: Call) -> Any:
        """The value to keep.

        Raises:
            FieldFault: the value cannot be kept.
        """
        return value

    def show(self, row: Row, call: Call) -> Any:
        """The value as JSON."""
        return row[self.column]


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """A character string; ``shape`` and ``shape_fault`` restrict it."""

    blank: bool = False
    limit: int = 200
    shape: re.Pattern[str] | None = None
    shape_fault: str = ""

    def parse(self, value: Any, call: Call) -> Any:
        """A stripped string."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise FieldFault("Not a valid string.")
        text = str(value).strip()
        if not text and not self.blank:
            raise FieldFault("This field may not be blank.")
        if len(text) > self.limit:
            raise FieldFault(f"Ensure this field has no more than {self.limit} characters.")
        if self.shape and not self.shape.search(text):
            raise FieldFault(self.shape_fault)
        return text


@dataclass(frozen=True, kw_only=True)
class Flag(Field):
    """A boolean."""

    def parse(self, value: Any, call: Call) -> Any:
        """True or false in any of the accepted spellings."""
        if isinstance(value, str | int | float):
            if value in _TRUE:
                return True
            if value in _FALSE:
                return False
        raise FieldFault(f'"{value}" is not a valid boolean.')


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A whole number, not negative."""

    def parse(self, value: Any, call: Call) -> Any:
        """An int."""
        if isinstance(value, bool) or not re.fullmatch(r"-?\d+(\.0*)?", str(value).strip()):
            raise FieldFault("A valid integer is required.")
        number = int(float(value))
        if number < 0:
            raise FieldFault("Ensure this value is greater than or equal to 0.")
        return number


@dataclass(frozen=True, kw_only=True)
class Day(Field):
    """A date, kept as its ISO text."""

    def parse(self, value: Any, call: Call) -> Any:
        """The ISO text of an existing day."""
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", value):
            try:
                return date(*(int(part) for part in value.split("-"))).isoformat()
            except ValueError:
                pass
        raise FieldFault("Date has wrong format. Use one of these formats instead: YYYY[-MM[-DD]].")


@dataclass(frozen=True, kw_only=True)
class Computed(Field):
    """A read-only value made from the row."""

    read_only: bool = True
    made: Callable[[Row, Call], Any] = field(default=lambda row, call: None)

    def show(self, row: Row, call: Call) -> Any:
        """Make it."""
        return self.made(row, call)


@dataclass(frozen=True, kw_only=True)
class Nested(Field):
    """An object with a single key, kept as the value of that key."""

    inner: str
    required: bool = False
    null: bool = True
    default: Any = None

    def parse(self, value: Any, call: Call) -> Any:
        """The inner value, or None when the object is empty."""
        if not isinstance(value, dict):
            raise FieldFault(["Invalid input: must be a dict."])
        if extra := [name for name in value if name != self.inner]:
            raise unknown_fields(extra)
        if self.inner not in value:
            return None
        try:
            return Text(name=self.inner).parse(value[self.inner], call)
        except FieldFault as fault:
            raise FieldFault({self.inner: fault.detail}) from fault

    def show(self, row: Row, call: Call) -> Any:
        """The object again."""
        value = row[self.column]
        return None if value is None else {self.inner: value}
