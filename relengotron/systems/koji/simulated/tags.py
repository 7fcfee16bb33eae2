"""Which tags are there, and how are they made, changed and removed?"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import koji

from .call import Call, exposed
from .lookups import lookup, name_or_id, required, verify_name
from .queries import apply_options
from .store import Row

CONFIG = ("perm_id", "arches", "locked", "maven_support", "maven_include_all")


def find_tag(
    call: Call, info: Any, *, strict: bool = False, event: int | None = None, blocked: bool = False
) -> Row | None:
    """What ``getTag`` shows; a tag exists while it has a configuration."""
    tag = call.store["tag"].one(**name_or_id(info))
    configs = call.versions("tag_config", event, tag_id=tag["id"]) if tag else []
    if tag is None or not configs:
        if strict:
            raise koji.GenericError(f"No such tagInfo: {info!r}")
        return None
    shown = _shown(call, tag, configs[0])
    shown["extra"] = _extra(call, tag["id"], event, blocked)
    if event is not None:
        shown["query_event"] = event
    return shown


def _shown(call: Call, tag: Row, config: Row) -> Row:
    perm = call.store["permissions"].one(id=config["perm_id"]) if config["perm_id"] else None
    values = {column: config[column] for column in CONFIG}
    return {"id": tag["id"], "name": tag["name"], "perm": perm["name"] if perm else None, **values}


def _extra(call: Call, tag: int, event: int | None, blocked: bool) -> Row:
    extra: Row = {}
    for row in call.versions("tag_extra", event, tag_id=tag):
        value = None if row["value"] is None else json.loads(row["value"])
        if blocked:
            extra[row["key"]] = [row["value"] is None, value]
        elif row["value"] is not None:
            extra[row["key"]] = value
    return extra


def required_tag(call: Call, info: Any, event: int | None = None) -> Row:
    """The tag, or the hub's complaint."""
    tag = find_tag(call, info, strict=True, event=event)
    assert tag is not None  # noqa: S101 - strict raises
    return tag


def tag_id(call: Call, info: Any) -> int:
    """The id of a name; the complaint differs from that of ``getTag``."""
    return int(required(call, "tag", info)["id"])


@exposed("getTag")
def get_tag(call: Call, tagInfo: Any, strict: bool = False, event: Any = None, blocked: bool = False) -> Row | None:
    """A tag now, at an event, or (``auto``) as it last was."""
    if event == "auto":
        return _as_it_last_was(call, tagInfo, strict, blocked)
    return find_tag(call, tagInfo, strict=strict, event=event, blocked=blocked)


def _as_it_last_was(call: Call, info: Any, strict: bool, blocked: bool) -> Row | None:
    tag = call.store["tag"].one(**name_or_id(info))
    configs = call.store["tag_config"].where(tag_id=tag["id"]) if tag else []
    revoked = max(configs, key=lambda row: int(row["create_event"]))["revoke_event"] if configs else None
    if revoked is None:
        return find_tag(call, info, strict=strict, blocked=blocked)
    shown = find_tag(call, info, strict=strict, event=revoked - 1, blocked=blocked)
    return {**shown, "revoke_event": revoked} if shown else None


@exposed("getTagID")
def get_tag_id(call: Call, info: Any, strict: bool = False, create: bool = False) -> int | None:
    """The id of a tag name."""
    if create:
        call.assert_perm("tag")
    row = lookup(call, "tag", info, strict=strict, create=create)
    return row["id"] if row else None


@exposed("listTags")
def list_tags(
    call: Call,
    build: Any = None,
    package: Any = None,
    perms: bool = True,
    queryOpts: Row | None = None,
    pattern: str | None = None,
) -> Any:
    """All tags, or those that hold a build or list a package."""
    if build is not None and package is not None:
        raise koji.GenericError("only one of build and package may be specified")
    rows = [_shown(call, call.store.row("tag", config["tag_id"]), config) for config in _configs(call, build, package)]
    if package is not None:
        for row in rows:
            row.update(_listing_in(call, row["id"], package))
    if pattern is not None:
        wanted = pattern.lower().replace("[", "[[]")  # only * and ? are special, and case does not count
        rows = [row for row in rows if fnmatchcase(row["name"].lower(), wanted)]
    if not perms:
        rows = [{key: value for key, value in row.items() if key not in ("perm", "perm_id")} for row in rows]
    return apply_options(rows, queryOpts)


