"""How is what a document of compose metadata names found or made?"""

from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.refusals import Refusal, missing_object
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.rows import Row
from relengotron.systems.pdc.simulated.writing import save_new


def complete(body: Any, *names: str) -> dict[str, Any]:
    """The body, which must have exactly these keys."""
    given = set(body) if isinstance(body, dict) else set()
    faults = {name: ["This field is illegal"] for name in sorted(given - set(names))}
    faults |= {name: ["This field is required"] for name in names if name not in given}
    if faults:
        raise Refusal(400, faults)
    return dict(body)


def read(reader: Any, document: Any) -> Any:
    """Let productmd read and check a document."""
    try:
        reader.deserialize(document)
    except KeyError as missing:
        raise _unreadable(f"Missing key {missing.args[0]}") from missing
    except (ValueError, TypeError, AttributeError) as broken:
        raise _unreadable(str(broken)) from broken
    return reader


def _unreadable(reason: str) -> Refusal:
    return Refusal(400, {"detail": "Error parsing productmd metadata.", "reason": reason})


def named(table: str, column: str, value: Any, model: str, call: Call) -> Row:
    """The row with this value, or 404 with the name of the model."""
    row = call.table(table).find(column, value)
    if row is None:
        raise missing_object(model)
    return row


def get_or_add(resource: Resource, call: Call, wanted: Row, **otherwise: Any) -> Row:
    """The row with exactly these columns; made, with the other columns, when there is none."""
    for row in call.table(resource.table):
        if all(
            row[column] is value if isinstance(value, dict) else row[column] == value
            for column, value in wanted.items()
        ):
            return row
    return save_new(resource, {**wanted, **otherwise}, {}, call)
