"""Which package groups does a tag define for build roots?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, exposed
from .inheritance import full_inheritance
from .lookups import lookup, required
from .store import Row
from .tags import required_tag, tag_id

CONFIG = ("exported", "display_name", "is_default", "uservisible", "description", "langonly", "biarchonly", "blocked")
CONFIG_DEFAULTS: Row = {
    "exported": True,
    "is_default": None,
    "uservisible": True,
    "description": None,
    "langonly": None,
    "biarchonly": False,
}


def groups_of(call: Call, tag: int, event: int | None = None, *, inherit: bool = True) -> dict[int, Row]:
    """All groups with their packages and required groups, blocked ones included."""
    tags = [tag]
    if inherit:
        tags += [link["parent_id"] for link in full_inheritance(call, tag, event)]
    groups: dict[int, Row] = {}
    for one in tags:
        for row in call.versions("group_config", event, tag_id=one):
            groups.setdefault(row["group_id"], _group(call, row))
    for one in tags:
        _add_packages(call, groups, one, event)
        _add_requirements(call, groups, one, event)
    return groups


def _group(call: Call, row: Row) -> Row:
    name = call.store.row("groups", row["group_id"])["name"]
    settings = {column: row[column] for column in CONFIG}
    identity = {"name": name, "group_id": row["group_id"], "tag_id": row["tag_id"]}
    return {**identity, **settings, "packagelist": {}, "grouplist": {}}


def _add_packages(call: Call, groups: dict[int, Row], tag: int, event: int | None) -> None:
    columns = ("group_id", "tag_id", "package", "blocked", "type", "basearchonly", "requires")
    for row in call.versions("group_package_listing", event, tag_id=tag):
        group = groups.get(row["group_id"])
        if group is not None and not group["blocked"]:
            group["packagelist"].setdefault(row["package"], {column: row[column] for column in columns})


def _add_requirements(call: Call, groups: dict[int, Row], tag: int, event: int | None) -> None:
    columns = ("group_id", "tag_id", "req_id", "blocked", "type", "is_metapkg")
    for row in call.versions("group_req_listing", event, tag_id=tag):
        group, wanted = groups.get(row["group_id"]), groups.get(row["req_id"])
        if group and wanted and not group["blocked"] and not wanted["blocked"]:
            entry = {**{column: row[column] for column in columns}, "name": wanted["name"]}
            group["grouplist"].setdefault(row["req_id"], entry)


def shown_groups(
    call: Call, tag: int, event: int | None = None, *, inherit: bool = True, blocked: bool = False
) -> list[Row]:
    """The groups as clients see them."""
    shown = []
    for group in groups_of(call, tag, event, inherit=inherit).values():
        for part in ("packagelist", "grouplist"):
            group[part] = [entry for entry in group[part].values() if blocked or not entry["blocked"]]
        if blocked or not group["blocked"]:
            shown.append(group)
    return shown


@exposed("getTagGroups")
def get_tag_groups(
    call: Call,
    tag: Any,
    event: int | None = None,
    inherit: bool = True,
    incl_pkgs: bool = True,
    incl_reqs: bool = True,
    incl_blocked: bool = False,
) -> list[Row]:
    """The groups of a tag."""
    groups = shown_groups(call, tag_id(call, tag), event, inherit=inherit, blocked=incl_blocked)
    for group in groups:
        if not incl_pkgs:
            del group["packagelist"]
        if not incl_reqs:
            del group["grouplist"]
    return groups


@exposed("groupListAdd")
def group_list_add(
    call: Call, taginfo: Any, grpinfo: Any, block: bool = False, force: bool = False, **opts: Any
) -> None:
    """Define a group in a tag."""
    call.assert_perm("tag")
    add_group(call, taginfo, grpinfo, block=block, force=force, **opts)


def add_group(call: Call, taginfo: Any, grpinfo: Any, *, block: bool = False, force: bool = False, **opts: Any) -> None:
    """Define a group without asking who wants it."""
    tag = required_tag(call, taginfo)
    group = lookup(call, "groups", grpinfo, strict=True, create=isinstance(grpinfo, str))
    assert group is not None  # noqa: S101 - strict raises
    wanted = {key: value for key, value in opts.items() if key in CONFIG}
    wanted["blocked"] = bool(block)
    previous = groups_of(call, tag["id"]).get(group["id"])
    if previous is not None:
        if previous["blocked"] and not force:
            raise koji.GenericError(f"group {group['name']} is blocked in tag {tag['name']}")
        if all(previous[key] == value for key, value in wanted.items()):
            return
        wanted = {**{key: previous[key] for key in CONFIG}, **wanted}
    wanted = {**CONFIG_DEFAULTS, "display_name": group["name"], **wanted}
    call.revoke("group_config", tag_id=tag["id"], group_id=group["id"])
    call.create("group_config", tag_id=tag["id"], group_id=group["id"], **wanted)


@exposed("groupListRemove")
def group_list_remove(call: Call, taginfo: Any, grpinfo: Any, force: bool = False) -> None:
    """Remove a group from a tag."""
    call.assert_perm("tag")
    tag, group = required_tag(call, taginfo), required(call, "groups", grpinfo)
    if not call.store["group_config"].where(tag_id=tag["id"], group_id=group["id"], active=True) and not force:
        raise koji.GenericError(f"No group: {group['name']} found for tag: {tag['name']}")
    call.revoke("group_config", tag_id=tag["id"], group_id=group["id"])


@exposed("groupListBlock")
def group_list_block(call: Call, taginfo: Any, grpinfo: Any) -> None:
    """Hide a group in a tag."""
    group_list_add(call, taginfo, grpinfo, block=True)


@exposed("groupListUnblock")
def group_list_unblock(call: Call, taginfo: Any, grpinfo: Any) -> None:
    """Show a hidden group again."""
    call.assert_perm("tag")
    tag, group = required_tag(call, taginfo), required(call, "groups", grpinfo)
    previous = groups_of(call, tag["id"]).get(group["id"])
    if previous is None or not previous["blocked"]:
        raise koji.GenericError(f"group {group['name']} is NOT blocked in tag {tag['name']}")
    call.revoke("group_config", tag_id=tag["id"], group_id=group["id"])
    if previous["tag_id"] != tag["id"]:
        call.create("group_config", tag_id=tag["id"], group_id=group["id"], **{**_settings(previous), "blocked": False})


def _settings(group: Row) -> Row:
    return {column: group[column] for column in CONFIG}


@exposed("groupPackageListAdd")
def group_package_list_add(
    call: Call, taginfo: Any, grpinfo: Any, pkg_name: str, block: bool = False, force: bool = False, **opts: Any
) -> None:
    """Put a package into a tag's group."""
    call.assert_perm("tag")
    add_group_package(call, taginfo, grpinfo, pkg_name, block=block, force=force, **opts)


