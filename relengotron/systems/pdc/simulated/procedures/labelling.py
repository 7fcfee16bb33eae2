"""Which labels does a global component wear?"""

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.components import export_global
from relengotron.systems.pdc.simulated.catalogue.words import LABEL
from relengotron.systems.pdc.simulated.hashing import dumps, hash_order
from relengotron.systems.pdc.simulated.listing import check_resource_params, paginate
from relengotron.systems.pdc.simulated.refusals import Refusal, method_not_allowed, not_found, unknown_fields
from relengotron.systems.pdc.simulated.rows import Row


def on_labels(call: Call, component: str) -> Answer:
    """``global-components/<id>/labels/``: list, and add a label that exists."""
    check_resource_params(LABEL, call)
    row = _component(component, call)
    match call.method:
        case "GET":
            names = call.query.getlist("name")
            labels = [one for one in row["labels"] if not names or one["name"] in names]
            path = f"global-components/{component}/labels"
            return paginate(labels, lambda label: LABEL.show(label, call), path, call)
        case "POST":
            return _add(row, call)
        case _:
            raise method_not_allowed(call.method)


def on_label(call: Call, component: str, label: str) -> Answer:
    """``global-components/<id>/labels/<label id>/``: show it, or take it off."""
    row = _component(component, call)
    worn = next((one for one in row["labels"] if str(one["id"]) == label), None)
    match call.method:
        case "GET" if worn is not None:
            return Answer(200, LABEL.show(worn, call), rows=1)
        case "DELETE" if worn is not None:
            _set(row, [one for one in row["labels"] if one is not worn], call)
            return Answer(204)
        case "DELETE" if label.isdecimal() and call.table("labels").find("id", int(label)):
            fault = f"Can not be deleted since Label[{label}] is not in GlobalComponent[{component}]."
            raise Refusal(404, {"detail": fault})
        case "GET" | "DELETE":
            raise not_found()
        case _:
            raise method_not_allowed(call.method)


def _component(ident: str, call: Call) -> Row:
    return call.one("global_components", "id", int(ident) if ident.isdecimal() else None)


def _add(row: Row, call: Call) -> Answer:
    body = call.body if isinstance(call.body, dict) else {}
    if extra := [name for name in hash_order(body) if name not in ("url", "name", "description")]:
        raise unknown_fields(extra)
    if not body.get("name"):
        raise Refusal(400, {"name": ["This field is required."]})
    label = call.one("labels", "name", body["name"])
    if all(one is not label for one in row["labels"]):
        _set(row, [*row["labels"], label], call)
    return Answer(201, LABEL.show(label, call), rows=1)


def _set(row: Row, labels: list[Row], call: Call) -> None:
    before = dumps(export_global(row, call))
    call.table("global_components").change(row, labels=labels)
    call.record("globalcomponent", row["id"], before, dumps(export_global(row, call)))