def _configs(call: Call, build: Any, package: Any) -> list[Row]:
    configs = call.store["tag_config"]
    if build is not None:
        listed = call.store["tag_listing"].where(build_id=_build_id(call, build), active=True)
    elif package is not None:
        package_row = required(call, "package", package)
        listed = call.store["tag_packages"].where(package_id=package_row["id"], active=True)
    else:
        return sorted(configs.where(active=True), key=lambda row: int(row["tag_id"]))
    holders = sorted({int(row["tag_id"]) for row in listed})
    return [row for tag in holders for row in configs.where(tag_id=tag, active=True)]


def _listing_in(call: Call, tag: int, package: Any) -> Row:
    pkg = required(call, "package", package)["id"]
    listing = call.store["tag_packages"].where(tag_id=tag, package_id=pkg, active=True)[0]
    owners = call.store["tag_package_owners"].where(tag_id=tag, package_id=pkg, active=True)
    owner = call.store.row("users", owners[0]["owner"]) if owners else {"id": None, "name": None}
    return {
        "owner_id": owner["id"],
        "owner_name": owner["name"],
        "blocked": listing["blocked"],
        "extra_arches": listing["extra_arches"],
    }


def _build_id(call: Call, build: Any) -> int:
    found = build_row(call, build)
    if found is None:
        raise koji.GenericError(f"No such build: {build}")
    return int(found["id"])


def build_row(call: Call, info: Any) -> Row | None:
    """The row of a build named by id, NVR text or name-version-release dictionary."""
    if isinstance(info, int) and not isinstance(info, bool):
        return call.store["build"].one(id=info)
    if isinstance(info, str):
        info = koji.parse_NVR(info)
    if not isinstance(info, dict):
        raise koji.GenericError(f"Invalid type for id lookup: {type(info)}")
    if isinstance(info.get("id"), int):
        return call.store["build"].one(id=info["id"])
    if not {"name", "version", "release"} <= info.keys():
        raise koji.GenericError("did not provide name, version, and release")
    name = info["name"]
    package = call.store["package"].one(name=name)
    if package is None:
        return None
    builds = call.store["build"].where(pkg_id=package["id"])
    return next((b for b in builds if b["version"] == info["version"] and b["release"] == info["release"]), None)


# -- changes ---------------------------------------------------------------------------------------------------------


def insert_tag(
    call: Call, name: Any, arches: Any, perm: Any, locked: bool, maven: tuple[bool, bool], extra: Row | None
) -> int:
    """A new tag with its configuration, without inheritance and without asking who wants it."""
    perm_id = None if perm is None else required(call, "permissions", perm)["id"]
    row = lookup(call, "tag", name, create=True)
    assert row is not None  # noqa: S101 - create makes it
    call.create(
        "tag_config",
        tag_id=row["id"],
        arches=arches,
        perm_id=perm_id,
        locked=locked,
        maven_support=maven[0],
        maven_include_all=maven[1],
    )
    for key, value in (extra or {}).items():
        call.create("tag_extra", tag_id=row["id"], key=key, value=json.dumps(value))
    return int(row["id"])


def check_new_tag(call: Call, name: Any, arches: Any, maven: tuple[bool, bool]) -> Any:
    """Refuse what no tag may be; the cleaned arches."""
    verify_name(name)
    arches = koji.parse_arches(arches, strict=True, allow_none=True)
    if any(maven):
        raise koji.GenericError("Maven support not enabled")
    if find_tag(call, name):
        raise koji.GenericError(f"A tag with the name '{name}' already exists")
    return arches


@exposed("editTag2")
def edit_tag(call: Call, tagInfo: Any, **kwargs: Any) -> None:
    """Change a tag's settings; unknown keywords are ignored, as the hub does."""
    call.assert_perm("tag")
    change_tag(call, tagInfo, **kwargs)


@exposed("editTag")
def edit_tag_positional(
    call: Call, tagInfo: Any, name: Any, arches: Any, locked: Any, permissionID: Any, extra: Any = None
) -> None:
    """The old positional form."""
    more = {} if extra is None else {"extra": extra}
    edit_tag(call, tagInfo, name=name, arches=arches, locked=locked, perm_id=permissionID, **more)


