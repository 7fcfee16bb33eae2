"""What work is asked of the builders, and how far is it?"""

from __future__ import annotations

from typing import Any

import koji
import koji.tasks
from koji import xmlrpcplus

from .builds import BUILDING, set_state
from .builds import CANCELED as BUILD_CANCELED
from .call import Call, convert, exposed, stamp
from .lookups import lookup
from .store import Row
from .targets import find_targets
from .users import required_user

FREE, OPEN, CLOSED, CANCELED, ASSIGNED, FAILED = range(6)
FINISHED = (CLOSED, CANCELED, FAILED)
DEFAULT_PRIORITY = 20


def shown_task(row: Row, *, request: bool = False) -> Row:
    """What ``getTaskInfo`` shows of a task."""
    plain = (
        "id", "state", "channel_id", "host_id", "parent", "label", "waiting", "awaited", "owner", "method", "arch",
        "priority", "weight",
    )  # fmt: skip
    shown = {column: row[column] for column in plain}
    for moment in ("create", "start", "completion"):
        shown[f"{moment}_time"] = stamp(row[f"{moment}_ts"])
        shown[f"{moment}_ts"] = row[f"{moment}_ts"]
    if request:
        shown["request"] = decoded(row["request"])
    return shown


def decoded(text: str) -> list[Any]:
    """The parameters in a stored request or result; raises the stored fault."""
    params, _method = xmlrpcplus.loads(text)
    return list(params)


def task_row(call: Call, task_id: Any) -> Row | None:
    """The row of a task; ids that are no number are refused."""
    return call.store["task"].one(id=convert(task_id, int))


def existing_task(call: Call, task_id: Any) -> Row:
    """The row of a task that must exist."""
    row = task_row(call, task_id)
    if row is None:
        raise koji.GenericError(f"No such task: {task_id}")
    return row


def queried_task(call: Call, task_id: Any) -> Row:
    """The row of a task, or the complaint of calls that simply query it."""
    row = task_row(call, task_id)
    if row is None:
        raise koji.GenericError("query returned no rows")
    return row


# -- making ----------------------------------------------------------------------------------------------------------


def make_task(call: Call, method: str, arglist: Any, **opts: Any) -> int:
    """A new task; the channel policy says where it waits."""
    convert(method, str, check_only=True)
    parent = _check_options(call, opts)
    if parent is not None:
        opts = {"priority": parent["priority"] - 1, "owner": parent["owner"], "arch": parent["arch"], **opts}
        opts.setdefault("label", None)
    else:
        opts = {"priority": DEFAULT_PRIORITY, "arch": "noarch", **opts, "label": None, "parent": None}
        if "owner" not in opts:
            if call.user_id is None:
                raise koji.GenericError("task must have an owner")
            opts["owner"] = call.user_id
    request = xmlrpcplus.dumps(tuple(arglist), methodname=method)
    data = _policy_data(call, method, arglist, opts)
    channel = _channel(call, data, opts.get("channel"), parent)
    priority = _priority(call, data, opts["priority"])
    assigned = opts.get("assign")
    row = {
        "id": call.store.sequences.next("task"),
        "state": FREE if assigned is None else ASSIGNED,
        "method": method,
        "request": request,
        "result": None,
        "owner": opts["owner"],
        "priority": priority,
        "parent": opts["parent"],
        "label": opts["label"],
        "channel_id": channel,
        "host_id": assigned,
        "arch": opts["arch"],
        "weight": 1.0,
        "waiting": None,
        "awaited": None,
        "create_ts": call.now,
        "start_ts": None,
        "completion_ts": None,
    }
    call.store["task"].insert(row)
    announce_state(call, row, None)
    return int(row["id"])


def _check_options(call: Call, opts: Row) -> Row | None:
    """Clean the options in place; the parent's row."""
    if "owner" in opts and not isinstance(opts["owner"], int):
        opts["owner"] = required_user(call, opts["owner"])["id"]
    if "arch" in opts:
        opts["arch"] = koji.parse_arches(opts["arch"], strict=True, allow_none=True)
    if "priority" in opts:
        opts["priority"] = convert(opts["priority"], int)
    if opts.get("assign") is not None and not isinstance(opts["assign"], int):
        host = lookup(call, "host", opts["assign"], strict=True)
        opts["assign"] = host["id"] if host else None
    if "parent" not in opts:
        return None
    parent = call.store["task"].one(id=convert(opts["parent"], int))
    if parent is None:
        raise koji.GenericError(f"Invalid parent task: {opts['parent']}")
    if parent["state"] != OPEN:
        raise koji.GenericError(f"Parent task (id {opts['parent']}) is not open")
    return parent


