"""How does a collection take many rows in one request, all or nothing?"""

from collections.abc import Callable
from functools import partial
from typing import Any

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.hashing import hash_order
from relengotron.systems.pdc.simulated.refusals import EMPTY_PATCH, Refusal, bad_request
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.writing import create, delete, update


def create_many(resource: Resource, items: list[Any], call: Call) -> Answer:
    """Create every item of a list; 201 with the list of what was kept."""
    shown = [one_of_many(partial(create, resource, item, call), index, item) for index, item in enumerate(items)]
    return Answer(201, shown, rows=len(shown))


def update_many(resource: Resource, items: Any, partially: bool, call: Call) -> Answer:
    """Update rows named by the keys of an object; 200 with an object by the same keys."""
    if partially and not items:
        raise bad_request(EMPTY_PATCH)
    if not isinstance(items, dict):
        raise bad_request("Bulk update needs a mapping.")
    shown = {}
    for ident in hash_order(items):
        data = items[ident]
        act = partial(_update_one, resource, ident, data, partially, call)
        shown[ident] = one_of_many(act, ident, data)
    return Answer(200, shown, rows=len(shown))


def delete_many(resource: Resource, idents: Any, call: Call) -> Answer:
    """Delete rows named in a list; 204."""
    if not isinstance(idents, list):
        raise bad_request("Bulk delete needs a list of identifiers.")
    for ident in idents:
        if not isinstance(ident, str | int):
            raise bad_request(f'"{ident}" is not a valid identifier.')
    for ident in dict.fromkeys(idents):
        one_of_many(partial(_delete_one, resource, str(ident), call), ident, None)
    return Answer(204)


def _update_one(resource: Resource, ident: str, data: Any, partially: bool, call: Call) -> Answer:
    return update(resource, resource.locate(ident, call), data, partially, call)


def _delete_one(resource: Resource, ident: str, call: Call) -> Answer:
    return delete(resource, resource.locate(ident, call), call)


def one_of_many(act: Callable[[], Answer], ident: Any, data: Any) -> Any:
    """Do one item; when it is refused, say which one it was."""
    try:
        return act().body
    except Refusal as refusal:
        detail = refusal.body
        if isinstance(detail, dict) and "detail" in detail:
            detail = detail["detail"]
        body = {"id_of_invalid_data": ident, "detail": detail}
        if data:
            body["invalid_data"] = data
        raise Refusal(refusal.status, body) from refusal
