"""How is one row of a collection created, changed and deleted?"""

from typing import Any

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.fields import MISSING, Field
from relengotron.systems.pdc.simulated.hashing import dumps, hash_order
from relengotron.systems.pdc.simulated.refusals import (
    FieldFault,
    Refusal,
    bad_request,
    empty_patch,
    unknown_fields,
)
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.rows import Row


def create(resource: Resource, data: Any, call: Call) -> Answer:
    """Add one row; 201 with what was kept."""
    row = save_new(resource, validated(resource, data, None, False, call), data, call)
    shown = resource.show(row, call)
    if resource.announced:
        call.say(f"{resource.path}.added", new_value=shown, url=_address(resource, row, call))
    return Answer(201, shown, {"Location": shown["url"]} if shown.get("url") else {}, rows=1)


def save_new(resource: Resource, values: Row, data: Any, call: Call) -> Row:
    """Keep validated values as a new row and log it."""
    values = {**values, **(resource.derive(values) if resource.derive else {})}
    _check_model_unique(resource, values, None, call)
    row = call.table(resource.table).add(**values)
    call.record(resource.model, row["id"], "null", exported(resource, row, call))
    resource.saved(row, None, data, call)
    return row


def update(resource: Resource, row: Row, data: Any, partial: bool, call: Call) -> Answer:
    """Change one row; 200 with the whole row."""
    if partial and not data:
        raise empty_patch()
    _check_patchable(resource, data)
    old_shown, old_export, old_row = resource.show(row, call), exported(resource, row, call), dict(row)
    values = validated(resource, data, row, partial, call)
    merged = {**row, **values}
    values = {**values, **(resource.derive(merged) if resource.derive else {})}
    _check_model_unique(resource, {**row, **values}, row, call)
    call.table(resource.table).change(row, **values)
    call.record(resource.model, row["id"], old_export, exported(resource, row, call))
    resource.saved(row, old_row, data, call)
    shown = resource.show(row, call)
    if resource.announced and shown != old_shown:
        call.say(f"{resource.path}.changed", old_value=old_shown, new_value=shown, url=_address(resource, row, call))
    return Answer(200, shown, rows=1)


def delete(resource: Resource, row: Row, call: Call) -> Answer:
    """Remove one row with everything that hangs on it; 204."""
    shown, old_export = resource.show(row, call), exported(resource, row, call)
    resource.removing(row, call)
    call.table(resource.table).remove(row)
    call.record(resource.model, row["id"], old_export, "null")
    if resource.announced:
        call.say(f"{resource.path}.removed", old_value=shown, url=None)
    return Answer(204)


def validated(resource: Resource, data: Any, row: Row | None, partial: bool, call: Call) -> Row:
    """The columns a request sets.

    Raises:
        Refusal: something in the request cannot be kept.
    """
    if not isinstance(data, dict):
        raise bad_request(["Invalid input: must be a dict."])
    if resource.prepare:
        data = resource.prepare(data, row, call)
    _check_keys(resource, data, row)
    values = _parsed(resource, data, row, partial, call)
    _check_unique_sets(resource, values, row, call)
    resource.check(values, row, call)
    return values


def exported(resource: Resource, row: Row, call: Call) -> str:
    """The row as the change log shows it."""
    value = resource.export(row, call) if resource.export else resource.show(row, call)
    return dumps(value, resource.literal_export)


def _address(resource: Resource, row: Row, call: Call) -> str:
    return call.url(f"{resource.path}/{resource.identify(row)}/")


def _check_keys(resource: Resource, data: Row, row: Row | None) -> None:
    allowed = {one.name for one in resource.fields} | resource.extra_fields
    if row is not None:
        allowed -= resource.frozen_fields
    if extra := [name for name in hash_order(data) if name not in allowed]:
        raise unknown_fields(extra)
    read_only = {one.name for one in resource.fields if one.read_only}
    if locked := [name for name in hash_order(data) if name in read_only]:
        names = ", ".join(f'"{name}"' for name in locked)
        raise bad_request(f"Can not update read only fields: {names}.")


def _check_patchable(resource: Resource, data: Any) -> None:
    if resource.patchable is None:
        return
    if not isinstance(data, dict):
        raise bad_request("The parameters' format for updating is wrong. Please read API documentation")
    if set(data) - resource.patchable:
        names = ", ".join(hash_order(sorted(resource.patchable)))
        raise bad_request(f"Only these properties can be updated: {names}")


def _parsed(resource: Resource, data: Row, row: Row | None, partial: bool, call: Call) -> Row:
    values: Row = {}
    faults: dict[str, Any] = {}
    for one in resource.fields:
        if one.read_only or (row is not None and one.name in resource.frozen_fields):
            continue
        try:
            if one.name in data:
                values[one.column] = _value(resource, one, data[one.name], row, call)
            elif not partial and one.default is not MISSING:
                values[one.column] = one.initial(call)
            elif not partial and one.required:
                raise FieldFault("This field is required.")
            elif row is None:
                values[one.column] = None
        except FieldFault as fault:
            faults[one.name] = fault.detail
    if faults:
        raise Refusal(400, faults)
    return values


def _value(resource: Resource, one: Field, given: Any, row: Row | None, call: Call) -> Any:
    if given is None:
        if one.null:
            return None
        raise FieldFault("This field may not be null.")
    value = one.parse(given, call)
    if one.unique and call.table(resource.table).same(one.column, {one.column: value}, row):
        raise FieldFault(one.unique)
    return value


def _check_unique_sets(resource: Resource, values: Row, row: Row | None, call: Call) -> None:
    merged = {**(row or {}), **values}
    for columns in resource.unique_sets:
        if any(merged.get(column) is None for column in columns):
            continue
        if call.table(resource.table).same(",".join(columns), merged, row):
            raise bad_request([f"The fields {', '.join(columns)} must make a unique set."])


def _check_model_unique(resource: Resource, values: Row, row: Row | None, call: Call) -> None:
    texts = [
        text
        for columns, text in resource.model_unique.items()
        if all(values.get(column) is not None for column in columns)
        and call.table(resource.table).same(",".join(columns), values, row)
    ]
    if texts:
        raise bad_request(texts)
