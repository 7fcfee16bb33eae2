"""Where does a build target take its build root from, and where do its builds go?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, exposed
from .lookups import lookup, name_or_id, verify_name
from .queries import apply_options
from .store import Row
from .tags import find_tag


def find_targets(call: Call, info: Any = None, event: int | None = None) -> list[Row]:
    """The targets in force, in the order in which they were configured."""
    equals: Row = {}
    if info:
        target = call.store["build_target"].one(**name_or_id(info))
        if target is None:
            return []
        equals["build_target_id"] = target["id"]
    return [_shown(call, row) for row in call.versions("build_target_config", event, **equals)]


def _shown(call: Call, row: Row) -> Row:
    return {
        "id": row["build_target_id"],
        "name": call.store.row("build_target", row["build_target_id"])["name"],
        "build_tag": row["build_tag"],
        "build_tag_name": call.store.row("tag", row["build_tag"])["name"],
        "dest_tag": row["dest_tag"],
        "dest_tag_name": call.store.row("tag", row["dest_tag"])["name"],
    }


@exposed("getBuildTargets")
def get_build_targets(
    call: Call,
    info: Any = None,
    event: int | None = None,
    buildTagID: Any = None,
    destTagID: Any = None,
    queryOpts: Row | None = None,
) -> Any:
    """All targets that match."""
    found = find_targets(call, info, event)
    for column, wanted in (("build_tag", buildTagID), ("dest_tag", destTagID)):
        if wanted is not None:
            tag = lookup(call, "tag", wanted)
            found = [target for target in found if tag is not None and target[column] == tag["id"]]
    return apply_options(found, queryOpts)


@exposed("getBuildTarget")
def get_build_target(call: Call, info: Any, event: int | None = None, strict: bool = False) -> Row | None:
    """One target, or None."""
    name_or_id(info)
    found = find_targets(call, info, event)
    if len(found) == 1:
        return found[0]
    if strict:
        raise koji.GenericError(f"No such build target: {info}")
    return None


@exposed("getBuildTargetID")
def get_build_target_id(call: Call, info: Any, strict: bool = False) -> int | None:
    """The id of a target name."""
    row = lookup(call, "build_target", info, strict=strict)
    return row["id"] if row else None


@exposed("createBuildTarget")
def create_build_target(call: Call, name: Any, build_tag: Any, dest_tag: Any) -> None:
    """Make a target."""
    call.assert_perm("target")
    make_target(call, name, build_tag, dest_tag)


def make_target(call: Call, name: Any, build_tag: Any, dest_tag: Any) -> None:
    """Make a target without asking who wants it."""
    verify_name(name)
    if find_targets(call, name):
        raise koji.GenericError(f"A build target with the name '{name}' already exists")
    build_id, dest_id = _tag_ids(call, build_tag, dest_tag)
    target = lookup(call, "build_target", name, create=True)
    assert target is not None  # noqa: S101 - create makes it
    call.create("build_target_config", build_target_id=target["id"], build_tag=build_id, dest_tag=dest_id)


def _tag_ids(call: Call, build_tag: Any, dest_tag: Any) -> tuple[int, int]:
    build, dest = find_tag(call, build_tag), None
    if build is None:
        raise koji.GenericError(f"build tag '{build_tag}' does not exist")
    dest = find_tag(call, dest_tag)
    if dest is None:
        raise koji.GenericError(f"destination tag '{dest_tag}' does not exist")
    return build["id"], dest["id"]


@exposed("editBuildTarget")
def edit_build_target(call: Call, buildTargetInfo: Any, name: Any, build_tag: Any, dest_tag: Any) -> None:
    """Point a target elsewhere, or rename it."""
    call.assert_perm("target")
    verify_name(name)
    target = _known(call, buildTargetInfo)
    build_id, dest_id = _tag_ids(call, build_tag, dest_tag)
    if target["name"] != name:
        taken = call.store["build_target"].one(name=name)
        if taken is not None:
            raise koji.GenericError(f'name "{name}" is already taken by build target {taken["id"]}')
        call.store["build_target"].update(target, name=name)
    call.revoke("build_target_config", build_target_id=target["id"])
    call.create("build_target_config", build_target_id=target["id"], build_tag=build_id, dest_tag=dest_id)


@exposed("deleteBuildTarget")
def delete_build_target(call: Call, buildTargetInfo: Any) -> None:
    """Remove a target; removing it again is no error."""
    call.assert_perm("target")
    remove_target(call, buildTargetInfo)


def remove_target(call: Call, info: Any) -> None:
    """Remove a target without asking who wants it."""
    call.revoke("build_target_config", build_target_id=_known(call, info)["id"])


def _known(call: Call, info: Any) -> Row:
    target = lookup(call, "build_target", info)
    if target is None:
        raise koji.GenericError(f"No such build target: {info}")
    return target
