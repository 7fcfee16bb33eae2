"""How does anybody get a tag of their own to build in?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, exposed
from .cloning import make_tag
from .inheritance import own_parents
from .queries import apply_options
from .store import Row
from .tags import change_tag, find_tag, remove_tag, required_tag
from .targets import get_build_target, make_target, remove_target
from .users import required_user

ALLOWED_SUFFIXES: tuple[str, ...] = ()


def is_sidetag(tag: Row) -> bool:
    """Was it made by ``createSideTag``?"""
    return bool(tag["extra"].get("sidetag"))


def is_owned_by(tag: Row, user_id: int | None) -> bool:
    """Does the side tag belong to this user?"""
    return is_sidetag(tag) and user_id is not None and tag["extra"].get("sidetag_user_id") == user_id


def _own_sidetag(call: Call, info: Any) -> Row:
    user_id = call.assert_login()
    tag = required_tag(call, info)
    if not is_sidetag(tag):
        raise koji.GenericError(f"Not a sidetag: {tag['name']}")
    if not is_owned_by(tag, user_id) and not call.has_perm("admin"):
        raise koji.ActionNotAllowed("This is not your sidetag")
    return tag


@exposed("createSideTag")
def create_side_tag(call: Call, basetag: Any, debuginfo: bool = False, suffix: str | None = None) -> Row:
    """A side tag of a base tag, with a target of the same name."""
    if suffix and suffix not in ALLOWED_SUFFIXES:
        raise koji.GenericError(f"{suffix} suffix is not allowed for sidetag")
    user = required_user(call, call.assert_login())
    base = required_tag(call, basetag)
    owned = [
        row for row in call.store["tag_extra"].where(key="sidetag_user_id", active=True)
        if row["value"] == str(user["id"])
    ]  # fmt: skip
    call.policy.enforce(call, "sidetag", {"tag": base["id"], "number_of_tags": len(owned)})
    expected = call.store.sequences.next("tag") + 1  # one number is lost to learn the next one
    name = f"{base['name']}-side-{expected}" + (f"-{suffix}" if suffix else "")
    extra: Row = {"sidetag": True, "sidetag_user": user["name"], "sidetag_user_id": user["id"]}
    if debuginfo:
        extra["with_debuginfo"] = True
    made = make_tag(call, name, parent=base["id"], arches=base["arches"], extra=extra)
    make_target(call, name, made, made)
    return {"name": name, "id": made, "task_id": None, "request": None}


@exposed("removeSideTag")
def remove_side_tag(call: Call, sidetag: Any) -> None:
    """Remove an own side tag with its target."""
    tag = _own_sidetag(call, sidetag)
    target = get_build_target(call, tag["name"])
    if target is None:
        raise koji.GenericError("Target is missing for sidetag")
    if target["build_tag"] != tag["id"] or target["dest_tag"] != tag["id"]:
        raise koji.GenericError("Target does not match sidetag")
    remove_target(call, target["id"])
    remove_tag(call, tag["id"])


@exposed("listSideTags")
def list_side_tags(call: Call, basetag: Any = None, user: Any = None, queryOpts: Row | None = None) -> Any:
    """The side tags; the owner's id is text, as the hub sends it."""
    owner = None if user is None else str(required_user(call, user)["id"])
    base = None if basetag is None else required_tag(call, basetag)["id"]
    shown = []
    for row in call.store["tag_extra"].where(key="sidetag", active=True):
        tag = find_tag(call, row["tag_id"])
        if tag is None or row["value"] != "true" or "sidetag_user_id" not in tag["extra"]:
            continue
        user_id = str(tag["extra"]["sidetag_user_id"])
        parents = [link["parent_id"] for link in own_parents(call, tag["id"])]
        if owner in (None, user_id) and (base is None or base in parents):
            name = call.store.row("users", int(user_id))["name"]
            shown.append({"id": tag["id"], "name": tag["name"], "user_id": user_id, "user_name": name})
    return apply_options(shown, queryOpts)


@exposed("editSideTag")
def edit_side_tag(
    call: Call,
    sidetag: Any,
    debuginfo: bool | None = None,
    rpm_macros: Row | None = None,
    remove_rpm_macros: list[str] | None = None,
    extra: Row | None = None,
    remove_extra: list[str] | None = None,
) -> None:
    """Change an own side tag as far as its base tag allows."""
    tag = _own_sidetag(call, sidetag)
    if (extra is not None or remove_extra is not None) and not call.has_perm("sidetag_admin"):
        raise koji.GenericError("Extra can be modified only with sidetag_admin or admin permissions.")
    base = required_tag(call, own_parents(call, tag["id"])[0]["parent_id"])
    changes = dict(extra or {})
    if debuginfo is not None:
        if not base["extra"].get("sidetag_debuginfo_allowed"):
            raise koji.GenericError("Debuginfo setting is not allowed in parent tag.")
        changes["with_debuginfo"] = bool(debuginfo)
    removals = list(remove_extra or [])
    if rpm_macros or remove_rpm_macros:
        _assert_macros_allowed(base, [*(rpm_macros or {}), *(remove_rpm_macros or [])])
        changes.update({f"rpm.macro.{name}": value for name, value in (rpm_macros or {}).items()})
        removals += [f"rpm.macro.{name}" for name in remove_rpm_macros or []]
    change_tag(call, tag["id"], extra=changes, remove_extra=removals)


def _assert_macros_allowed(base: Row, names: list[str]) -> None:
    allowed = base["extra"].get("sidetag_rpm_macros_allowed") or []
    allowed = allowed.split() if isinstance(allowed, str) else allowed
    if not allowed:
        raise koji.GenericError("RPM macros change is not allowed in parent tag.")
    for name in names:
        if name not in allowed:
            raise koji.GenericError(f"RPM macro {name} editing is not allowed via parent tag")
