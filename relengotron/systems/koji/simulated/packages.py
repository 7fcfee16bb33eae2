"""Which packages belong to a tag, who owns them, and which are blocked?"""

from __future__ import annotations

import re
from typing import Any

import koji

from .call import Call, exposed
from .inheritance import full_inheritance
from .lookups import lookup, required
from .queries import apply_options
from .store import Row
from .tags import required_tag, tag_id
from .users import required_user


def package_list(
    call: Call,
    tag: int | None = None,
    *,
    user: int | None = None,
    package: int | None = None,
    event: int | None = None,
    inherit: bool = False,
    owners: bool = True,
) -> dict[int, list[Row]]:
    """Listings by package id, nearest first; blocked ones are included."""
    found: dict[int, list[Row]] = {}
    for row in _listings(call, tag, user, package, event, owners):
        found.setdefault(row["package_id"], []).append(row)
    if tag is not None and inherit:
        for link in full_inheritance(call, tag, event):
            patterns = [re.compile(pattern) for pattern in link["filter"]]
            for row in _listings(call, link["parent_id"], user, package, event, owners):
                if all(pattern.match(row["package_name"]) for pattern in patterns):
                    found.setdefault(row["package_id"], []).append(row)
    return found


def _listings(
    call: Call, tag: int | None, user: int | None, package: int | None, event: int | None, owners: bool
) -> list[Row]:
    equals = {key: value for key, value in (("tag_id", tag), ("package_id", package)) if value is not None}
    shown = []
    for row in call.versions("tag_packages", event, **equals):
        entry = _entry(call, row)
        if owners:
            owner = call.versions("tag_package_owners", event, tag_id=row["tag_id"], package_id=row["package_id"])
            if not owner or (user is not None and owner[0]["owner"] != user):
                continue
            entry["owner_id"] = owner[0]["owner"]
            entry["owner_name"] = call.store.row("users", owner[0]["owner"])["name"]
        shown.append(entry)
    return shown


def _entry(call: Call, row: Row) -> Row:
    return {
        "package_id": row["package_id"],
        "package_name": call.store.row("package", row["package_id"])["name"],
        "tag_id": row["tag_id"],
        "tag_name": call.store.row("tag", row["tag_id"])["name"],
        "extra_arches": row["extra_arches"],
        "blocked": row["blocked"],
    }


def nearest_listing(call: Call, tag: int, package: int, event: int | None = None) -> Row | None:
    """The listing that counts for one package in a tag."""
    rows = package_list(call, tag, package=package, event=event, inherit=True).get(package)
    return rows[0] if rows else None


def listing_error(call: Call, tag: int, package: int, name: str, shown_tag: Any) -> str | None:
    """Why the package may not be tagged there; None when it may."""
    rows = package_list(call, tag, package=package, inherit=True, owners=False).get(package)
    if not rows:
        return f"Package {name} not in list for {shown_tag}"
    return f"Package {name} blocked in {shown_tag}" if rows[0]["blocked"] else None


# -- reading ---------------------------------------------------------------------------------------------------------


@exposed("listPackages")
def list_packages(
    call: Call,
    tagID: Any = None,
    userID: Any = None,
    pkgID: Any = None,
    prefix: str | None = None,
    inherited: bool = False,
    with_dups: bool = False,
    event: int | None = None,
    queryOpts: Row | None = None,
    with_owners: bool = True,
    with_blocked: bool = True,
) -> Any:
    """The packages of a tag, of a user, or of the hub."""
    if tagID is None and userID is None and pkgID is None:
        return list_packages_simple(call, prefix, queryOpts)
    tag = None if tagID is None else tag_id(call, tagID)
    user = None if userID is None else required_user(call, userID)["id"]
    package = None if pkgID is None else required(call, "package", pkgID)["id"]
    if user is not None and not with_owners:
        raise koji.GenericError("userID and with_owners=False can't be used together")
    found = package_list(call, tag, user=user, package=package, event=event, inherit=inherited, owners=with_owners)
    # without a tag every listing is read in turn and the last one of a package stays
    pick = slice(None) if with_dups else slice(0, 1) if tag is not None else slice(-1, None)
    rows = [row for entries in found.values() for row in entries[pick] if with_blocked or not row["blocked"]]
    if prefix:
        rows = [row for row in rows if row["package_name"].lower().startswith(prefix.lower())]
    return apply_options(rows, queryOpts)


