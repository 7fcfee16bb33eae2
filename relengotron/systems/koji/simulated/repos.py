"""Which build root repositories exist, how are they asked for, and how do they age?"""

from __future__ import annotations

from typing import Any

import koji

from .call import Call, convert, exposed, stamp
from .events import event_time, get_event, get_last_event
from .store import Row
from .tags import required_tag, tag_id
from .tagupdates import tag_first_change_event, tag_last_change_event
from .tasks import DEFAULT_PRIORITY, make_task, shown_task, task_row

INIT, READY, EXPIRED, DELETED, PROBLEM = range(5)
OPTIONS = ("src", "debuginfo", "separate_src", "maven")
LAG, LAG_WINDOW = 3600, 600  # seconds a repository may be behind, and the grid to which that moment is rounded


# -- reading ---------------------------------------------------------------------------------------------------------


def shown_repo(call: Call, row: Row) -> Row:
    """What ``repoInfo`` shows of a repository."""
    plain = (
        "id",
        "tag_id",
        "state",
        "create_event",
        "begin_event",
        "end_event",
        "dist",
        "opts",
        "custom_opts",
        "task_id",
    )
    shown = {column: row[column] for column in plain}
    shown["tag_name"] = call.store.row("tag", row["tag_id"])["name"]
    for moment in ("create", "begin", "end"):
        shown[f"{moment}_ts"] = event_time(call, row[f"{moment}_event"])
    for moment in ("creation", "state"):
        shown[f"{moment}_time"] = stamp(row[f"{moment}_ts"])
        shown[f"{moment}_ts"] = row[f"{moment}_ts"]
    task = call.store["task"].one(id=row["task_id"]) if row["task_id"] else None
    shown["task_state"] = task["state"] if task else None
    return shown


@exposed("repoInfo")
def repo_info(call: Call, repo_id: Any, strict: bool = False) -> Row | None:
    """One repository, or None."""
    row = call.store["repo"].one(id=convert(repo_id, int, none_allowed=True))
    if row is None:
        if strict:
            raise koji.GenericError("query returned no rows")
        return None
    return shown_repo(call, row)


@exposed("getRepo")
def get_repo(
    call: Call, tag: Any, state: Any = None, event: Any = None, dist: bool = False, min_event: Any = None
) -> Row | None:
    """The newest repository of a tag in a state (READY), or up to an event."""
    wanted_event, wanted_state = convert(event, int, none_allowed=True), convert(state, int, none_allowed=True)
    rows = [row for row in call.store["repo"].where(tag_id=tag_id(call, tag)) if row["dist"] == bool(dist)]
    if wanted_event:
        rows = [row for row in rows if row["create_event"] <= wanted_event]
    else:
        rows = [row for row in rows if row["state"] == (READY if wanted_state is None else wanted_state)]
    if min_event is not None:
        rows = [row for row in rows if row["create_event"] >= convert(min_event, int)]
    return shown_repo(call, max(rows, key=lambda row: (row["creation_ts"], row["id"]))) if rows else None


@exposed("getActiveRepos")
def get_active_repos(call: Call) -> list[Row]:
    """All repositories that are not deleted."""
    keys = (
        "id", "tag_id", "create_event", "create_ts", "state", "dist", "task_id", "tag_name", "creation_ts", "state_ts",
        "end_event", "opts",
    )  # fmt: skip
    rows = [shown_repo(call, row) for row in call.store["repo"] if row["state"] != DELETED]
    return [{key: row[key] for key in keys} for row in rows]


# -- life ------------------------------------------------------------------------------------------------------------


@exposed("newRepo")
def new_repo(
    call: Call, tag: Any, event: Any = None, src: bool = False, debuginfo: bool = False, separate_src: bool = False
) -> int:
    """Ask for a repository; the task's id."""
    if not call.has_perm("repo"):
        call.assert_perm("regen-repo")
    required_tag(call, tag, event)
    opts: Row = {} if event is None else {"event": event}
    wishes = {"src": src, "separate_src": separate_src, "debuginfo": debuginfo}
    opts.update({key: True for key, value in wishes.items() if value})
    return make_task(call, "newRepo", koji.encode_args(tag, **opts), priority=15, channel="createrepo")


