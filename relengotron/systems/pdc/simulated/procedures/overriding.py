"""How are the rpm overrides of a whole release cleared or copied?"""

from typing import Any

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.composes import OVERRIDE
from relengotron.systems.pdc.simulated.hashing import dumps, hash_order, python2_repr
from relengotron.systems.pdc.simulated.refusals import Refusal, bad_request, not_found
from relengotron.systems.pdc.simulated.verbs import on_collection
from relengotron.systems.pdc.simulated.writing import save_new

_ENDS = ("source_release_id", "target_release_id")
_CHOOSING = ("variant", "arch", "srpm_name", "rpm_name", "rpm_arch")
_NO = ("false", "f", "False", "0")


def on_overrides(call: Call) -> Answer:
    """``overrides/rpm/``: a collection that can also be cleared for one release."""
    if call.method == "DELETE" and isinstance(call.body, dict):
        return _clear(call.body, call)
    if call.method == "DELETE" and not isinstance(call.body, list):
        raise Refusal(400, ["Bulk delete expects either a list or object."])
    return on_collection(OVERRIDE, call)


def _clear(body: dict[str, Any], call: Call) -> Answer:
    if set(body) - {"force"} != {"release"}:
        raise Refusal(400, ["Allowed keys are release and force (optional, default false)."])
    release = call.one("releases", "release_id", body["release"])
    force = body.get("force", "False")
    everything = bool(force) and force not in _NO
    removed = []
    for override in call.table("overrides").where("release", release):
        if everything or not override["do_not_delete"]:
            shown = OVERRIDE.show(override, call)
            removed.append(shown)
            call.record("OverrideRPM", override["id"], dumps(shown), "null")
            call.table("overrides").remove(override)
    if not removed:
        raise not_found()
    return Answer(200, removed, rows=len(removed))


def clone_overrides(call: Call) -> Answer:
    """``POST rpc/overrides-rpm/clone/``: the overrides of one release again in another."""
    body = call.body if isinstance(call.body, dict) else {}
    if extra := [name for name in hash_order(body) if name not in _ENDS + _CHOOSING]:
        raise bad_request(f"{python2_repr(extra)} keys are not allowed")
    for name in hash_order(_ENDS):
        if name not in body:
            raise bad_request(f"Missing {name}")
    found = {name: call.table("releases").find("release_id", body[name]) for name in _ENDS}
    for name in hash_order(_ENDS):
        if found[name] is None:
            raise Refusal(404, {"detail": f"{name} does not exist"})
    chosen = [
        row
        for row in call.table("overrides").where("release", found["source_release_id"])
        if all(not body.get(name) or row[name] == body[name] for name in _CHOOSING)
    ]
    if not chosen:
        raise bad_request("there is no overrides-rpm in source release")
    copies = []
    for row in chosen:
        copy = {**row, "release": found["target_release_id"], "include": True, "do_not_delete": False}
        del copy["id"]
        if not call.table("overrides").same("release,variant,arch,rpm_name,rpm_arch", copy, None):
            kept = save_new(OVERRIDE, copy, {}, call)
            copies.append(OVERRIDE.export(kept, call) if OVERRIDE.export else {})
    if not copies:
        return Answer(200, {"detail": "overridesRPMs have existed in target release"})
    return Answer(201, copies, rows=len(copies))
