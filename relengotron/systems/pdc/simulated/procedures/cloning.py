"""How is a release copied with its variants, components, groups and relationships?"""

from typing import Any

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.components import RELEASE_COMPONENT
from relengotron.systems.pdc.simulated.catalogue.relationships import GROUP, RELATIONSHIP
from relengotron.systems.pdc.simulated.catalogue.releases import RELEASE
from relengotron.systems.pdc.simulated.hashing import dumps
from relengotron.systems.pdc.simulated.refusals import Refusal, bad_request
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.rows import Row
from relengotron.systems.pdc.simulated.writing import save_new, validated

_OPTIONS = ("include_trees", "include_inactive", "component_dist_git_branch")
_YES = (True, "true", "t", "True", "1")
_NO = (False, "false", "f", "False", "0")


def clone_release(call: Call) -> Answer:
    """``POST rpc/release/clone/``: a new release like an old one; fields that are not sent are copied."""
    data = _mapping(call.body)
    if "old_release_id" not in data:
        raise Refusal(400, {"__all__": "Missing old_release_id"})
    old = call.one("releases", "release_id", data.pop("old_release_id"))
    options = {name: data.pop(name) for name in _OPTIONS if name in data}
    release = save_new(RELEASE, validated(RELEASE, _completed(data, old, call), None, False, call), data, call)
    _clone_variants(old, release, options, call)
    _clone_contents(old, release, options, call)
    return Answer(201, RELEASE.show(release, call), rows=1)


def clone_components(call: Call) -> Answer:
    """``POST rpc/release/clone-components/``: the components of one release again in another."""
    data = _mapping(call.body)
    for name in ("source_release_id", "target_release_id"):
        if name not in data:
            raise bad_request(f"Missing {name}")
    source = _release(data["source_release_id"], "Source_release", call)
    target = _release(data["target_release_id"], "Target_release", call)
    if not call.table("release_components").where("release", source):
        raise bad_request("there is no component in source release")
    if not target["active"]:
        raise bad_request(f"can't clone components to an inactive target release {target['release_id']}")
    _clone_contents(source, target, data, call)
    return Answer(201, {"url": call.url(f"release-components/?release={target['release_id']}")})


def _mapping(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise bad_request(["Invalid input: must be a dict."])
    return dict(body)


def _release(release_id: Any, role: str, call: Call) -> Row:
    release = call.table("releases").find("release_id", release_id)
    if release is None:
        raise Refusal(404, {"detail": f"{role} {release_id} does not exist"})
    return release


def _completed(data: dict[str, Any], old: Row, call: Call) -> dict[str, Any]:
    """What was sent, and for the rest whatever the old release has that is not empty."""
    shown = RELEASE.show(old, call)
    copied = {one.name: shown[one.name] for one in RELEASE.fields if not one.read_only and shown[one.name]}
    return {name: value for name, value in {**copied, **data}.items() if value is not None}


def _truth(value: Any, name: str) -> bool:
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise Refusal(400, [f"Value [{value}] of {name} is not a boolean"])


def _wanted_trees(old: Row, options: dict[str, Any], call: Call) -> set[str] | None:
    if "include_trees" not in options:
        return None
    trees = options["include_trees"]
    if not isinstance(trees, list):
        raise bad_request([f'include_trees: "{trees}" is not a list'])
    known = {
        f"{variant['variant_uid']}.{arch['name']}"
        for variant in call.table("variants").where("release", old)
        for arch in variant["arches"]
    }
    for tree in trees:
        if str(tree).count(".") != 1:
            raise bad_request([f"{tree} is not a well-formed tree specifier."])
        if tree not in known:
            raise bad_request([f"{tree} is not in release {old['release_id']}."])
    return set(trees)


def _clone_variants(old: Row, new: Row, options: dict[str, Any], call: Call) -> None:
    wanted = _wanted_trees(old, options, call)
    variants = sorted(call.table("variants").where("release", old), key=lambda row: str(row["variant_uid"]))
    for variant in variants:
        uid = variant["variant_uid"]
        arches = [arch for arch in variant["arches"] if wanted is None or f"{uid}.{arch['name']}" in wanted]
        if wanted is not None and not arches:
            continue
        copy = {**variant, "release": new, "arches": arches}
        del copy["id"]
        row = call.table("variants").add(**copy)
        call.record("Variant", row["id"], "null", dumps(f"{new['release_id']}/{uid}"))
        for arch in arches:
            call.record("VariantArch", arch["id"], "null", dumps(f"{new['release_id']}/{uid}/{arch['name']}"))


def _clone_contents(old: Row, new: Row, options: dict[str, Any], call: Call) -> None:
    """Copy components, groups, and the relationships of which both ends were copied."""
    given = options.get("include_inactive")
    inactive_too = given is None or _truth(given, "include_inactive")
    copies = _clone_components(old, new, inactive_too, options.get("component_dist_git_branch"), call)
    for group in [row for row in call.table("groups") if row["release"] is old]:
        members = [copies[member["id"]] for member in group["components"] if member["id"] in copies]
        _copy(GROUP, group, call, release=new, components=members)
    for relationship in _inside(old, call):
        ends = [copies.get(relationship[end]["id"]) for end in ("from_component", "to_component")]
        if None not in ends:
            _copy(RELATIONSHIP, relationship, call, from_component=ends[0], to_component=ends[1])


def _inside(release: Row, call: Call) -> list[Row]:
    table = call.table("relationships")
    found = {
        row["id"]: row
        for component in call.table("release_components").where("release", release)
        for row in table.where("from_component", component)
        if row["to_component"]["release"] is release
    }
    return [found[number] for number in sorted(found)]


def _clone_components(old: Row, new: Row, inactive_too: bool, branch: Any, call: Call) -> dict[int, Row]:
    copies = {}
    for component in call.table("release_components").where("release", old):
        if inactive_too or component["active"]:
            changed = {"dist_git_branch": branch} if branch else {}
            copies[component["id"]] = _copy(RELEASE_COMPONENT, component, call, release=new, **changed)
    return copies


def _copy(resource: Resource, row: Row, call: Call, **changed: Any) -> Row:
    values = {**row, **changed}
    del values["id"]
    return save_new(resource, values, {}, call)