def _policy_data(call: Call, method: str, arglist: Any, opts: Row) -> Row:
    data = {"method": method, **{key: opts[key] for key in ("arch", "parent", "label", "owner")}}
    data["user_id"] = opts["owner"]
    if "channel" in opts:
        data["req_channel"] = opts["channel"]
    try:
        params = koji.tasks.parse_task_params(method, list(arglist))
    except (TypeError, koji.ParameterError):
        return data
    if isinstance(params.get("opts"), dict) and "scratch" in params["opts"]:
        data["scratch"] = params["opts"]["scratch"]
    if method != "newRepo" and isinstance(params.get("src"), str):
        data["source"] = params["src"]
    target = params.get("target") or params.get("build_target")
    name = target.get("name") if isinstance(target, dict) else target
    if isinstance(name, (str, int)):
        found = find_targets(call, name)
        data["target"] = found[0]["name"] if found else None
    tag = params.get("tag")
    if isinstance(tag, (str, int)):
        row = lookup(call, "tag", tag)
        if row is not None:
            data["tag"] = row["name"]
    return data


def _channel(call: Call, data: Row, wanted: str | None, parent: Row | None) -> int:
    requested = _enabled_channel(call, wanted) if wanted is not None else None
    action = (call.policy.apply(call, "channel", data) or "use default").split()
    if action[0] == "req" and requested is not None:
        return requested
    if action[0] == "parent" and parent is not None:
        return int(parent["channel_id"])
    if action[0] == "use" and len(action) > 1:
        return _enabled_channel(call, action[1])
    raise koji.GenericError("invalid channel policy")


def _enabled_channel(call: Call, info: Any) -> int:
    channel = lookup(call, "channels", info)
    if channel is None:
        raise koji.GenericError(f"No such channel: {info}")
    if not channel["enabled"]:
        raise koji.GenericError(f"Channel {channel['name']} is disabled.")
    return int(channel["id"])


def _priority(call: Call, data: Row, priority: int) -> int:
    action = (call.policy.apply(call, "priority", data) or "stay").split()
    if action[0] == "set":
        return int(action[1])
    return priority + int(action[1]) if action[0] == "adjust" else priority


def relative_priority(call: Call, priority: int | None) -> Row:
    """The option for a wish relative to the default; only admins go before others."""
    if not priority:
        return {}
    if priority < 0 and not call.has_perm("admin"):
        raise koji.ActionNotAllowed("only admins may create high-priority tasks")
    return {"priority": DEFAULT_PRIORITY + priority}


# -- changing --------------------------------------------------------------------------------------------------------


def announce_state(call: Call, row: Row, old: int | None) -> None:
    """Tell the bus about a task's new state, by name."""
    info = shown_task(row, request=True)
    owner = call.store.row("users", row["owner"])["name"]
    body = {
        "attribute": "state",
        "id": row["id"],
        "method": row["method"],
        "old": None if old is None else koji.TASK_STATES[old],
        "new": koji.TASK_STATES[row["state"]],
        "owner": owner,
        "info": info,
        "instance": "primary",
    }
    source = info["request"][0] if info["request"] and row["method"] in ("build", "buildArch") else None
    if isinstance(source, str):
        body["srpm"] = source.rsplit("/", 1)[-1]
    call.announce("buildsys.task.state.change", body)


def set_task_state(call: Call, row: Row, state: int, **columns: Any) -> None:
    """Move a task to another state."""
    old = row["state"]
    call.store["task"].update(row, state=state, **columns)
    announce_state(call, row, old)


def cancel(call: Call, row: Row, *, recurse: bool = True) -> None:
    """Cancel an unfinished task, its builds and, if wished, its children."""
    if row["state"] in FINISHED:
        return
    set_task_state(call, row, CANCELED, completion_ts=call.now)
    for build in call.store["build"].where(task_id=row["id"], state=BUILDING):
        set_state(call, build["id"], BUILD_CANCELED)
    if recurse:
        cancel_children(call, row["id"])


def cancel_children(call: Call, task_id: int) -> None:
    """Cancel all unfinished children."""
    for child in call.store["task"].where(parent=task_id):
        cancel(call, child)