@exposed("listPackagesSimple")
def list_packages_simple(call: Call, prefix: str | None = None, queryOpts: Row | None = None) -> Any:
    """Every package the hub has ever heard of."""
    rows = [{"package_id": row["id"], "package_name": row["name"]} for row in call.store["package"]]
    if prefix is not None:
        rows = [row for row in rows if row["package_name"].lower().startswith(prefix.lower())]
    return apply_options(rows, queryOpts)


@exposed("getPackage")
def get_package(call: Call, info: Any, strict: bool = False, create: bool = False) -> Row | None:
    """A package by name or id."""
    if create:
        call.assert_perm("admin")
    row = lookup(call, "package", info, strict=strict, create=create)
    return {"id": row["id"], "name": row["name"]} if row else None


@exposed("getPackageID")
def get_package_id(call: Call, name: Any, strict: bool = False) -> int | None:
    """The id of a package name."""
    row = lookup(call, "package", name, strict=strict)
    return row["id"] if row else None


@exposed("checkTagPackage")
def check_tag_package(call: Call, tag: Any, pkg: Any) -> bool:
    """May builds of this package be in the tag?"""
    found = get_package_config(call, tag, pkg)
    return found is not None and not found["blocked"]


@exposed("getPackageConfig")
def get_package_config(call: Call, tag: Any, pkg: Any, event: int | None = None) -> Row | None:
    """The listing of a package in a tag, inherited or own."""
    tag_row, package = lookup(call, "tag", tag), lookup(call, "package", pkg)
    if tag_row is None or package is None:
        return None
    return nearest_listing(call, tag_row["id"], package["id"], event)


# -- changes ---------------------------------------------------------------------------------------------------------


@exposed("packageListAdd")
def package_list_add(
    call: Call,
    taginfo: Any,
    pkginfo: Any,
    owner: Any = None,
    block: bool | None = None,
    extra_arches: Any = None,
    force: bool = False,
    update: bool = False,
) -> None:
    """List a package in a tag, or change its listing."""
    change_listing(call, taginfo, pkginfo, owner, block, extra_arches, force=force, update=update, policy=True)


def change_listing(
    call: Call,
    taginfo: Any,
    pkginfo: Any,
    owner: Any = None,
    block: bool | None = None,
    extra_arches: Any = None,
    *,
    force: bool = False,
    update: bool = False,
    policy: bool = False,
) -> None:
    """List a package; the policy is asked only when wished."""
    tag = required_tag(call, taginfo)
    package = lookup(call, "package", pkginfo)
    if package is None and not isinstance(pkginfo, str):
        raise koji.GenericError(f"No such package: {pkginfo}")
    owner_id = None if owner is None else required_user(call, owner)["id"]
    if policy:
        action = "update" if update else "block" if block else "add"
        _ask_policy(call, tag, action, pkginfo, force)
    if package is None:
        package = lookup(call, "package", pkginfo, create=True)
        assert package is not None  # noqa: S101 - create makes it
    if extra_arches is not None:
        extra_arches = koji.parse_arches(extra_arches, strict=True, allow_none=True)
    previous = nearest_listing(call, tag["id"], package["id"])
    if previous is None:
        if update and not force:
            raise koji.GenericError(f"cannot update: tag {tag['name']} has no data for package {package['name']}")
        _new_listing(call, tag, package, owner_id, bool(block), extra_arches, force)
        return
    _next_listing(call, tag, package, previous, owner_id, block, extra_arches, force)


def _ask_policy(call: Call, tag: Row, action: str, package: Any, force: bool) -> None:
    call.assert_login()
    data = {"tag": tag["id"], "action": action, "package": package, "force": force}
    call.policy.enforce(call, "package_list", data, force=force)


def _new_listing(
    call: Call, tag: Row, package: Row, owner: int | None, block: bool, extra_arches: Any, force: bool
) -> None:
    if owner is None:
        if not force:
            raise koji.GenericError("owner not specified")
        owner = call.user_id
    _write(call, tag, package, owner, block, extra_arches)


