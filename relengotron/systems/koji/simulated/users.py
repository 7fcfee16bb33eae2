"""Who may log in, and which permissions do they hold?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, exposed
from .lookups import USER_PATTERN, lookup, name_or_id
from .queries import apply_options
from .store import Row

NORMAL, BLOCKED = 0, 1
PERSON, HOST, GROUP = 0, 1, 2

BUILT_IN_PERMISSIONS: tuple[tuple[str, str], ...] = (
    ("admin", "Full administrator access. Perform all actions."),
    ("appliance", "Create appliance builds - deprecated."),
    ("dist-repo", "Create a dist-repo."),
    ("host", "Add, remove, enable, disable hosts and channels."),
    ("image", "Start image tasks."),
    ("image-import", "Import image archives."),
    ("livecd", "Start livecd tasks."),
    ("maven-import", "Import maven archives."),
    ("repo", "Manage repos: newRepo, repoExpire, repoDelete, repoProblem."),
    ("sign", "Import RPM signatures and write signed RPMs."),
    ("tag", "Manage packages in tags: add, block, remove, and clone tags."),
    ("target", "Add, edit, and remove targets."),
    ("win-admin", 'The default hub policy rule for "vm" requires this permission to trigger Windows builds.'),
    ("win-import", "Import win archives."),
    (
        "draft-promoter",
        'The permission required in the default "draft_promotion" hub policy rule to promote draft build.',
    ),
)


def add_permission(call: Call, name: str, description: str | None) -> Row:
    """A new permission nobody holds yet."""
    row = {"id": call.store.sequences.next("permissions"), "name": name, "description": description}
    return call.store["permissions"].insert(row)


def add_user(call: Call, name: str, usertype: int = PERSON, status: int = NORMAL, password: str | None = None) -> int:
    """A new user row, unchecked; its id."""
    user_id = call.store.sequences.next("users")
    call.store["users"].insert(
        {"id": user_id, "name": name, "usertype": usertype, "status": status, "password": password}
    )
    return user_id


def find_user(call: Call, info: Any, *, strict: bool = False) -> Row | None:
    """What ``getUser`` shows of a user."""
    if not isinstance(info, (str, int, dict)) or (isinstance(info, dict) and not {"id", "name"} & set(info)):
        raise koji.GenericError(f"Invalid type for userInfo: {type(info)}")
    row = call.store["users"].one(**name_or_id(info))
    if row is None:
        if strict:
            raise koji.GenericError(f"No such user: {info!r}")
        return None
    shown = {column: row[column] for column in ("id", "name", "status", "usertype")}
    return {**shown, "krb_principals": []}


def required_user(call: Call, info: Any) -> Row:
    """The user, or the hub's complaint."""
    user = find_user(call, info, strict=True)
    assert user is not None  # noqa: S101 - strict raises
    return user


@exposed("getUser")
def get_user(
    call: Call, userInfo: Any = None, strict: bool = False, krb_princs: bool = True, groups: bool = False
) -> Any:
    """A user by name or id; the caller when nothing is named."""
    if userInfo is None:
        userInfo = call.user_id
        if userInfo is None:
            raise koji.GenericError("No user provided")
    user = find_user(call, userInfo, strict=strict)
    if user is None:
        return None
    if not krb_princs:
        del user["krb_principals"]
    if groups:
        user["groups"] = _group_names(call, user["id"])
    return user


def _group_names(call: Call, user_id: int) -> list[str]:
    rows = call.store["user_groups"].where(user_id=user_id, active=True)
    return [call.store.row("users", row["group_id"])["name"] for row in rows]


@exposed("getLoggedInUser")
def get_logged_in_user(call: Call) -> Any:
    """The caller, or None."""
    if call.user_id is None:
        return None
    user = required_user(call, call.user_id)
    return {**user, "authtype": call.session.authtype, "krb_principal": None}


@exposed("listUsers")
def list_users(
    call: Call, userType: Any = 0, prefix: str | None = None, queryOpts: Row | None = None, perm: Any = None
) -> Any:
    """All users of a kind."""
    kinds = userType if isinstance(userType, list) else [userType]
    rows = [row for row in call.store["users"] if userType is None or row["usertype"] in kinds]
    if prefix:
        rows = [row for row in rows if row["name"].startswith(prefix)]
    if perm is not None:
        rows = [row for row in rows if perm in call.perms_of(row["id"])]
    shown = [{**{c: row[c] for c in ("id", "name", "status", "usertype")}, "krb_principals": []} for row in rows]
    return apply_options(shown, queryOpts)


@exposed("createUser")
def create_user(call: Call, username: str, status: int | None = None, krb_principal: str | None = None) -> int:
    """Make a user without a password."""
    call.assert_perm("admin")
    if not isinstance(username, str) or not USER_PATTERN.match(username):
        raise koji.GenericError(f"Name {username} does not match RegexUserName value")
    if call.store["users"].one(name=username):
        raise koji.GenericError(f"user already exists: {username}")
    return add_user(call, username, status=NORMAL if status is None else status)


@exposed("enableUser")
def enable_user(call: Call, username: Any) -> None:
    """Let a user log in again."""
    _set_status(call, username, NORMAL)


@exposed("disableUser")
def disable_user(call: Call, username: Any) -> None:
    """Stop a user from logging in."""
    _set_status(call, username, BLOCKED)


