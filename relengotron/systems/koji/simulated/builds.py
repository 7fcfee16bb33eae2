"""Which builds are there?"""

from __future__ import annotations

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import koji

from .call import Call, convert, exposed, stamp
from .events import event_time
from .lookups import lookup
from .queries import apply_options
from .store import Row
from .tags import build_row
from .users import find_user, required_user

BUILDING, COMPLETE, DELETED, FAILED, CANCELED = range(5)
TIMES = ("start", "completion", "promotion")


def shown_build(call: Call, row: Row) -> Row:
    """What ``getBuild`` shows of a build."""
    package = call.store.row("package", row["pkg_id"])
    owner = call.store.row("users", row["owner"])
    created = event_time(call, row["create_event"])
    shown = {
        "id": row["id"],
        "build_id": row["id"],
        "package_id": package["id"],
        "package_name": package["name"],
        "name": package["name"],
        "version": row["version"],
        "release": row["release"],
        "epoch": row["epoch"],
        "nvr": f"{package['name']}-{row['version']}-{row['release']}",
        "draft": row["draft"],
        "state": row["state"],
        "task_id": row["task_id"],
        "owner_id": owner["id"],
        "owner_name": owner["name"],
        "volume_id": 0,
        "volume_name": "DEFAULT",
        "promoter_id": None,
        "promoter_name": None,
        "creation_event_id": row["create_event"],
        "creation_time": stamp(created),
        "creation_ts": created,
        "source": row["source"],
        "extra": row["extra"],
        "cg_id": None,
        "cg_name": None,
    }
    for moment in TIMES:
        shown[f"{moment}_time"] = stamp(row[f"{moment}_ts"])
        shown[f"{moment}_ts"] = row[f"{moment}_ts"]
    return shown


def find_build(call: Call, info: Any, *, strict: bool = False) -> Row | None:
    """A build by id, NVR text or dictionary."""
    row = build_row(call, info)
    if row is None:
        if strict:
            raise koji.GenericError(f"No such build: {info!r}")
        return None
    return shown_build(call, row)


def required_build(call: Call, info: Any) -> Row:
    """The build, or the hub's complaint."""
    found = find_build(call, info, strict=True)
    assert found is not None  # noqa: S101 - strict raises
    return found


@exposed("getBuild")
def get_build(call: Call, buildInfo: Any, strict: bool = False) -> Row | None:
    """One build, or None."""
    return find_build(call, buildInfo, strict=strict)


@exposed("findBuildID")
def find_build_id(call: Call, X: Any, strict: bool = False) -> int | None:
    """The id of a build, or None."""
    if isinstance(X, int):
        return X
    found = find_build(call, X, strict=strict)
    return found["id"] if found else None


@exposed("listBuilds")
def list_builds(
    call: Call,
    packageID: Any = None,
    userID: Any = None,
    taskID: Any = None,
    prefix: str | None = None,
    state: int | None = None,
    volumeID: Any = None,
    source: str | None = None,
    createdBefore: Any = None,
    createdAfter: Any = None,
    completeBefore: Any = None,
    completeAfter: Any = None,
    type: str | None = None,
    typeInfo: Any = None,
    queryOpts: Row | None = None,
    pattern: str | None = None,
    cgID: Any = None,
    draft: bool | None = None,
    promotedBefore: Any = None,
    promotedAfter: Any = None,
    promoter: Any = None,
) -> Any:
    """All builds that match."""
    equals: Row = {}
    if packageID is not None:
        package = lookup(call, "package", packageID)
        if package is None:
            return apply_options([], queryOpts)
        equals["pkg_id"] = package["id"]
    if userID is not None:
        user = find_user(call, userID)
        if user is None:
            return apply_options([], queryOpts)
        equals["owner"] = user["id"]
    if taskID is not None and taskID != -1:
        equals["task_id"] = taskID
    if state is not None:
        equals["state"] = state
    if draft is not None:
        equals["draft"] = draft
    if source is not None:
        equals["source"] = source
    rows = [_listed(call, row) for row in call.store["build"].where(**equals)]
    if prefix:
        rows = [row for row in rows if row["name"].lower().startswith(prefix.lower())]
    if pattern:
        rows = [row for row in rows if fnmatchcase(row["nvr"].lower(), pattern.lower().replace("[", "[[]"))]
    bounds = (("creation_ts", createdAfter, createdBefore), ("completion_ts", completeAfter, completeBefore))
    for column, after, before in bounds:
        rows = [row for row in rows if _between(row[column], after, before)]
    if type is not None:
        rows = [row for row in rows if type in build_types(call, row["id"])]
    return apply_options(rows, queryOpts)