def change_tag(call: Call, info: Any, **wanted: Any) -> None:
    """Change a tag's settings without asking who wants it."""
    if "maven_support" in wanted or "maven_include_all" in wanted:
        raise koji.GenericError("Maven support not enabled")
    for key in ("remove_extra", "block_extra"):
        if wanted.get(key) and not isinstance(wanted[key], list):
            raise koji.ParameterError(f"Invalid type for value '{wanted[key]}': {type(wanted[key])}")
    tag = required_tag(call, info)
    if "perm" in wanted:
        wanted.setdefault("perm_id", wanted["perm"])
    if wanted.get("perm_id") is not None:
        wanted["perm_id"] = required(call, "permissions", wanted["perm_id"])["id"]
    _rename(call, tag, wanted.get("name"))
    if wanted.get("arches") and tag["arches"] != wanted["arches"]:
        wanted["arches"] = koji.parse_arches(wanted["arches"], strict=True, allow_none=True)
    config = {key: wanted.get(key, tag[key]) for key in CONFIG}
    if any(config[key] != tag[key] for key in CONFIG):
        call.revoke("tag_config", tag_id=tag["id"])
        call.create("tag_config", tag_id=tag["id"], **config)
    _change_extra(call, tag, wanted)


def _rename(call: Call, tag: Row, name: str | None) -> None:
    if not name or name == tag["name"]:
        return
    verify_name(name)
    taken = call.store["tag"].one(name=name)
    if taken is not None:
        raise koji.GenericError(f"Name {name} already taken by tag {taken['id']}")
    call.store["tag"].update(call.store.row("tag", tag["id"]), name=name)


def _change_extra(call: Call, tag: Row, wanted: Row) -> None:
    removed, blocked = wanted.get("remove_extra") or [], wanted.get("block_extra") or []
    added = wanted.get("extra") or {}
    for key in set(removed) | set(blocked):
        if key in added:
            raise koji.GenericError(f"Can not both add/update and remove tag-extra: '{key}'")
    for key, value in added.items():
        if key not in tag["extra"] or tag["extra"][key] != value:
            _set_extra(call, tag["id"], key, json.dumps(value))
    for key in blocked:
        _set_extra(call, tag["id"], key, None)
    absent = [key for key in removed if key not in tag["extra"]]
    if absent:
        raise koji.GenericError(f"Tag: {tag['name']} doesn't have extra: {', '.join(absent)}")
    for key in removed:
        call.revoke("tag_extra", tag_id=tag["id"], key=key)


def _set_extra(call: Call, tag: int, key: str, value: str | None) -> None:
    call.revoke("tag_extra", tag_id=tag, key=key)
    call.create("tag_extra", tag_id=tag, key=key, value=value)


@exposed("deleteTag")
def delete_tag(call: Call, tagInfo: Any) -> None:
    """Remove a tag with everything in it; nothing is asked."""
    call.assert_perm("tag")
    remove_tag(call, tagInfo)


def remove_tag(call: Call, info: Any) -> None:
    """Remove a tag without asking who wants it."""
    tag = required_tag(call, info)["id"]
    for table in ("tag_config", "tag_extra", "tag_inheritance"):
        call.revoke(table, tag_id=tag)
    call.revoke("tag_inheritance", parent_id=tag)
    call.revoke("build_target_config", build_tag=tag)
    call.revoke("build_target_config", dest_tag=tag)
    for table in ("tag_listing", "tag_packages", "tag_package_owners", "tag_external_repos"):
        call.revoke(table, tag_id=tag)
    for table in ("group_config", "group_req_listing", "group_package_listing"):
        call.revoke(table, tag_id=tag)


# -- access ----------------------------------------------------------------------------------------------------------


def tag_access(call: Call, tag: Any, user_id: int | None = None) -> tuple[bool, bool, str]:
    """(access, may force, why not): locks and tag permissions."""
    user_id = user_id or call.user_id
    if user_id is None:
        raise koji.GenericError("a user_id is required")
    perms = call.perms_of(user_id)
    found = required_tag(call, tag)
    if found["locked"]:
        return False, "admin" in perms, "tag is locked"
    if found["perm_id"] and found["perm"] not in perms:
        return False, "admin" in perms, f"tag requires {found['perm']} permission"
    return True, "admin" in perms, ""


def assert_tag_access(call: Call, tag: Any, user_id: int | None = None, *, force: bool = False) -> None:
    """Raise unless the user may change what is in the tag."""
    access, may_force, reason = tag_access(call, tag, user_id)
    if not access and not (may_force and force):
        raise koji.ActionNotAllowed(reason)


@exposed("checkTagAccess")
def check_tag_access(call: Call, tag_id: Any, user_id: Any = None) -> list[Any]:
    """The answer of ``tag_access`` for anyone."""
    return list(tag_access(call, tag_id, user_id))