def _set_status(call: Call, username: Any, status: int) -> None:
    call.assert_perm("admin")
    user = required_user(call, username)
    if user["status"] != status:
        call.store["users"].update(call.store.row("users", user["id"]), status=status)


@exposed("editUser")
def edit_user(call: Call, userInfo: Any, name: str | None = None, krb_principal_mappings: Any = None) -> None:
    """Rename a user."""
    call.assert_perm("admin")
    user = required_user(call, userInfo)
    if name and name != user["name"]:
        if call.store["users"].one(name=name):
            raise koji.GenericError(f"Name {name} already taken by user {user['id']}")
        call.store["users"].update(call.store.row("users", user["id"]), name=name)


@exposed("getAllPerms")
def get_all_perms(call: Call) -> list[Row]:
    """Every permission there is."""
    rows = sorted(call.store["permissions"], key=lambda row: int(row["id"]))
    return [{column: row[column] for column in ("id", "name", "description")} for row in rows]


@exposed("getPerms")
def get_perms(call: Call) -> list[str]:
    """The caller's permissions."""
    return call.perms_of(call.user_id)


@exposed("getUserPerms")
def get_user_perms(call: Call, userID: Any = None, with_groups: bool = True, inheritance_data: bool = False) -> Any:
    """The permissions of a user."""
    user = required_user(call, call.user_id if userID is None else userID)
    names = call.perms_of(user["id"])
    return {name: [None] for name in names} if inheritance_data else names


@exposed("getUserPermsInheritance")
def get_user_perms_inheritance(call: Call, userID: Any) -> Any:
    """The permissions of a user and where each comes from."""
    return get_user_perms(call, userID, inheritance_data=True)


@exposed("hasPerm")
def has_perm(call: Call, perm: str, strict: bool = False) -> bool:
    """Does the caller hold it?"""
    if strict and lookup(call, "permissions", perm) is None:
        raise koji.GenericError(f"No such permission {perm} defined")
    return call.has_perm(perm)


@exposed("grantPermission")
def grant_permission(
    call: Call, userinfo: Any, permission: Any, create: bool = False, description: str | None = None
) -> None:
    """Give a user a permission."""
    call.assert_perm("admin")
    user = required_user(call, userinfo)
    perm = lookup(call, "permissions", permission)
    if perm is None:
        if not create:
            raise koji.GenericError(f"No such entry in table permissions: {permission}")
        perm = add_permission(call, permission, description)
    elif description and not create:
        raise koji.GenericError("Permission description can be set only when creating new permission.")
    if perm["name"] in call.perms_of(user["id"]):
        raise koji.GenericError(f"user {user['name']} already has permission: {perm['name']}")
    call.create("user_perms", user_id=user["id"], perm_id=perm["id"])


@exposed("revokePermission")
def revoke_permission(call: Call, userinfo: Any, permission: Any) -> None:
    """Take a permission from a user."""
    call.assert_perm("admin")
    user = required_user(call, userinfo)
    perm = lookup(call, "permissions", permission, strict=True)
    assert perm is not None  # noqa: S101 - strict raises
    if perm["name"] not in call.perms_of(user["id"]):
        raise koji.GenericError(f"user {user['name']} does not have permission: {perm['name']}")
    call.revoke("user_perms", user_id=user["id"], perm_id=perm["id"])


@exposed("editPermission")
def edit_permission(call: Call, permission: Any, description: str) -> None:
    """Describe a permission anew."""
    call.assert_perm("admin")
    perm = lookup(call, "permissions", permission, strict=True)
    assert perm is not None  # noqa: S101 - strict raises
    call.store["permissions"].update(perm, description=description)


@exposed("newGroup")
def new_group(call: Call, name: str) -> int:
    """Make a group of users."""
    call.assert_perm("admin")
    if call.store["users"].one(name=name):
        raise koji.GenericError(f"user/group already exists: {name}")
    return add_user(call, name, usertype=GROUP)


@exposed("addGroupMember")
def add_group_member(call: Call, group: Any, user: Any, strict: bool = True) -> None:
    """Put a user into a group."""
    call.assert_perm("admin")
    group_row, member = required_user(call, group), required_user(call, user)
    if call.store["user_groups"].where(user_id=member["id"], group_id=group_row["id"], active=True):
        if strict:
            raise koji.GenericError(f"User already in group: {member['name']}")
        return
    call.create("user_groups", user_id=member["id"], group_id=group_row["id"])


@exposed("getGroupMembers")
def get_group_members(call: Call, group: Any) -> list[Row]:
    """The users of a group."""
    group_row = required_user(call, group)
    rows = call.store["user_groups"].where(group_id=group_row["id"], active=True)
    return [
        {column: call.store.row("users", row["user_id"])[column] for column in ("id", "name", "usertype")}
        for row in rows
    ]


@exposed("dropGroupMember")
def drop_group_member(call: Call, group: Any, user: Any) -> None:
    """Take a user out of a group."""
    call.assert_perm("admin")
    group_row, member = required_user(call, group), required_user(call, user)
    if not call.revoke("user_groups", user_id=member["id"], group_id=group_row["id"]):
        raise koji.GenericError(f"No such user in group: {group_row['name']}")


@exposed("getUserGroups")
def get_user_groups(call: Call, user: Any) -> list[Row]:
    """The groups of a user."""
    rows = call.store["user_groups"].where(user_id=required_user(call, user)["id"], active=True)
    return [{"name": call.store.row("users", row["group_id"])["name"], "group_id": row["group_id"]} for row in rows]
