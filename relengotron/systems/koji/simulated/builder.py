"""What may a builder do that others may not?"""

from __future__ import annotations

import shutil
from typing import Any

import koji

from .builds import (
    required_build,
)
from .call import Call, convert, exposed
from .distrepos import move_arch
from .hosts import channels_of, find_host
from .repos import EXPIRED, INIT, READY, announce, init_repo, repo_info, set_repo_state
from .signatures import write_signed_copy
from .store import Row
from .tagging import put_checked, require_listing, take_checked
from .tags import required_tag
from .tasklists import result_of
from .tasks import (
    ASSIGNED,
    CANCELED,
    CLOSED,
    FAILED,
    FINISHED,
    FREE,
    OPEN,
    existing_task,
    free,
    make_task,
    set_task_state,
    shown_task,
    task_row,
)  # fmt: skip

RUN_INTERVAL, MAX_JOBS, OVERCOMMIT = 60.0, 15, 5.0  # seconds, tasks, weight: the defaults of the hub


def host_of(call: Call) -> Row:
    """The builder that asks; it must hold its user's exclusive session."""
    host = call.store["host"].one(user_id=call.user_id) if call.user_id is not None else None
    if host is None:
        raise koji.AuthError("Not logged-in" if call.user_id is None else f"User {call.user_id} is not a host")
    if not call.session.exclusive:
        raise koji.AuthError("This method requires an exclusive session")
    return host


def owned_task(call: Call, task_id: Any) -> Row:
    """An open task of the builder that asks."""
    host, row = host_of(call), existing_task(call, task_id)
    if row["state"] != OPEN or row["host_id"] != host["id"]:
        raise koji.ActionNotAllowed(f"host {host['id']} does not own task {task_id}")
    return row


# -- the builder itself ----------------------------------------------------------------------------------------------


@exposed("host.getID")
def get_id(call: Call) -> int:
    """The builder's id."""
    return int(host_of(call)["id"])


@exposed("host.getHost")
def get_host(call: Call) -> Row | None:
    """The builder's own settings."""
    return find_host(call, host_of(call)["id"])


@exposed("host.updateHost")
def update_host(call: Call, task_load: Any, ready: bool, data: Row | None = None) -> None:
    """Report load and readiness."""
    host = host_of(call)
    call.store["host"].update(host, task_load=float(task_load), ready=ready, update_ts=call.now)
    if data is not None:
        _keep_data(call, host, data)


@exposed("host.setHostData")
def set_host_data(call: Call, hostdata: Any) -> None:
    """Keep the builder's data for the scheduler."""
    _keep_data(call, host_of(call), hostdata)


def _keep_data(call: Call, host: Row, data: Any) -> None:
    known = call.store["host_data"].one(host_id=host["id"])
    if known is None:
        call.store["host_data"].insert({"host_id": host["id"], "data": data})
    else:
        call.store["host_data"].update(known, data=data)


@exposed("host.isEnabled")
def is_enabled(call: Call) -> bool:
    """May the builder take tasks?"""
    host = find_host(call, host_of(call)["id"])
    return bool(host and host["enabled"])


@exposed("host.getLoadData")
def get_load_data(call: Call) -> list[Any]:
    """The builder and the tasks assigned to it."""
    host = find_host(call, host_of(call)["id"]) or {}
    return [[{**host, "channels": channels_of(call, host["id"])}], get_tasks(call)]


@exposed("host.getTasks")
def get_tasks(call: Call) -> list[Row]:
    """The tasks assigned to the builder; when there are none, waiting ones are assigned to it."""
    host = host_of(call)
    if not call.store["task"].where(host_id=host["id"], state=ASSIGNED):
        _schedule(call, host["id"])
    columns = ("id", "state", "channel_id", "host_id", "arch", "method", "priority", "create_ts")
    rows = call.store["task"].where(host_id=host["id"], state=ASSIGNED)
    rows.sort(key=lambda row: (row["priority"], row["create_ts"]))
    return [{column: row[column] for column in columns} for row in rows]


