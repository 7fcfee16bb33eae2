"""What may be changed of a compose after its import?"""

from functools import partial
from typing import Any

from relengotron.systems.pdc.simulated.bulk import one_of_many
from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.composes import COMPOSE, trees_of
from relengotron.systems.pdc.simulated.hashing import dumps, hash_order
from relengotron.systems.pdc.simulated.listing import check_resource_params
from relengotron.systems.pdc.simulated.refusals import (
    EMPTY_PATCH,
    Refusal,
    bad_request,
    empty_patch,
    method_not_allowed,
)
from relengotron.systems.pdc.simulated.rows import Row
from relengotron.systems.pdc.simulated.verbs import on_collection, on_row
from relengotron.systems.pdc.simulated.writing import validated

_UPDATABLE = frozenset({"acceptance_testing", "linked_releases", "rtt_tested_architectures"})
_MARKED = "No change. This compose was marked as deleted already."


def on_composes(call: Call) -> Answer:
    """``composes/``: list, and PATCH or DELETE of many."""
    check_resource_params(COMPOSE, call)
    match call.method:
        case "GET":
            return on_collection(COMPOSE, call)
        case "PATCH":
            return _patch_many(call.body, call)
        case "DELETE":
            return _delete_many(call.body, call)
        case _:
            raise method_not_allowed(call.method)


def _patch_many(items: Any, call: Call) -> Answer:
    if not items:
        raise bad_request(EMPTY_PATCH)
    if not isinstance(items, dict):
        raise bad_request("Bulk update needs a mapping.")
    acts = {ident: partial(_patch, ident, items[ident], call) for ident in hash_order(items)}
    shown = {ident: one_of_many(act, ident, items[ident]) for ident, act in acts.items()}
    return Answer(200, shown, rows=len(shown))


def _delete_many(idents: Any, call: Call) -> Answer:
    if not isinstance(idents, list):
        raise bad_request("Bulk delete needs a list of identifiers.")
    for ident in dict.fromkeys(idents):
        one_of_many(partial(_mark_deleted, str(ident), call), ident, None)
    return Answer(204)


def on_compose(call: Call, compose_id: str) -> Answer:
    """``composes/<id>/``: GET, PATCH of three properties, and DELETE, which only marks it."""
    check_resource_params(COMPOSE, call)
    match call.method:
        case "GET":
            return on_row(COMPOSE, compose_id, call)
        case "PATCH":
            return _patch(compose_id, call.body, call)
        case "DELETE":
            return _mark_deleted(compose_id, call)
        case _:
            raise method_not_allowed(call.method)


def _patch(compose_id: str, data: Any, call: Call) -> Answer:
    if not data:
        raise empty_patch()
    if not isinstance(data, dict):
        raise bad_request("The parameters' format for updating is wrong. Please read API documentation")
    if set(data) - _UPDATABLE:
        raise bad_request(f"Only these properties can be updated: {', '.join(hash_order(sorted(_UPDATABLE)))}")
    testing = data.get("rtt_tested_architectures", {})
    if not isinstance(testing, dict):
        raise bad_request([f'rtt_tested_architectures: "{testing}" is not a dict'])
    compose = call.one("composes", "compose_id", compose_id)
    old = COMPOSE.show(compose, call)
    _set_testing(compose, testing, call)
    plain = {name: value for name, value in data.items() if name != "rtt_tested_architectures"}
    call.table("composes").change(compose, **validated(COMPOSE, plain, compose, True, call))
    new = COMPOSE.show(compose, call)
    for name in ("acceptance_testing", "linked_releases"):
        call.record("Compose", compose["id"], dumps({name: old[name]}), dumps({name: new[name]}))
    call.say("compose", action="update", compose_id=compose_id, **{"from": old, "to": new})
    return Answer(200, new, rows=1)


def _set_testing(compose: Row, testing: dict[str, Any], call: Call) -> None:
    for variant, arches in testing.items():
        if not isinstance(arches, dict):
            raise bad_request([f'{variant}: "{arches}" is not a dict'])
        for arch, status in arches.items():
            _set_status(compose, variant, arch, status, call)


def _set_status(compose: Row, variant: str, arch: str, status: Any, call: Call) -> None:
    tree = next(
        (one for one in trees_of(compose, call) if (one["variant_uid"], one["arch"]["name"]) == (variant, arch)), None
    )
    if tree is None:
        fault = f"{variant}.{arch} not in compose {compose['compose_id']}."
        raise Refusal(400, {"rtt_tested_architectures": fault})
    state = call.table("testing_states").find("name", status)
    if state is None:
        fault = f'"{status}" is not a known testing status for {variant}.{arch}.'
        raise Refusal(400, {"rtt_tested_architectures": fault})
    before, after = (dumps({"rtt_testing_status": one["name"]}) for one in (tree["status"], state))
    call.record("ComposeVariantArch", tree["id"], before, after)
    call.table("compose_trees").change(tree, status=state)


def _mark_deleted(compose_id: str, call: Call) -> Answer:
    compose = call.one("composes", "compose_id", compose_id)
    if compose["deleted"]:
        return Answer(204, headers={"pdc-warning": _MARKED})
    call.table("composes").change(compose, deleted=True)
    call.record("Compose", compose["id"], dumps({"deleted": False}), dumps({"deleted": True}))
    call.say("compose", action="delete", compose_id=compose["compose_id"])
    return Answer(204)