def insert_repo(call: Call, tag: int, create_event: int, *, dist: bool, **columns: Any) -> Row:
    """A new repository in state INIT."""
    unset = dict.fromkeys(("begin_event", "end_event", "opts", "custom_opts", "task_id"))
    times = {"creation_ts": call.now, "state_ts": call.now}
    fixed = {"id": call.store.sequences.next("repo"), "tag_id": tag, "state": INIT, "dist": dist}
    return call.store["repo"].insert({**fixed, **times, **unset, **columns, "create_event": create_event})


def init_repo(call: Call, tag: Any, task_id: Any = None, event: Any = None, opts: Row | None = None) -> list[int]:
    """Begin a repository for a task: [repo id, event id]; its folders are made."""
    task, event = convert(task_id, int, none_allowed=True), convert(event, int, none_allowed=True)
    found = required_tag(call, tag, event)
    effective, custom = _options(found, opts)
    if event is not None:
        get_event(call, event)
    event_id = call.new_event() if event is None else event
    row = insert_repo(
        call,
        found["id"],
        event_id,
        dist=False,
        begin_event=tag_last_change_event(call, found["id"], before=event_id) or event_id,
        end_event=tag_first_change_event(call, found["id"], after=event_id),
        task_id=task,
        opts=effective,
        custom_opts=custom,
    )
    for arch in {koji.canonArch(arch) for arch in (found["arches"] or "").split()} - {"src", "noarch"}:
        (call.topdir / "repos" / found["name"] / str(row["id"]) / arch).mkdir(parents=True, exist_ok=True)
    announce(call, "buildsys.repo.init", row)
    return [row["id"], event_id]


def _options(tag: Row, override: Row | None) -> tuple[Row, Row]:
    """(effective, those that differ from the tag's default)."""
    effective: Row = dict.fromkeys(OPTIONS, False)
    configured = dict(tag["extra"].get("repo.opts") or {})
    if "with_debuginfo" in tag["extra"] and "repo.opts" not in tag["extra"]:
        configured["debuginfo"] = bool(tag["extra"]["with_debuginfo"])
    effective.update({key: bool(value) for key, value in configured.items() if key in OPTIONS})
    effective["maven"] = False
    wanted = {key: bool(value) for key, value in (override or {}).items() if key in OPTIONS and value is not None}
    custom = {key: value for key, value in wanted.items() if value != effective[key]}
    return {**effective, **custom}, custom


def announce(call: Call, topic: str, row: Row) -> None:
    """Tell the bus about a repository."""
    name = call.store.row("tag", row["tag_id"])["name"]
    call.announce(topic, {"tag": name, "tag_id": row["tag_id"], "repo_id": row["id"], "instance": "primary"})


def set_repo_state(call: Call, repo_id: Any, state: int) -> None:
    """Age a repository; states only go up."""
    row = call.store["repo"].one(id=convert(repo_id, int))
    if row is None:
        raise koji.GenericError("query returned no rows")
    if row["state"] > state and state != DELETED:
        names = f"{koji.REPO_STATES[row['state']]} -> {koji.REPO_STATES[state]}"
        raise koji.GenericError(f"Invalid repo state transition for repo {repo_id}: {names}")
    if row["state"] == state:
        return
    if row["state"] == DELETED:
        raise koji.GenericError(f"Repo {repo_id} is deleted")
    call.store["repo"].update(row, state=state, state_ts=call.now)
    if state == READY:
        _answer_requests(call, row)


@exposed("repoExpire")
def repo_expire(call: Call, repo_id: Any) -> None:
    """Let nobody use a repository any more."""
    call.assert_perm("repo")
    set_repo_state(call, repo_id, EXPIRED)


@exposed("repoProblem")
def repo_problem(call: Call, repo_id: Any) -> None:
    """Mark a repository as broken."""
    call.assert_perm("repo")
    set_repo_state(call, repo_id, PROBLEM)


