"""Which verb on a collection or on one of its rows does what?"""

from relengotron.systems.pdc.simulated.bulk import create_many, delete_many, update_many
from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.listing import check_resource_params, list_rows, show_row
from relengotron.systems.pdc.simulated.refusals import method_not_allowed
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.writing import create, delete, update

_ON_COLLECTION = {"GET": "list", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ON_ROW = {"GET": "retrieve", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


def on_collection(resource: Resource, call: Call) -> Answer:
    """A request to the address of a collection."""
    if _ON_COLLECTION.get(call.method) not in resource.verbs:
        raise method_not_allowed(call.method)
    check_resource_params(resource, call)
    match call.method:
        case "GET":
            return list_rows(resource, call)
        case "POST" if isinstance(call.body, list):
            return create_many(resource, call.body, call)
        case "POST":
            return create(resource, call.body, call)
        case "DELETE":
            return delete_many(resource, call.body, call)
        case _:
            return update_many(resource, call.body, call.method == "PATCH", call)


def on_row(resource: Resource, ident: str, call: Call) -> Answer:
    """A request to the address of one row."""
    if _ON_ROW.get(call.method) not in resource.verbs:
        raise method_not_allowed(call.method)
    check_resource_params(resource, call)
    row = resource.locate(ident, call)
    match call.method:
        case "GET":
            return show_row(resource, row, call)
        case "DELETE":
            return delete(resource, row, call)
        case _:
            return update(resource, row, call.body, call.method == "PATCH", call)
