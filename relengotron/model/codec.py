"""How a value is written into the journal and read back."""

from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from relengotron.errors import MalformedInput

T = TypeVar("T")


@cache
def _adapter(kind: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast(Any, kind))


def to_json(value: Any) -> Any:
    """The value as plain JSON data; dataclasses become objects, times ISO 8601 text."""
    return _adapter(cast(Hashable, type(value))).dump_python(value, mode="json") if value is not None else None


def from_json(kind: type[T], data: Any) -> T:
    """The value of this kind that ``to_json`` wrote.

    Raises:
        MalformedInput: the data does not describe such a value.
    """
    try:
        value: T = _adapter(cast(Hashable, kind)).validate_python(data)
    except ValidationError as broken:
        raise MalformedInput(f"not a {getattr(kind, '__name__', kind)}: {broken}") from broken
    return value