def _schedule(call: Call, host_id: int) -> None:
    """Assign waiting tasks; as in the real hub this happens once a minute at most."""
    if not _is_due(call):
        return
    host = find_host(call, host_id)
    if host is None or not host["enabled"] or not host["ready"]:
        return
    arches, channels = {"noarch", *(host["arches"] or "").split()}, channels_of(call, host_id)
    refused = {row["task_id"] for row in call.store["task_refusals"].where(host_id=host_id)}
    mine = [row for state in (OPEN, ASSIGNED) for row in call.store["task"].where(host_id=host_id, state=state)]
    room, places = host["capacity"] - sum(row["weight"] for row in mine if not row["waiting"]), MAX_JOBS - len(mine)
    for row in sorted(call.store["task"].where(state=FREE), key=lambda row: (row["priority"], row["id"])):
        fits = row["arch"] in arches and row["channel_id"] in channels and row["id"] not in refused
        if fits and places > 0 and room > max(0.0, row["weight"] - OVERCOMMIT):
            set_task_state(call, row, ASSIGNED, host_id=host_id)
            room, places = room - row["weight"], places - 1


def _is_due(call: Call) -> bool:
    last = call.store["scheduler"].one()
    if last is None:
        call.store["scheduler"].insert({"last_run_ts": call.now})
        return True
    if call.now - last["last_run_ts"] < RUN_INTERVAL:
        return False
    call.store["scheduler"].update(last, last_run_ts=call.now)
    return True


@exposed("host.getHostTasks")
def get_host_tasks(call: Call) -> list[Row]:
    """The builder's open tasks; ``alert`` marks parents whose children came to an end."""
    rows = call.store["task"].where(host_id=host_of(call)["id"], state=OPEN)
    shown = []
    for row in rows:
        entry = {column: row[column] for column in ("id", "waiting", "weight")}
        if row["waiting"] and _awaited(call, row["id"])[0]:
            entry["alert"] = True
        shown.append(entry)
    return shown


# -- tasks -----------------------------------------------------------------------------------------------------------


@exposed("host.openTask")
def open_task(call: Call, task_id: Any) -> Row | None:
    """Take a task; None when somebody else has it or it is over."""
    host, row = host_of(call), task_row(call, task_id)
    if row is None:
        raise koji.GenericError(f"No such task: {task_id}")
    mine = row["state"] == ASSIGNED and row["host_id"] == host["id"]
    if not mine and not (row["state"] == FREE and row["host_id"] is None):
        return None
    set_task_state(call, row, OPEN, host_id=host["id"], start_ts=call.now)
    return {**shown_task(row), "request": row["request"]}


@exposed("host.closeTask")
def close_task(call: Call, task_id: Any, response: str) -> None:
    """A task came to a good end."""
    set_task_state(call, owned_task(call, task_id), CLOSED, result=response, completion_ts=call.now)


@exposed("host.failTask")
def fail_task(call: Call, task_id: Any, response: str) -> None:
    """A task failed."""
    set_task_state(call, owned_task(call, task_id), FAILED, result=response, completion_ts=call.now)


@exposed("host.freeTasks")
def free_tasks(call: Call, tasks: list[int]) -> None:
    """Give open tasks back."""
    host = host_of(call)
    for task_id in tasks:
        row = existing_task(call, task_id)
        if row["state"] == OPEN and row["host_id"] == host["id"]:
            free(call, row)


@exposed("host.refuseTask")
def refuse_task(call: Call, task_id: Any, soft: bool = True, msg: str = "") -> None:
    """Give an assigned task back and do not get it again."""
    host, row = host_of(call), existing_task(call, task_id)
    if row["host_id"] != host["id"]:
        return
    call.store["task_refusals"].insert({"task_id": row["id"], "host_id": host["id"], "soft": soft, "msg": msg})
    free(call, row)