def _assert_may_cancel(call: Call, row: Row) -> None:
    host = call.store["host"].one(user_id=call.user_id)
    runs_it = host is not None and row["state"] == OPEN and row["host_id"] == host["id"]
    if row["owner"] == call.user_id or runs_it or call.has_perm("admin"):
        return
    raise koji.ActionNotAllowed("Cannot cancel task, not owner")


@exposed("cancelTask")
def cancel_task(call: Call, task_id: Any, recurse: bool = True) -> None:
    """Cancel a task; finished ones stay as they are."""
    if call.user_id is None:
        raise koji.ActionNotAllowed("Cannot cancel task, not owner")
    row = existing_task(call, task_id)
    _assert_may_cancel(call, row)
    cancel(call, row, recurse=recurse)


@exposed("cancelTaskFull")
def cancel_task_full(call: Call, task_id: Any, strict: bool = True) -> None:
    """Cancel a top-level task and everything under it, also below finished ones."""
    call.assert_perm("admin")
    row = existing_task(call, task_id)
    while row["parent"] is not None:
        if strict:
            raise koji.GenericError(f"Task {row['id']} is not top-level (parent={row['parent']})")
        row = existing_task(call, row["parent"])
    pending = [row]
    for one in pending:
        cancel(call, one, recurse=False)
        pending.extend(call.store["task"].where(parent=one["id"]))


@exposed("cancelTaskChildren")
def cancel_task_children(call: Call, task_id: Any) -> None:
    """Cancel what a task waits for."""
    call.assert_login()
    row = existing_task(call, task_id)
    _assert_may_cancel(call, row)
    cancel_children(call, row["id"])


@exposed("setTaskPriority")
def set_task_priority(call: Call, task_id: Any, priority: Any, recurse: bool = True) -> None:
    """Let a task run sooner or later."""
    call.assert_perm("admin")
    row = queried_task(call, task_id)
    if row["state"] in FINISHED:
        raise koji.GenericError("Finished task's priority can't be updated")
    pending = [row]
    for one in pending:
        call.store["task"].update(one, priority=convert(priority, int))
        pending.extend(call.store["task"].where(parent=one["id"]) if recurse else [])


def free(call: Call, row: Row) -> None:
    """Give a task back to the queue."""
    if row["state"] == FREE:
        raise koji.GenericError(f"No such task: {row['id']}")  # the hub takes the number of FREE for "nothing found"
    if row["state"] in FINISHED:
        raise koji.GenericError(f"Cannot free task {row['id']}, state is {koji.TASK_STATES[row['state']]}")
    set_task_state(call, row, FREE, host_id=None)


@exposed("freeTask")
def free_task(call: Call, task_id: Any) -> None:
    """Give a task back to the queue."""
    call.assert_perm("admin")
    free(call, existing_task(call, task_id))


@exposed("assignTask")
def assign_task(call: Call, task_id: Any, host: Any, force: bool = False, override: bool = False) -> bool:
    """Reserve a task for one builder."""
    call.assert_perm("admin")
    row, found = existing_task(call, task_id), lookup(call, "host", host, strict=True)
    if found is None or row["state"] != FREE:
        return False
    set_task_state(call, row, ASSIGNED, host_id=found["id"])
    return True


@exposed("makeTask")
def make_task_by_hand(call: Call, *args: Any, **opts: Any) -> int:
    """Any task at all."""
    call.assert_perm("admin")
    if "owner" in opts:
        raise koji.ActionNotAllowed("The owner option is not allowed here")
    return make_task(call, *args, **opts)


@exposed("resubmitTask")
def resubmit_task(call: Call, taskID: Any) -> int:
    """The same task once more; the new id."""
    call.assert_login()
    row = queried_task(call, taskID)
    if row["state"] not in (CANCELED, FAILED):
        raise koji.GenericError("only canceled or failed tasks may be resubmitted")
    if row["parent"] is not None:
        raise koji.GenericError("only top-level tasks may be resubmitted")
    if row["owner"] != call.user_id and not call.has_perm("admin"):
        raise koji.GenericError("only the task owner or an admin may resubmit a task")
    channel = call.store.row("channels", row["channel_id"])["name"]
    wishes = {"arch": row["arch"], "channel": channel, "priority": row["priority"]}
    return make_task(call, row["method"], decoded(row["request"]), **wishes)