@exposed("repoDelete")
def repo_delete(call: Call, repo_id: Any) -> int:
    """Mark a repository as deleted; the number of build roots that still use it (none here)."""
    call.assert_perm("repo")
    set_repo_state(call, repo_id, DELETED)
    return 0


@exposed("repo.setState")
def repo_set_state(call: Call, repo_id: Any, state: Any) -> None:
    """Age a repository to any later state."""
    call.assert_perm("repo")
    set_repo_state(call, repo_id, convert(state, int))


@exposed("repo.references")
def repo_references(call: Call, repo_id: Any) -> list[Row]:
    """Build roots that use a repository; none here."""
    return []


# -- requests --------------------------------------------------------------------------------------------------------


def _checked_options(opts: Any) -> Row:
    if opts is None:
        return {}
    if not isinstance(opts, dict):
        raise koji.ParameterError("Repo opts must be a dictionary")
    for key in opts:
        if key not in OPTIONS:
            raise koji.ParameterError(f"Invalid repo option: {key}")
    return {key: bool(value) for key, value in opts.items() if value is not None}


@exposed("repo.get")
def best_repo(call: Call, tag: Any, min_event: Any = None, at_event: Any = None, opts: Row | None = None) -> Row | None:
    """The newest READY repository with these options and no other special ones."""
    wanted = _checked_options(opts)
    at, least = convert(at_event, int, none_allowed=True), convert(min_event, int, none_allowed=True)
    rows = call.store["repo"].where(tag_id=tag_id(call, tag), state=READY, dist=False)
    rows = [
        row for row in rows if wanted.items() <= row["opts"].items() and row["custom_opts"].items() <= wanted.items()
    ]
    if at is not None:
        rows = [row for row in rows if row["create_event"] == at]
    elif least is not None:
        rows = [row for row in rows if row["create_event"] >= least]
    return shown_repo(call, max(rows, key=lambda row: int(row["create_event"]))) if rows else None


@exposed("repo.request")
def request_repo(
    call: Call,
    tag: Any,
    min_event: Any = None,
    at_event: Any = None,
    opts: Row | None = None,
    priority: Any = None,
    force: bool = False,
) -> Row:
    """A repository that is new enough, or a request for one; equal requests are the same."""
    owner = call.assert_login()
    found, wanted = required_tag(call, tag), _checked_options(opts)
    at, least = _wanted_events(call, found, min_event, at_event)
    rank = DEFAULT_PRIORITY + (convert(priority, int) if priority is not None else 0)
    if rank < DEFAULT_PRIORITY and not call.has_perm("admin"):
        raise koji.ActionNotAllowed("only admins may create high-priority requests")
    answer: Row = {"repo": None, "request": None, "duplicate": False}
    if not force:
        answer["repo"] = best_repo(call, found["id"], least, at, wanted)
        if answer["repo"]:
            return answer
    same = _same_request(call, found["id"], at, least, wanted)
    if same is not None:
        if same["priority"] > rank:
            call.store["repo_queue"].update(same, priority=rank)
        return {**answer, "request": _shown_request(call, same), "duplicate": True}
    row = {
        "id": call.store.sequences.next("repo_queue"), "owner": owner, "priority": rank, "tag_id": found["id"],
        "at_event": at, "min_event": least, "opts": wanted, "create_ts": call.now, "update_ts": call.now,
        "active": True, "task_id": None, "tries": 0, "repo_id": None,
    }  # fmt: skip
    call.store["repo_queue"].insert(row)
    return {**answer, "request": _shown_request(call, row)}


def _wanted_events(call: Call, tag: Row, min_event: Any, at_event: Any) -> tuple[int | None, int | None]:
    """(exactly at, at least)."""
    if at_event is not None:
        if min_event is not None:
            raise koji.ParameterError("The min_event and at_event options conflict")
        return _known_event(call, at_event), None
    if min_event == "last":
        return None, tag_last_change_event(call, tag["id"])
    if min_event is None:
        return None, _default_event(call, tag)
    return None, _known_event(call, min_event)


