"""What is known of tasks: state, request, result, family?"""

from __future__ import annotations

from typing import Any

import koji
from koji import xmlrpcplus

from .builds import seconds
from .call import Call, convert, exposed
from .queries import apply_options
from .store import Row
from .tasks import CANCELED, CLOSED, FAILED, FINISHED, decoded, queried_task, shown_task, task_row


@exposed("getTaskInfo")
def get_task_info(call: Call, task_id: Any, request: bool = False, strict: bool = False) -> Any:
    """One task, or a list of them in the given order."""
    ids = task_id if isinstance(task_id, list) else [task_id]
    found = []
    for one in ids:
        row = queried_task(call, one) if strict else task_row(call, one)
        found.append(shown_task(row, request=request) if row else None)
    return found if isinstance(task_id, list) else found[0]


@exposed("getTaskRequest")
def get_task_request(call: Call, taskId: Any) -> list[Any]:
    """What was asked for."""
    return decoded(queried_task(call, taskId)["request"])


@exposed("getTaskResult")
def get_task_result(call: Call, taskId: Any, raise_fault: bool = True) -> Any:
    """What came out; a failed task raises its fault."""
    return result_of(call, taskId, raise_fault=raise_fault)


def result_of(call: Call, task_id: Any, *, raise_fault: bool = True) -> Any:
    """The stored result of a finished task."""
    row = task_row(call, task_id)
    if row is None:
        raise koji.GenericError("No such task")
    if row["state"] == CANCELED:
        raise koji.GenericError(f"Task {row['id']} is canceled")
    if row["state"] not in (CLOSED, FAILED):
        raise koji.GenericError(f"Task {row['id']} is not finished")
    try:
        return decoded(row["result"])[0]
    except xmlrpcplus.Fault as fault:
        if raise_fault:
            raise
        return {"faultCode": fault.faultCode, "faultString": fault.faultString}


@exposed("taskFinished")
def task_finished(call: Call, taskId: Any) -> bool:
    """Is it in a final state?"""
    return queried_task(call, taskId)["state"] in FINISHED


@exposed("getTaskChildren")
def get_task_children(call: Call, task_id: Any, request: bool = False, strict: bool = False) -> list[Row]:
    """The direct children."""
    if strict:
        queried_task(call, task_id)
    return [shown_task(row, request=request) for row in call.store["task"].where(parent=convert(task_id, int))]


@exposed("getTaskDescendents")
def get_task_descendents(call: Call, task_id: Any, request: bool = False) -> Row:
    """The direct children of the task and of all below it, by task id as text."""
    found: Row = {}
    pending = [convert(task_id, int)]
    for one in pending:
        children = get_task_children(call, one, request=request)
        found[str(one)] = children
        pending.extend(child["id"] for child in children)
    return found


@exposed("listTasks")
def list_tasks(call: Call, opts: Row | None = None, queryOpts: Row | None = None) -> Any:
    """All tasks that match; filters the hub does not know are ignored without a word."""
    opts, queryOpts = opts or {}, queryOpts or {}
    rows = [row for row in _candidates(call, opts) if _matches(row, opts)]
    if queryOpts.get("countOnly"):
        return apply_options(rows, queryOpts)
    users = {row["owner"]: call.store.row("users", row["owner"]) for row in rows}
    shown = apply_options([_listed(row, users[row["owner"]]) for row in rows], queryOpts)
    if opts.get("decode") and not queryOpts.get("asList"):
        for row in shown:
            row["request"], row["result"] = decoded(row["request"]), _decoded_result(row["result"])
    return shown


def _candidates(call: Call, opts: Row) -> list[Row]:
    equals = {}
    for column in ("owner", "parent", "method", "host_id"):
        if column in opts and not isinstance(opts[column], list):
            equals[column] = opts[column]
    return call.store["task"].where(**equals)


def _listed(row: Row, owner: Row) -> Row:
    texts = {"request": row["request"], "result": row["result"]}
    return {**shown_task(row), **texts, "owner_name": owner["name"], "owner_type": owner["usertype"]}


def _decoded_result(text: str | None) -> Any:
    if not text:
        return text
    try:
        return decoded(text)
    except xmlrpcplus.Fault as fault:
        return {"faultCode": fault.faultCode, "faultString": fault.faultString}


_BOUNDS = (
    ("create_ts", ("createdBefore",), ("createdAfter",)),
    ("start_ts", ("startedBefore",), ("startedAfter",)),
    ("completion_ts", ("completeBefore", "completedBefore"), ("completeAfter", "completedAfter")),
)


def _matches(row: Row, opts: Row) -> bool:
    for column in ("arch", "state", "owner", "host_id", "channel_id", "parent"):
        if column in opts and not _is_among(row[column], opts[column]):
            return False
        if f"not_{column}" in opts and _is_among(row[column], opts[f"not_{column}"]):
            return False
    if "method" in opts and row["method"] != opts["method"]:
        return False
    return all(_in_bounds(row[column], opts, before, after) for column, before, after in _BOUNDS)


def _is_among(value: Any, wanted: Any) -> bool:
    return value in wanted if isinstance(wanted, list) else value == wanted


def _in_bounds(moment: float | None, opts: Row, before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    for key in (*before, *after):
        if opts.get(key) is None:
            continue
        if moment is None:
            return False
        limit = seconds(opts[key])
        if (moment >= limit) if key in before else (moment <= limit):
            return False
    return True