def _listed(call: Call, row: Row) -> Row:
    shown = shown_build(call, row)
    del shown["cg_id"], shown["cg_name"]
    return shown


def _between(moment: float | None, after: Any, before: Any) -> bool:
    if after is None and before is None:
        return True
    if moment is None:
        return False
    return (after is None or moment > seconds(after)) and (before is None or moment < seconds(before))


def seconds(moment: Any) -> float:
    """A time given as seconds or as ISO text."""
    if isinstance(moment, str):
        parsed = datetime.fromisoformat(moment)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    return float(moment)


@exposed("getNextRelease")
def get_next_release(call: Call, build_info: Row, incr: int = 1) -> str:
    """The release after the newest build of that version."""
    package = lookup(call, "package", build_info["name"])
    builds = call.store["build"].where(pkg_id=package["id"], version=build_info["version"]) if package else []
    counted = [row for row in builds if row["state"] in (BUILDING, COMPLETE, DELETED) and not row["draft"]]
    if not counted:
        return str(incr)
    return _incremented(str(max(counted, key=lambda row: int(row["id"]))["release"]), incr)


def _incremented(release: str, incr: int) -> str:
    parts = release.split(".")
    place = {1: 0, 2: 0, 3: 2}.get(len(parts))
    if place is None or not parts[place].isdigit():
        raise koji.BuildError(f"Unable to increment release value: {release}")
    parts[place] = str(int(parts[place]) + incr)
    return ".".join(parts)


def build_types(call: Call, build: int) -> list[str]:
    """What a build is made of: rpm, image..."""
    return [row["btype"] for row in call.store["build_types"].where(build_id=build)]


@exposed("getBuildType")
def get_build_type(call: Call, buildInfo: Any, strict: bool = False) -> Row | None:
    """The kinds of a build with what is known of each."""
    found = find_build(call, buildInfo, strict=strict)
    return dict.fromkeys(build_types(call, found["id"])) if found else None


@exposed("listBTypes")
def list_btypes(call: Call, query: Row | None = None, queryOpts: Row | None = None) -> Any:
    """The kinds of builds."""
    return apply_options(
        [{"id": i, "name": name} for i, name in enumerate(("rpm", "maven", "win", "image"), 1)], queryOpts
    )


@exposed("listArchives")
def list_archives(call: Call, buildID: Any = None, **_filters: Any) -> list[Row]:
    """Archives of a build; this hub keeps none."""
    return []


@exposed("getBuildLogs")
def get_build_logs(call: Call, build: Any) -> list[Row]:
    """Log files of a build; this hub keeps none."""
    required_build(call, build)
    return []


@exposed("listVolumes")
def list_volumes(call: Call) -> list[Row]:
    """Storage volumes."""
    return [{"id": 0, "name": "DEFAULT"}]


# -- changes ---------------------------------------------------------------------------------------------------------


def insert_build(call: Call, data: Row) -> int:
    """A new build, or the id of a failed one that is used again."""
    name = data.get("name")
    if not name:
        raise koji.GenericError("No name or package id provided for build")
    package = lookup(call, "package", name, create=True)
    assert package is not None  # noqa: S101 - create makes it
    for field in ("version", "release", "epoch"):
        if field not in data:
            raise koji.GenericError(f"No {field} value for build")
    owner = required_user(call, data["owner"])["id"] if data.get("owner") else call.user_id
    columns = {
        "pkg_id": package["id"],
        "version": data["version"],
        "release": data["release"],
        "epoch": convert(data["epoch"], int, none_allowed=True),
        "state": data.get("state", COMPLETE),
        "task_id": data.get("task_id"),
        "owner": owner,
        "start_ts": data.get("start_ts", call.now),
        "completion_ts": data.get("completion_ts", call.now),
        "source": data.get("source"),
        "extra": data.get("extra"),
    }
    old = find_build(call, {"name": name, "version": data["version"], "release": data["release"]})
    if old is not None:
        return _use_again(call, old, columns)
    build_id = call.store.sequences.next("build")
    fixed = {"id": build_id, "draft": False, "promotion_ts": None, "create_event": call.new_event(), "build_tags": ()}
    row = call.store["build"].insert({**fixed, **columns})
    announce_state(call, row, None)
    return build_id


