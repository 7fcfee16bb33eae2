"""Who changed what, and why?"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Computed, Field
from relengotron.systems.pdc.simulated.filters import AnyOf, Contains, Made, Matches
from relengotron.systems.pdc.simulated.refusals import bad_request
from relengotron.systems.pdc.simulated.resource import READ, Resource
from relengotron.systems.pdc.simulated.rows import Row

_KEYS = ("resource", "resource_id", "old_value", "new_value")


def _moment(column: str) -> Callable[[Row, Call], str]:
    return lambda row, call: datetime.fromtimestamp(row[column], UTC).isoformat().replace("+00:00", "Z")


def _changes(row: Row, call: Call) -> list[Row]:
    return [{key: change[key] for key in _KEYS} for change in row["changes"]]


def _committed(compare: Callable[[float, float], bool]) -> Made:
    def rule(values: Sequence[str], call: Call) -> Matches | None:
        text = values[-1].strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
        except ValueError as broken:
            shape = "YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ]"
            fault = f"'{text}' value has an invalid format. It must be in {shape} format."
            raise bad_request([fault]) from broken
        limit = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        return lambda row: compare(row["committed_on"], limit)

    return Made(rule=rule)


def _duration(row: Row, call: Call) -> Any:
    return f"{row['committed_on'] - row['requested_on']:.6f}"


CHANGESET = Resource(
    path="changesets",
    table="changesets",
    model="changeset",
    verbs=READ,
    fields=(
        Field(name="id"),
        Field(name="author"),
        Computed(name="requested_on", made=_moment("requested_on")),
        Computed(name="committed_on", made=_moment("committed_on")),
        Computed(name="duration", made=_duration),
        Computed(name="changes", made=_changes),
        Field(name="comment"),
    ),
    filters={
        "author": AnyOf("author"),
        "resource": AnyOf("changes.resource"),
        "changed_since": _committed(lambda moment, limit: moment >= limit),
        "changed_until": _committed(lambda moment, limit: moment <= limit),
        "comment": Contains("comment"),
    },
    order=lambda row: (-row["committed_on"], -row["id"]),
)

CHANGESETS = (CHANGESET,)
