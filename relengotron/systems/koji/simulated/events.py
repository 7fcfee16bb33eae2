"""When did something happen?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, convert, exposed


def event_time(call: Call, event_id: int | None) -> float | None:
    """The time of an event in seconds."""
    if event_id is None:
        return None
    row = call.store["events"].one(id=event_id)
    return row["time"] if row else None


@exposed("getEvent")
def get_event(call: Call, id: int, strict: bool = True) -> Any:
    """An event and its time."""
    row = call.store["events"].one(id=convert(id, int))
    if row is None:
        if strict:
            raise koji.GenericError("query returned no rows")
        return None
    return {"id": row["id"], "ts": row["time"]}


@exposed("getLastEvent")
def get_last_event(call: Call, before: Any = None, strict: bool = True) -> Any:
    """The newest event, or the newest before a time."""
    if before is None:
        newest = call.store["events"].newest()
    else:
        rows = [row for row in call.store["events"] if row["time"] < before]
        newest = max(rows, key=lambda row: int(row["id"]), default=None)
    if newest is None:
        if strict:
            raise koji.GenericError("query returned no rows")
        return None
    return {"id": newest["id"], "ts": newest["time"]}