def add_group_package(
    call: Call, taginfo: Any, grpinfo: Any, pkg_name: str, *, block: bool = False, force: bool = False, **opts: Any
) -> None:
    """Put a package into a group without asking who wants it."""
    tag, group = required(call, "tag", taginfo), required(call, "groups", grpinfo)
    config = _usable_group(call, tag, group)
    previous = config["packagelist"].get(pkg_name)
    wanted = {key: value for key, value in opts.items() if key in ("type", "basearchonly", "requires")}
    if previous is not None:
        if previous["blocked"] and not force:
            raise koji.GenericError(f"package {pkg_name} blocked in group {group['name']}, tag {tag['name']}")
        if not block and not force and all(previous[key] == value for key, value in wanted.items()):
            return
        wanted = {**{key: previous[key] for key in ("type", "basearchonly", "requires")}, **wanted}
    values = {"type": "mandatory", "basearchonly": None, "requires": None, **wanted, "blocked": bool(block)}
    where = {"tag_id": tag["id"], "group_id": group["id"], "package": pkg_name}
    call.revoke("group_package_listing", **where)
    call.create("group_package_listing", **where, **values)


def _usable_group(call: Call, tag: Row, group: Row) -> Row:
    config = groups_of(call, tag["id"]).get(group["id"])
    if config is None:
        raise koji.GenericError(f"group {group['name']} not present in tag {tag['name']}")
    if config["blocked"]:
        raise koji.GenericError(f"group {group['name']} is blocked in tag {tag['name']}")
    return config


