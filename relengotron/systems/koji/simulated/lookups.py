"""How is a thing found by name or by id?"""

from __future__ import annotations

import re
from typing import Any

import koji

from .call import Call
from .store import Row

NAME_PATTERN = re.compile(r"^[A-Za-z0-9/_.+-]+$")
USER_PATTERN = re.compile(r"^[A-Za-z0-9/_.@-]+$")


def name_or_id(info: Any) -> dict[str, Any]:
    """The filter for a name, an id, or a dictionary holding one of them."""
    if isinstance(info, dict):
        if "id" in info:
            return {"id": info["id"]}
        if "name" in info:
            return {"name": info["name"]}
    if isinstance(info, int) and not isinstance(info, bool):
        return {"id": info}
    if isinstance(info, str):
        return {"name": info}
    raise koji.ParameterError(f"Invalid name or id value: {info!r}")


def lookup(call: Call, table: str, info: Any, *, strict: bool = False, create: bool = False) -> Row | None:
    """The row of a simple table, made when asked for."""
    found = call.store[table].one(**name_or_id(info))
    if found is not None:
        return found
    if create:
        if not isinstance(info, str):
            raise koji.GenericError(f"Name must be a string, not {type(info)}")
        return call.store[table].insert({"id": call.store.sequences.next(table), "name": info})
    if strict:
        raise koji.GenericError(f"No such entry in table {table}: {info}")
    return None


def required(call: Call, table: str, info: Any) -> Row:
    """The row of a simple table, or the hub's complaint."""
    found = lookup(call, table, info, strict=True)
    assert found is not None  # noqa: S101 - strict raises
    return found


def verify_name(name: Any) -> None:
    """Refuse names the hub does not like."""
    if not isinstance(name, str):
        raise koji.ParameterError(f"Invalid type for value '{name}': {type(name)}, expected type <class 'str'>")
    if len(name) > 256:
        raise koji.GenericError(f"Name {name} is too long. Max length is 256 characters")
    if not NAME_PATTERN.match(name):
        raise koji.GenericError(f"Name {name} does not match RegexNameInternal value")


def brief(row: Row, *columns: str) -> Row:
    """Only these columns."""
    return {column: row[column] for column in columns}