@exposed("host.setTaskWeight")
def set_task_weight(call: Call, task_id: Any, weight: Any) -> None:
    """Say how heavy a task is."""
    call.store["task"].update(owned_task(call, task_id), weight=convert(weight, float))


@exposed("host.subtask")
def subtask(call: Call, method: str, arglist: Any, parent: Any, **opts: Any) -> int:
    """A task under another; one with the same label is used again."""
    owned_task(call, parent)
    if "owner" in opts:
        raise koji.ActionNotAllowed("The owner option is not allowed here")
    if "label" in opts:
        known = call.store["task"].where(parent=parent, label=opts["label"])
        if known:
            return int(known[0]["id"])
    if "kwargs" in opts:
        arglist = koji.encode_args(*arglist, **opts.pop("kwargs"))
    return make_task(call, method, arglist, parent=parent, **opts)


@exposed("host.subtask2")
def subtask2(call: Call, __parent: Any, __taskopts: Row, __method: str, *args: Any, **opts: Any) -> int:
    """A task under another, with its arguments written out."""
    return subtask(call, __method, koji.encode_args(*args, **opts), __parent, **__taskopts)


# -- waiting ---------------------------------------------------------------------------------------------------------


def _awaited(call: Call, parent: Any) -> tuple[list[int], list[int]]:
    rows = call.store["task"].where(parent=parent, awaited=True)
    finished = [row["id"] for row in rows if row["state"] in FINISHED]
    return finished, [row["id"] for row in rows if row["state"] not in FINISHED]


@exposed("host.taskSetWait")
def task_set_wait(call: Call, parent: Any, tasks: list[int] | None) -> None:
    """A task now waits for children: all, or these."""
    host_of(call)
    call.store["task"].update(existing_task(call, parent), waiting=True)
    for row in call.store["task"].where(parent=parent):
        if tasks is None or row["id"] in tasks:
            call.store["task"].update(row, awaited=True)
        elif tasks and row["awaited"]:
            call.store["task"].update(row, awaited=False)


@exposed("host.taskWait")
def task_wait(call: Call, parent: Any) -> list[list[int]]:
    """[finished, unfinished] children that are waited for; the finished ones are no longer."""
    host_of(call)
    finished, unfinished = _awaited(call, parent)
    for task_id in sorted(finished):
        call.store["task"].update(existing_task(call, task_id), awaited=False)
    return [finished, unfinished]


@exposed("host.taskUnwait")
def task_unwait(call: Call, parent: Any) -> None:
    """A task no longer waits."""
    host_of(call)
    _unwait(call, parent)


def _unwait(call: Call, parent: Any) -> None:
    row = task_row(call, parent)
    if row is not None:
        call.store["task"].update(row, waiting=False)
    for child in call.store["task"].where(parent=parent):
        call.store["task"].update(child, awaited=False)


@exposed("host.taskWaitResults")
def task_wait_results(
    call: Call, parent: Any, tasks: list[int] | None, canfail: list[int] | None = None
) -> list[list[Any]]:
    """[id, result] of children; the first failure of one that may not fail is raised."""
    host_of(call)
    _unwait(call, parent)
    if tasks is None:
        tasks = [row["id"] for row in call.store["task"].where(parent=parent) if row["state"] in FINISHED]
    return [[task_id, _outcome(call, task_id, task_id in (canfail or []))] for task_id in tasks]


def _outcome(call: Call, task_id: int, may_fail: bool) -> Any:
    try:
        return result_of(call, task_id, raise_fault=not may_fail)
    except koji.GenericError as error:
        if may_fail and existing_task(call, task_id)["state"] == CANCELED:
            return {"faultCode": error.faultCode, "faultString": str(error)}
        raise


# -- the work --------------------------------------------------------------------------------------------------------