@exposed("groupPackageListRemove")
def group_package_list_remove(call: Call, taginfo: Any, grpinfo: Any, pkg_name: str) -> None:
    """Take a package out of a tag's group."""
    call.assert_perm("tag")
    tag, group = required(call, "tag", taginfo), required(call, "groups", grpinfo)
    call.revoke("group_package_listing", tag_id=tag["id"], group_id=group["id"], package=pkg_name)


@exposed("groupPackageListBlock")
def group_package_list_block(call: Call, taginfo: Any, grpinfo: Any, pkg_name: str) -> None:
    """Hide a package in a tag's group."""
    group_package_list_add(call, taginfo, grpinfo, pkg_name, block=True)


@exposed("groupReqListAdd")
def group_req_list_add(
    call: Call, taginfo: Any, grpinfo: Any, reqinfo: Any, block: bool = False, force: bool = False, **opts: Any
) -> None:
    """Let one group of a tag require another."""
    call.assert_perm("tag")
    add_group_requirement(call, taginfo, grpinfo, reqinfo, block=block, force=force, **opts)


def add_group_requirement(
    call: Call, taginfo: Any, grpinfo: Any, reqinfo: Any, *, block: bool = False, force: bool = False, **opts: Any
) -> None:
    """Let one group require another without asking who wants it."""
    tag, group = required(call, "tag", taginfo), required(call, "groups", grpinfo)
    wanted = required(call, "groups", reqinfo)
    config = _usable_group(call, tag, group)
    if wanted["id"] in config["grouplist"] and not block and not force:
        return
    where = {"tag_id": tag["id"], "group_id": group["id"], "req_id": wanted["id"]}
    values = {"type": opts.get("type", "mandatory"), "is_metapkg": opts.get("is_metapkg"), "blocked": bool(block)}
    call.revoke("group_req_listing", **where)
    call.create("group_req_listing", **where, **values)


@exposed("groupReqListRemove")
def group_req_list_remove(call: Call, taginfo: Any, grpinfo: Any, reqinfo: Any, force: bool = False) -> None:
    """Let a group no longer require another."""
    call.assert_perm("tag")
    tag, group = required(call, "tag", taginfo), required(call, "groups", grpinfo)
    call.revoke(
        "group_req_listing", tag_id=tag["id"], group_id=group["id"], req_id=required(call, "groups", reqinfo)["id"]
    )


@exposed("groupReqListBlock")
def group_req_list_block(call: Call, taginfo: Any, grpinfo: Any, reqinfo: Any) -> None:
    """Hide that a group requires another."""
    group_req_list_add(call, taginfo, grpinfo, reqinfo, block=True)


@exposed("groupPackageListUnblock")
def group_package_list_unblock(call: Call, taginfo: Any, grpinfo: Any, pkg_name: str) -> None:
    """Show a hidden package of a group again."""
    call.assert_perm("tag")
    tag, group = required(call, "tag", taginfo), required(call, "groups", grpinfo)
    previous = _usable_group(call, tag, group)["packagelist"].get(pkg_name)
    if previous is None or not previous["blocked"]:
        raise koji.GenericError(f"package {pkg_name} is NOT blocked in group {group['name']}, tag {tag['name']}")
    where = {"tag_id": tag["id"], "group_id": group["id"], "package": pkg_name}
    call.revoke("group_package_listing", **where)
    if previous["tag_id"] != tag["id"]:
        kept = {key: previous[key] for key in ("type", "basearchonly", "requires")}
        call.create("group_package_listing", **where, **kept, blocked=False)