def _use_again(call: Call, old: Row, columns: Row) -> int:
    state = koji.BUILD_STATES[old["state"]]
    if old["state"] not in (FAILED, CANCELED):
        raise koji.GenericError(f"Build already exists (id={old['id']}, state={state}): {old['nvr']}")
    row = call.store.row("build", old["id"])
    call.store["build"].update(row, **columns, create_event=call.new_event())
    announce_state(call, row, old["state"])
    return int(old["id"])


def announce_state(call: Call, row: Row, old: int | None) -> None:
    """Tell the bus about a build's new state."""
    shown = shown_build(call, row)
    body = {key: shown[key] for key in ("build_id", "name", "version", "release", "epoch", "task_id")}
    owner = shown["owner_name"]
    call.announce(
        "buildsys.build.state.change",
        {**body, "attribute": "state", "old": old, "new": row["state"], "owner": owner, "instance": "primary"},
    )


def set_state(call: Call, build: int, state: int) -> None:
    """Move a build to another state; final ones are stamped."""
    row = call.store.row("build", build)
    old = row["state"]
    call.store["build"].update(row, state=state, completion_ts=None if state == BUILDING else call.now)
    announce_state(call, row, old)


def add_type(call: Call, build: int, btype: str) -> None:
    """Note what a build is made of."""
    if btype not in build_types(call, build):
        call.store["build_types"].insert({"build_id": build, "btype": btype})


@exposed("createEmptyBuild")
def create_empty_build(
    call: Call, name: Any, version: Any, release: Any, epoch: Any, owner: Any = None, draft: bool = False
) -> int:
    """A build without any file, COMPLETE at once."""
    call.assert_perm("admin")
    data = {"name": name, "version": version, "release": release, "epoch": epoch, "owner": owner}
    return insert_build(call, data)


@exposed("cancelBuild")
def cancel_build(call: Call, buildID: Any, strict: bool = False) -> bool:
    """Stop a running build."""
    build = required_build(call, buildID)
    if build["owner_id"] != call.user_id and not call.has_perm("admin"):
        raise koji.ActionNotAllowed("Cannot cancel build, not owner")
    if build["state"] != BUILDING:
        return False
    set_state(call, build["id"], CANCELED)
    return True


@exposed("setBuildOwner")
def set_build_owner(call: Call, build: Any, user: Any) -> None:
    """Give a build to somebody."""
    call.assert_perm("admin")
    found, owner = required_build(call, build), required_user(call, user)
    call.store["build"].update(call.store.row("build", found["id"]), owner=owner["id"])


@exposed("untaggedBuilds")
def untagged_builds(
    call: Call, name: str | None = None, queryOpts: Row | None = None, draft: bool | None = None
) -> Any:
    """Complete builds that are in no tag."""
    rows = []
    for row in call.store["build"].where(state=COMPLETE):
        shown = shown_build(call, row)
        if name in (None, shown["name"]) and not call.store["tag_listing"].where(build_id=row["id"], active=True):
            rows.append({key: shown[key] for key in ("id", "name", "version", "release", "draft")})
    return apply_options(rows, queryOpts)


@exposed("deleteBuild")
def delete_build(call: Call, build: Any, strict: bool = True, min_ref_age: int = 604800) -> bool:
    """Mark a build that is in no tag as deleted."""
    call.assert_perm("admin")
    found = required_build(call, build)
    if call.store["tag_listing"].where(build_id=found["id"], active=True):
        if strict:
            raise koji.GenericError("Cannot delete build, used in tags")
        return False
    set_state(call, found["id"], DELETED)
    return True


@exposed("listBuildroots", "listCGs", "getBuildNotifications", "getBuildNotificationBlocks")
def nothing_kept(call: Call, *_args: Any, **_filters: Any) -> list[Row]:
    """Build roots, content generators and mail wishes are not kept here."""
    return []