def _next_listing(
    call: Call,
    tag: Row,
    package: Row,
    previous: Row,
    owner: int | None,
    block: bool | None,
    extra_arches: Any,
    force: bool,
) -> None:
    owner = previous["owner_id"] if owner is None else owner
    block = previous["blocked"] if block is None else bool(block)
    extra_arches = previous["extra_arches"] if extra_arches is None else extra_arches
    changed = previous["blocked"] != block or previous["extra_arches"] != extra_arches
    if not changed and previous["owner_id"] == owner and not force:
        return
    if previous["blocked"] and not block and not force:
        raise koji.GenericError(f"package {package['name']} is blocked in tag {tag['name']}")
    if changed:
        _write(call, tag, package, owner, block, extra_arches)
    elif previous["owner_id"] != owner:
        _write_owner(call, tag["id"], package["id"], owner)
        _announce(call, tag, package)
    else:
        _announce(call, tag, package)


def _write(call: Call, tag: Row, package: Row, owner: int | None, block: bool, extra_arches: Any) -> None:
    where = {"tag_id": tag["id"], "package_id": package["id"]}
    call.revoke("tag_packages", **where)
    call.create("tag_packages", **where, blocked=block, extra_arches=extra_arches)
    _write_owner(call, tag["id"], package["id"], owner)
    _announce(call, tag, package)


def _write_owner(call: Call, tag: int, package: int, owner: int | None) -> None:
    call.revoke("tag_package_owners", tag_id=tag, package_id=package)
    call.create("tag_package_owners", tag_id=tag, package_id=package, owner=owner)


def _announce(call: Call, tag: Row, package: Row) -> None:
    call.announce(
        "buildsys.package.list.change", {"tag": tag["name"], "package": package["name"], "instance": "primary"}
    )


@exposed("packageListRemove")
def package_list_remove(call: Call, taginfo: Any, pkginfo: Any, force: bool = False) -> None:
    """Take a package off a tag's own list; absent ones are no error."""
    tag, package = required_tag(call, taginfo), required(call, "package", pkginfo)
    _ask_policy(call, tag, "remove", package["id"], force)
    _remove(call, tag, package)


def _remove(call: Call, tag: Row, package: Row) -> None:
    call.revoke("tag_packages", tag_id=tag["id"], package_id=package["id"])
    _announce(call, tag, package)


@exposed("packageListBlock")
def package_list_block(call: Call, taginfo: Any, pkginfo: Any, force: bool = False) -> None:
    """Hide a package in a tag."""
    tag, package = required_tag(call, taginfo), required(call, "package", pkginfo)
    if not package_list(call, tag["id"], package=package["id"], inherit=True, owners=False):
        raise koji.GenericError(f"Package {package['name']} is not in tag listing for {tag['name']}")
    package_list_add(call, taginfo, pkginfo, block=True, force=force)


@exposed("packageListUnblock")
def package_list_unblock(call: Call, taginfo: Any, pkginfo: Any, force: bool = False) -> None:
    """Show a hidden package again."""
    tag, package = required_tag(call, taginfo), required(call, "package", pkginfo)
    _ask_policy(call, tag, "unblock", package["id"], force)
    previous = nearest_listing(call, tag["id"], package["id"])
    if previous is None:
        raise koji.GenericError(f"no data (blocked or otherwise) for package {package['name']} in tag {tag['name']}")
    if not previous["blocked"]:
        raise koji.GenericError(f"package {package['name']} NOT blocked in tag {tag['name']}")
    if previous["tag_id"] == tag["id"]:
        _remove(call, tag, package)
        behind = nearest_listing(call, tag["id"], package["id"])
        if behind is not None and not behind["blocked"]:
            return
    _write(call, tag, package, previous["owner_id"], False, previous["extra_arches"])


@exposed("packageListSetOwner")
def package_list_set_owner(call: Call, taginfo: Any, pkginfo: Any, owner: Any, force: bool = False) -> None:
    """Give a package to somebody."""
    package_list_add(call, taginfo, pkginfo, owner=owner, force=force, update=True)


@exposed("packageListSetArches")
def package_list_set_arches(call: Call, taginfo: Any, pkginfo: Any, arches: Any, force: bool = False) -> None:
    """Build a package for more arches."""
    package_list_add(call, taginfo, pkginfo, extra_arches=arches, force=force, update=True)
