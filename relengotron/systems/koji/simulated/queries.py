"""What do ``queryOpts`` do to a list of rows?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import koji

from .store import Row


def apply_options(rows: Sequence[Row], options: Row | None) -> Any:
    """Order, cut, count or flatten the rows as the client wishes."""
    options = options or {}
    ordered = _ordered(list(rows), options.get("order"))
    offset, limit = options.get("offset"), options.get("limit")
    if offset is not None:
        ordered = ordered[offset:]
    if limit is not None:
        ordered = ordered[:limit]
    if options.get("countOnly"):
        return len(ordered)
    if options.get("asList"):
        return [list(row.values()) for row in ordered]
    if options.get("group"):
        raise koji.GenericError("grouping is not supported here")
    return ordered


def _ordered(rows: list[Row], order: str | None) -> list[Row]:
    for part in reversed([piece.strip() for piece in (order or "").split(",") if piece.strip()]):
        column = part.lstrip("-")
        if rows and column not in rows[0]:
            raise LookupError(f"Invalid order: {column}")  # a server error in the hub, too
        rows.sort(key=lambda row, column=column: _sortable(row[column]), reverse=part.startswith("-"))  # type: ignore[misc]
    return rows


def _sortable(value: Any) -> tuple[bool, Any]:
    """NULLs come last going up and first going down, as in PostgreSQL."""
    return (True, 0) if value is None else (False, value)