def _known_event(call: Call, event: Any) -> int:
    number: int = convert(event, int)
    if get_event(call, number, strict=False) is None:
        raise koji.ParameterError(f"Invalid event: {number}")
    return number


def _default_event(call: Call, tag: Row) -> int | None:
    """The tag's last change, or, when that is very new, a moment a little earlier."""
    last = tag_last_change_event(call, tag["id"])
    lag = tag["extra"].get("repo.lag")
    before = call.now - (lag if isinstance(lag, int) else LAG)
    event = get_last_event(call, before=before // LAG_WINDOW * LAG_WINDOW, strict=False)
    base = event["id"] if event else tag_first_change_event(call, tag["id"])
    return base if last is None or base is None else min(base, last)


def _same_request(call: Call, tag: int, at: int | None, least: int | None, opts: Row) -> Row | None:
    rows = call.store["repo_queue"].where(tag_id=tag, active=True, opts=opts)
    if at is not None:
        rows = [row for row in rows if row["at_event"] == at]
    else:
        rows = [row for row in rows if row["min_event"] is not None and row["min_event"] >= (least or 0)]
    return min(rows, key=lambda row: (row["priority"], row["id"]), default=None)


def _shown_request(call: Call, row: Row) -> Row:
    task = call.store["task"].one(id=row["task_id"]) if row["task_id"] else None
    shown = {key: value for key, value in row.items() if not key.startswith("__")}
    shown["owner_name"] = call.store.row("users", row["owner"])["name"]
    shown["tag_name"] = call.store.row("tag", row["tag_id"])["name"]
    shown["task_state"] = task["state"] if task else None
    for moment in ("create", "update"):
        shown[f"{moment}_time"] = stamp(row[f"{moment}_ts"])
    return shown


def _answer_requests(call: Call, repo: Row) -> None:
    """Give a repository that became READY to the requests it satisfies."""
    if repo["dist"]:
        return
    for request in call.store["repo_queue"].where(tag_id=repo["tag_id"], active=True):
        fits = request["opts"].items() <= repo["opts"].items()
        new_enough = (
            repo["create_event"] == request["at_event"]
            if request["at_event"] is not None
            else repo["create_event"] >= (request["min_event"] or 0)
        )
        if fits and new_enough:
            call.store["repo_queue"].update(request, repo_id=repo["id"], active=False, update_ts=call.now)


@exposed("repo.checkRequest")
def check_request(call: Call, req_id: Any) -> Row:
    """What became of a request."""
    row = call.store["repo_queue"].one(id=convert(req_id, int))
    if row is None:
        raise koji.GenericError("No such request")
    answer: Row = {"repo": None, "request": _shown_request(call, row)}
    if row["repo_id"]:
        answer["repo"] = repo_info(call, row["repo_id"])
    elif row["task_id"]:
        task = task_row(call, row["task_id"])
        answer["task"] = shown_task(task) if task else None
    return answer


@exposed("repo.setRequestPriority")
def set_request_priority(call: Call, req_id: Any, priority: Any) -> None:
    """Let a request be served sooner or later."""
    call.assert_perm("admin")
    row = call.store["repo_queue"].one(id=convert(req_id, int))
    if row is not None:
        call.store["repo_queue"].update(row, priority=convert(priority, int))


@exposed("repo.checkQueue")
def check_queue(call: Call) -> None:
    """Make tasks for the requests that wait; kojira calls this."""
    call.assert_perm("repo")
    for request in call.store["repo_queue"].where(active=True, task_id=None):
        spec = {"id": request["tag_id"], "name": call.store.row("tag", request["tag_id"])["name"]}
        kwargs: Row = {"opts": request["opts"]}
        if request["at_event"] is not None:
            kwargs["event"] = request["at_event"]
        args = koji.encode_args(spec, **kwargs)
        task = make_task(call, "newRepo", args, priority=15, channel="createrepo", owner="kojira")
        call.store["repo_queue"].update(request, task_id=task, tries=request["tries"] + 1, update_ts=call.now)