@exposed("host.tagBuild")
def tag_build(call: Call, task_id: Any, tag: Any, build: Any, force: bool = False, fromtag: Any = None) -> None:
    """Tag or move a build in the name of the task's owner, all checks made again."""
    owner = owned_task(call, task_id)["owner"]
    found, tag_row = required_build(call, build), required_tag(call, tag)
    if fromtag and not isinstance(fromtag, str):
        fromtag = required_tag(call, fromtag)["name"]
    operation = "tag" if fromtag is None else "move"
    data = {"tag": tag, "build": found, "fromtag": fromtag, "user_id": owner, "operation": operation}
    call.policy.enforce(call, "tag", data, force=force)
    require_listing(call, tag_row["id"], found["package_id"], found["name"], tag, force=force)
    if fromtag:
        take_checked(call, fromtag, found, owner, force=force)
    put_checked(call, tag, found, owner, force=force)


@exposed("host.repoInit")
def repo_init(call: Call, tag: Any, task_id: Any = None, event: Any = None, opts: Row | None = None) -> list[int]:
    """Begin a build root repository: [repo id, event id]."""
    host_of(call)
    return init_repo(call, tag, task_id=task_id, event=event, opts=opts)


@exposed("host.repoDone")
def repo_done(call: Call, repo_id: Any, data: Any, expire: bool = False, repo_json_updates: Row | None = None) -> None:
    """A repository is complete: uploaded files go to their places, the state to READY."""
    host_of(call)
    repo = repo_info(call, repo_id, strict=True)
    assert repo is not None  # noqa: S101 - strict raises
    convert(data, dict, check_only=True)
    if repo["state"] != INIT:
        raise koji.GenericError(f"Repo {repo['id']} not in INIT state (got {repo['state']})")
    if not repo["dist"]:
        for arch, (uploadpath, files) in data.items():
            _move_uploads(call, repo, arch, uploadpath, files)
    set_repo_state(call, repo_id, EXPIRED if expire else READY)
    announce(call, "buildsys.repo.done", call.store.row("repo", repo["id"]))


def _move_uploads(call: Call, repo: Row, arch: str, uploadpath: str, files: list[str]) -> None:
    folder = call.topdir / "repos" / repo["tag_name"] / str(repo["id"]) / str(koji.canonArch(arch))
    if not folder.is_dir():
        raise koji.GenericError(f"Repo arch directory missing: {folder}")
    (folder / "repodata").mkdir(exist_ok=True)
    for name in files:
        source = call.topdir / "work" / uploadpath / name
        if not source.exists():
            raise koji.GenericError(f"uploaded file missing: {source}")
        shutil.move(source, folder / name if name.endswith("pkglist") else folder / "repodata" / name)


@exposed("host.distRepoMove")
def dist_repo_move(call: Call, repo_id: Any, uploadpath: str, arch: str) -> None:
    """Put one arch of a repository for users into its place."""
    host_of(call)
    move_arch(call, repo_id, uploadpath, arch)


@exposed("host.writeSignedRPM")
def write_signed_rpm(call: Call, an_rpm: Any, sigkey: str, force: bool = False) -> None:
    """Write the copy that carries a key's signature."""
    host_of(call)
    write_signed_copy(call, an_rpm, sigkey, force=force)


@exposed("host.evalPolicy")
def eval_policy(call: Call, name: str, data: Row) -> str | None:
    """What a policy would say."""
    host_of(call)
    return call.policy.evaluate(call, name, data)


@exposed("host.checkPolicy")
def check_policy(call: Call, name: str, data: Row, default: str = "deny", strict: bool = False) -> list[Any]:
    """[allowed, reason] of a policy."""
    host_of(call)
    if strict:
        call.policy.enforce(call, name, data)
    return list(call.policy.check(call, name, data))


@exposed("host.assertPolicy")
def assert_policy(call: Call, name: str, data: Row, default: str = "deny") -> None:
    """Raise when a policy says no."""
    host_of(call)
    call.policy.enforce(call, name, data)


@exposed("host.tagNotification")
def tag_notification(call: Call, *_details: Any, **_more: Any) -> None:
    """Mail about taggings; this hub has no mail."""
    host_of(call)
