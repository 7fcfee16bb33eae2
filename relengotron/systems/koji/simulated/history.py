"""What was changed when, and by whom?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import koji

from .builds import required_build, seconds
from .call import Call, exposed
from .events import event_time
from .lookups import lookup, required
from .queries import apply_options
from .store import Row
from .tags import tag_id
from .users import required_user

# table -> its own columns
COLUMNS: dict[str, tuple[str, ...]] = {
    "user_perms": ("user_id", "perm_id"),
    "user_groups": ("user_id", "group_id"),
    "cg_users": ("user_id", "cg_id"),
    "tag_inheritance": ("tag_id", "parent_id", "priority", "maxdepth", "intransitive", "noconfig", "pkg_filter"),
    "tag_config": ("tag_id", "arches", "perm_id", "locked", "maven_support", "maven_include_all"),
    "tag_extra": ("tag_id", "key", "value"),
    "build_target_config": ("build_target_id", "build_tag", "dest_tag"),
    "external_repo_config": ("external_repo_id", "url"),
    "external_repo_data": ("external_repo_id", "data"),
    "host_config": ("host_id", "arches", "capacity", "description", "comment", "enabled"),
    "host_channels": ("host_id", "channel_id"),
    "tag_external_repos": ("tag_id", "external_repo_id", "priority", "merge_mode", "arches"),
    "tag_listing": ("build_id", "tag_id"),
    "tag_packages": ("package_id", "tag_id", "blocked", "extra_arches"),
    "tag_package_owners": ("package_id", "tag_id", "owner"),
    "group_config": (
        "group_id", "tag_id", "blocked", "exported", "display_name", "is_default", "uservisible", "description",
        "langonly", "biarchonly",
    ),
    "group_req_listing": ("group_id", "tag_id", "req_id", "blocked", "type", "is_metapkg"),
    "group_package_listing": ("group_id", "tag_id", "package", "blocked", "type", "basearchonly", "requires"),
}  # fmt: skip

# column -> (table with the name, key of the name in the answer)
NAMES: dict[str, tuple[str, str]] = {
    "user_id": ("users", "user.name"),
    "perm_id": ("permissions", "permission.name"),
    "tag_id": ("tag", "tag.name"),
    "host_id": ("host", "host.name"),
    "channel_id": ("channels", "channels.name"),
    "parent_id": ("tag", "parent.name"),
    "build_target_id": ("build_target", "build_target.name"),
    "build_tag": ("tag", "build_tag.name"),
    "dest_tag": ("tag", "dest_tag.name"),
    "external_repo_id": ("external_repo", "external_repo.name"),
    "package_id": ("package", "package.name"),
    "owner": ("users", "owner.name"),
    "req_id": ("groups", "req.name"),
}

# table -> filters that together name one row
UNIQUE_BY: dict[str, set[str]] = {
    "tag_packages": {"tag", "package"},
    "tag_package_owners": {"tag", "package"},
    "tag_listing": {"tag", "build"},
}

# filter -> (columns one of which a table must have, how the wanted id is found)
_FILTERS: dict[str, tuple[tuple[str, ...], Callable[[Call, Any], Any]]] = {
    "tag": (("tag_id", "dest_tag", "build_tag"), lambda call, info: tag_id(call, info)),
    "build": (("build_id",), lambda call, info: required_build(call, info)["id"]),
    "host": (("host_id",), lambda call, info: (lookup(call, "host", info) or {}).get("id")),
    "channel": (("channel_id",), lambda call, info: (lookup(call, "channels", info) or {}).get("id")),
    "user": (("user_id", "owner"), lambda call, info: required_user(call, info)["id"]),
    "permission": (("perm_id",), lambda call, info: required(call, "permissions", info)["id"]),
    "external_repo": (("external_repo_id",), lambda call, info: required(call, "external_repo", info)["id"]),
    "build_target": (("build_target_id",), lambda call, info: required(call, "build_target", info)["id"]),
    "group": (("group_id", "req_id"), lambda call, info: required(call, "groups", info)["id"]),
}


@exposed("queryHistory")
def query_history(call: Call, tables: list[str] | None = None, **filters: Any) -> Row:
    """The versions of rows that match, table by table; tables that cannot be filtered so are left out."""
    for table in tables or ():
        if table not in COLUMNS:
            raise koji.GenericError(f"No such history table: {table}")
    options = filters.pop("queryOpts", None)
    answer: Row = {}
    for table in sorted(COLUMNS) if tables is None else tables:
        tests = _tests(call, table, filters)
        if tests is not None:
            rows = [row for row in call.store[table] if all(test(row) for test in tests)]
            _order(table, rows, filters)
            answer[table] = apply_options([_shown(call, table, row, filters) for row in rows], options)
    return answer


def _order(table: str, rows: list[Row], filters: Row) -> None:
    """As the database keeps them: revoking moves a version to the end; a whole key finds the active one first."""
    rows.sort(key=lambda row: (max(_events(row)), row["active"] is True, row["__key"]))
    if UNIQUE_BY.get(table, {"never"}) <= filters.keys():
        rows.sort(key=lambda row: row["active"] is not True)


def _tests(call: Call, table: str, filters: Row) -> list[Callable[[Row], bool]] | None:
    """The conditions on rows of a table; None when one cannot be put to it."""
    tests: list[Callable[[Row], bool]] = []
    for name, value in filters.items():
        test = _test(call, table, name, value)
        if test is None:
            return None
        tests.append(test)
    return tests


def _test(call: Call, table: str, name: str, value: Any) -> Callable[[Row], bool] | None:
    if name in _FILTERS:
        columns, find = _FILTERS[name]
        column = next((column for column in columns if column in COLUMNS[table]), None)
        return None if column is None else _equal(table, column, find(call, value))
    if name == "package":
        return _package_test(call, table, value)
    if name == "xkey":
        return (lambda row: row["key"] == str(value)) if "key" in COLUMNS[table] else None
    if name == "active":
        return lambda row: value is None or bool(row["active"]) == bool(value)
    if name == "editor":
        editor = required_user(call, value)["id"]
        return lambda row: editor in (row["creator_id"], row["revoker_id"])
    return _moment_test(call, name, value)


def _equal(table: str, column: str, wanted: Any) -> Callable[[Row], bool]:
    if table == "tag_inheritance" and column == "tag_id":
        return lambda row: wanted in (row["tag_id"], row["parent_id"])
    return lambda row: row[column] == wanted


def _package_test(call: Call, table: str, value: Any) -> Callable[[Row], bool] | None:
    columns = COLUMNS[table]
    if "package" in columns:
        return lambda row: row["package"] == str(value)
    if "package_id" not in columns and "build_id" not in columns:
        return None
    wanted = required(call, "package", value)["id"]
    if "package_id" in columns:
        return lambda row: row["package_id"] == wanted
    return lambda row: call.store.row("build", row["build_id"])["pkg_id"] == wanted


def _moment_test(call: Call, name: str, value: Any) -> Callable[[Row], bool]:
    """Conditions on when a version began or ended."""
    if name in ("afterEvent", "beforeEvent"):
        after = name == "afterEvent"
        return lambda row: any(_lies(event, value, after) for event in _events(row))
    if name in ("after", "before"):
        after, limit = name == "after", seconds(value)
        return lambda row: any(_lies(event_time(call, event) or 0.0, limit, after) for event in _events(row))
    return lambda row: True  # the hub ignores conditions it does not know


def _lies(moment: float, limit: float, after: bool) -> bool:
    return moment > limit if after else moment < limit


def _events(row: Row) -> list[int]:
    return [event for event in (row["create_event"], row["revoke_event"]) if event is not None]


def _shown(call: Call, table: str, row: Row, filters: Row) -> Row:
    shown: Row = {column: row.get(column) for column in COLUMNS[table]}
    for column in ("active", "create_event", "revoke_event", "creator_id", "revoker_id"):
        shown[column] = row[column]
    for who in ("creator", "revoker"):
        shown[f"{who}_name"] = _name(call, "users", row[f"{who}_id"])
    for what in ("create", "revoke"):
        shown[f"{what}_ts"] = event_time(call, row[f"{what}_event"])
    for column in COLUMNS[table]:
        if column in NAMES:
            source, key = NAMES[column]
            shown[key] = _name(call, source, row[column])
    if "group_id" in COLUMNS[table]:
        source = "users" if table == "user_groups" else "groups"
        shown["group.name"] = _name(call, source, row["group_id"])
    if "build_id" in COLUMNS[table]:
        shown.update(_build_columns(call, row["build_id"]))
    shown.update(_marks(call, row, filters))
    return shown


def _name(call: Call, table: str, row_id: int | None) -> str | None:
    row = call.store[table].one(id=row_id) if row_id is not None else None
    return row["name"] if row else None


def _build_columns(call: Call, build: int) -> Row:
    row = call.store.row("build", build)
    return {
        "name": _name(call, "package", row["pkg_id"]),
        "version": row["version"],
        "release": row["release"],
        "epoch": row["epoch"],
        "build.state": row["state"],
    }


def _marks(call: Call, row: Row, filters: Row) -> Row:
    """Which end of a version matched: extra columns the hub adds for some filters."""
    marks: Row = {}
    for name, suffix in (("afterEvent", "after_event"), ("beforeEvent", "before_event")):
        if name in filters:
            for end, column in (("created", "create_event"), ("revoked", "revoke_event")):
                value = row[column]
                marks[f"_{end}_{suffix}"] = None if value is None else _lies(value, filters[name], name == "afterEvent")
    for name in ("after", "before"):
        if name in filters:
            for end, column in (("created", "create_event"), ("revoked", "revoke_event")):
                moment = event_time(call, row[column])
                limit = seconds(filters[name])
                marks[f"_{end}_{name}"] = None if moment is None else _lies(moment, limit, name == "after")
    if "editor" in filters:
        editor = required_user(call, filters["editor"])["id"]
        marks["_created_by"] = row["creator_id"] == editor
        marks["_revoked_by"] = None if row["revoker_id"] is None else row["revoker_id"] == editor
    return marks
