"""Plays a recording of a real Koji hub against another one, and is the builder in between.

Passwords, uploads and the builder's work are not in a recording; they are put in where the next entry shows that they
happened. The builder works through ``host.*`` calls, as the ordinary daemon does.
"""

import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import koji
from koji import xmlrpcplus

from relengotron.systems.koji.simulated import TRIAL_USERS, Hub, wsgi_app
from tests.contracts.koji_rpms import rpm_file

FREE, OPEN, CLOSED, CANCELED, ASSIGNED, FAILED = range(6)
Entry = dict[str, Any]
Credentials = tuple[int, str]


@dataclass
class Answer:
    """A result, or the fault instead of it."""

    result: Any = None
    fault: tuple[int, str] | None = None


class Wire:
    """XML-RPC into a WSGI application, with credentials and call numbers as the caller wishes."""

    def __init__(self, hub: Hub) -> None:
        self.app = wsgi_app(hub)

    def http(self, verb: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        seen: list[str] = []
        environ = {
            "REQUEST_METHOD": verb,
            "PATH_INFO": "/kojihub",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "text/xml",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
            **headers,
        }
        chunks = self.app(environ, lambda status, _headers: seen.append(status))
        return int(seen[0].split()[0]), b"".join(chunks)

    def call(self, method: str, params: list[Any], who: Credentials | None = None, number: int | None = None) -> Answer:
        headers = {}
        if who is not None:
            headers = {"HTTP_KOJI_SESSION_ID": str(who[0]), "HTTP_KOJI_SESSION_KEY": who[1]}
            if number is not None:
                headers["HTTP_KOJI_SESSION_CALLNUM"] = str(number)
        _status, body = self.http("POST", xmlrpcplus.dumps(tuple(params), method).encode(), headers)
        try:
            return Answer(result=xmlrpcplus.loads(body)[0][0])
        except xmlrpcplus.Fault as fault:
            return Answer(fault=(fault.faultCode, fault.faultString))


class Login:
    """A session that counts its calls."""

    def __init__(self, wire: Wire, name: str, password: str) -> None:
        answer = wire.call("login", [name, password])
        assert answer.fault is None, f"{name} cannot log in: {answer.fault}"
        self.wire = wire
        self.who = (answer.result["session-id"], answer.result["session-key"])
        self.numbers = count(1)

    def call(self, method: str, *args: Any, **kwargs: Any) -> Answer:
        return self.wire.call(method, list(koji.encode_args(*args, **kwargs)), self.who, next(self.numbers))

    def value(self, method: str, *args: Any, **kwargs: Any) -> Any:
        answer = self.call(method, *args, **kwargs)
        assert answer.fault is None, f"{method}{args}: {answer.fault}"
        return answer.result


class Builder:
    """The host of the recording: brings each task to the state that the recording shows next."""

    def __init__(self, login: Login, entries: list[Entry]) -> None:
        self.login = login
        self.entries = entries
        login.value("exclusiveSession")

    def state(self, task_id: int) -> int | None:
        info = self.login.value("getTaskInfo", task_id)
        return None if info is None else int(info["state"])

    def bring_to(self, task_id: int, wanted: int, position: int) -> None:
        state = self.state(task_id)
        if (
            state is None
            or state == wanted
            or wanted not in (OPEN, CLOSED, FAILED)
            or state in (CLOSED, CANCELED, FAILED)
        ):
            return
        if state == FREE:
            self.login.value("host.openTask", task_id)
        if wanted != OPEN:
            self.finish(task_id, wanted, position)

    def finish(self, task_id: int, wanted: int, position: int) -> None:
        info = self.login.value("getTaskInfo", task_id, request=True)
        work = {"tagBuild": self.tag, "dependantTask": self.dependants, "newRepo": self.repo, "distRepo": self.dist}
        doer = work.get(info["method"])
        if doer is None:
            self.as_recorded(task_id, wanted, position)
            return
        try:
            self.close(task_id, doer(task_id, info["request"]))
        except xmlrpcplus.Fault as fault:
            self.fail(task_id, fault)
        for waiting in self.login.value("listTasks", {"method": "dependantTask", "state": [FREE], "decode": True}):
            if task_id in waiting["request"][0]:
                self.bring_to(waiting["id"], CLOSED, position)

    def close(self, task_id: int, result: Any) -> None:
        self.login.value("host.closeTask", task_id, xmlrpcplus.dumps((result,), methodresponse=1))

    def fail(self, task_id: int, fault: xmlrpcplus.Fault) -> None:
        self.login.value("host.failTask", task_id, xmlrpcplus.dumps(fault))

    def tag(self, task_id: int, request: list[Any]) -> None:
        answer = self.login.call("host.tagBuild", task_id, *request)
        if answer.fault:
            raise xmlrpcplus.Fault(*answer.fault)

    def dependants(self, task_id: int, request: list[Any]) -> None:
        _waits_for, subtasks = request
        for method, arguments, options in subtasks:
            child = self.login.value("host.subtask", method, arguments, task_id, **options)
            self.login.value("host.taskSetWait", task_id, [child])
            self.bring_to(child, CLOSED, 0)
            self.login.value("host.taskWaitResults", task_id, [child])

    def repo(self, task_id: int, request: list[Any]) -> list[int]:
        args, options = koji.decode_args(*request)
        event = options.pop("event", None)
        repo, event = self.login.value("host.repoInit", args[0], task_id=task_id, event=event, opts=options)
        self.login.value("host.repoDone", repo, {})
        return [repo, event]

    def dist(self, task_id: int, request: list[Any]) -> str:
        self.login.value("host.repoDone", request[1], {})
        return f"Dist repository #{request[1]} successfully generated"

    def as_recorded(self, task_id: int, wanted: int, position: int) -> None:
        for entry in self.entries[position:]:
            if entry["method"] == "getTaskResult" and entry["args"][:1] == [task_id]:
                if wanted == CLOSED:
                    self.close(task_id, entry["result"])
                else:
                    self.fail(task_id, xmlrpcplus.Fault(entry["fault"]["faultCode"], entry["fault"]["faultString"]))
                return
        raise AssertionError(f"the recording never shows the result of task {task_id}")

    def add_subtasks(self, parent: int, children: list[Entry]) -> None:
        """Subtasks that the recording shows under a task and that are not there yet."""
        known = {task["id"] for task in self.login.value("getTaskChildren", parent)}
        missing = [child for child in children if child["id"] not in known]
        if missing and not any(child["label"] for child in missing):
            self.bring_to(parent, CLOSED, 0)  # it makes its children by itself
            return
        if not missing:
            return
        self.bring_to(parent, OPEN, 0)
        for child in sorted(missing, key=lambda child: int(child["id"])):
            options = {"label": child["label"], "arch": child["arch"]}
            self.login.value("host.subtask", child["method"], child["request"], parent, **options)
        self.login.value("host.taskSetWait", parent, None)


def observed_states(method: str, result: Any) -> Iterator[tuple[int, int]]:
    """(task id, state) of every task that an answer shows, in the order in which they came to it."""
    if not method.startswith(("getTask", "listTasks", "multiCall")):
        return
    found: list[Entry] = []
    pending = [result]
    for item in pending:
        if isinstance(item, dict):
            if {"state", "method", "channel_id"} <= item.keys():
                found.append(item)
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    found.sort(key=lambda task: (task["completion_ts"] is None, task["completion_ts"] or 0, task["id"]))
    yield from ((task["id"], task["state"]) for task in found)


@dataclass
class Player:
    """One hub, one recording, one run."""

    hub: Hub
    entries: list[Entry]
    logins: dict[str, Login] = field(default_factory=dict)
    builder: Builder | None = None
    raw: dict[str, list[Credentials]] = field(default_factory=dict)
    number: int = 0
    stored: int = 0

    def __post_init__(self) -> None:
        self.wire = Wire(self.hub)

    def play(self) -> Iterator[tuple[Entry, Answer]]:
        """Every entry with the answer of this hub."""
        for position, entry in enumerate(self.entries):
            self.prepare(position, entry)
            yield entry, self.noted(entry) if "note" in entry else self.plain(entry)

    # -- between the entries -----------------------------------------------------------------------------------------

    def prepare(self, position: int, entry: Entry) -> None:
        if entry["method"] == "importRPM":
            self.upload(position, entry)
        if self.builder is None:
            if any(row["name"] == "builder1" for row in self.hub.call(None, "listHosts")):
                self.builder = Builder(Login(self.wire, "builder1", "hostpw"), self.entries)
            return
        for parent, children in self.subtasks_shown(position, entry):
            self.builder.add_subtasks(parent, children)
        for task_id, state in self.states_shown(entry):
            self.builder.bring_to(task_id, state, position)

    def states_shown(self, entry: Entry) -> Iterator[tuple[int, int]]:
        yield from observed_states(entry["method"], entry.get("result"))
        if entry["method"] == "getTaskResult" and entry["args"]:
            task_id, fault = entry["args"][0], entry.get("fault")
            text = fault["faultString"] if fault else ""
            if "is not finished" in text or "is canceled" in text or "No such task" in text:
                return
            returned_fault = isinstance(entry.get("result"), dict) and "faultCode" in entry["result"]
            yield task_id, FAILED if fault or returned_fault else CLOSED
        if entry["method"] == "taskFinished" and entry.get("result") is True:
            yield entry["args"][0], CLOSED

    def subtasks_shown(self, position: int, entry: Entry) -> Iterator[tuple[int, list[Entry]]]:
        """Children of each task, with the request that some entry shows."""
        if entry["method"] == "getTaskInfo" and isinstance(entry.get("result"), dict) and entry["result"]["waiting"]:
            yield from self.subtasks_shown_later(position, entry["result"]["id"])
        if entry["method"] != "getTaskDescendents" or "result" not in entry:
            return
        for parent, children in entry["result"].items():
            described = [{**child, **self.with_request(position, child["id"])} for child in children]
            if described:
                yield int(parent), described

    def subtasks_shown_later(self, position: int, parent: int) -> Iterator[tuple[int, list[Entry]]]:
        for later in self.entries[position + 1 :]:
            if later["method"] == "getTaskDescendents" and str(parent) in (later.get("result") or {}):
                yield from self.subtasks_shown(position, later)
                return

    def with_request(self, position: int, task_id: int) -> Entry:
        for later in self.entries[position:]:
            if later["method"] == "getTaskDescendents" and "result" in later:
                for children in later["result"].values():
                    for child in children:
                        if child["id"] == task_id and "request" in child:
                            return {"request": child["request"]}
        return {"request": []}

    def upload(self, position: int, entry: Entry) -> None:
        folder, name = entry["args"]
        info = entry.get("result") or self.imported_before(position, name)
        changelog = self.changelog_of(f"{info['name']}-{info['version']}-{info['release']}")
        contents = rpm_file(info, changelog if info["arch"] == "src" else ())
        digest = hashlib.md5(contents).hexdigest()
        data = base64.b64encode(contents).decode()
        login = self.login(entry["user"])
        assert login.value("uploadFile", folder, name, len(contents), digest, 0, data) is True

    def imported_before(self, position: int, name: str) -> Entry:
        found = [e for e in self.entries[:position] if e["method"] == "importRPM" and e["args"][1] == name]
        result: Entry = found[-1]["result"]
        return result

    def changelog_of(self, nvr: str) -> list[Entry]:
        for entry in self.entries:
            if entry["method"] == "getChangelogEntries" and entry["args"] == [nvr]:
                result: list[Entry] = entry["result"]
                return result
        return []

    # -- the entries -------------------------------------------------------------------------------------------------

    def login(self, name: str) -> Login:
        if name not in self.logins:
            self.logins[name] = Login(self.wire, name, TRIAL_USERS[name])
        return self.logins[name]

    def plain(self, entry: Entry) -> Answer:
        params = list(koji.encode_args(*entry["args"], **entry["kwargs"]))
        if entry["user"] is None:
            return self.wire.call(entry["method"], params)
        login = self.login(entry["user"])
        return self.wire.call(entry["method"], params, login.who, next(login.numbers))

    def noted(self, entry: Entry) -> Answer:
        """An entry that was sent as raw HTTP; the note tells what was special."""
        note, params = entry["note"] or "", entry["args"]
        if entry["method"] == "(HTTP GET)":
            status, body = self.wire.http("GET", b"", {})
            return Answer(fault=(status, body.decode()))
        if entry["method"] == "login":
            return self.raw_login(params)
        if note.startswith(("ServerOffline", "LockOut", "database")):
            return self.during_outage(entry, note)
        if "session key" in note or "session id" in note:
            session, key = self.raw["relengotron"][-1]
            who = (session, "wrong") if "key" in note else (session + 1000, key)
            return self.wire.call(entry["method"], params, who, self.number + 1)
        if "expired" in note:
            self.hub.expire_session(self.raw["relengotron"][-1][0])
        answer = self.wire.call(entry["method"], params, self.raw_session(entry, note), self.next_number(note))
        if answer.fault is None and not entry["method"].startswith("get") and "no " not in note:
            self.stored = self.number
        return answer

    def raw_login(self, params: list[Any]) -> Answer:
        answer = self.wire.call("login", params)
        if answer.fault is None:
            session = (answer.result["session-id"], answer.result["session-key"])
            self.raw.setdefault(params[0], []).append(session)
            self.number = self.stored = 0
        return answer

    def raw_session(self, entry: Entry, note: str) -> Credentials:
        if entry["user"] == "plain" or "after logout" in note:
            first = "first session" in note
            return self.raw["plain"][0 if first else -1]
        return self.raw["relengotron"][-1]

    def next_number(self, note: str) -> int:
        named = re.search(r"callnum (\d+)", note)
        if named:
            self.number = int(named[1])
        elif "used callnum" in note:
            self.number = self.stored
        elif "lower" in note:
            return self.stored - 1
        elif "same callnum" not in note:
            self.number += 1
        return self.number

    def during_outage(self, entry: Entry, note: str) -> Answer:
        if note.startswith("ServerOffline"):
            self.hub.offline = entry["fault"]["faultString"]
        self.hub.locked_out = note.startswith("LockOut")
        self.hub.database_down = note.startswith("database")
        name = {"bot": "relengotron", "admin": "admin"}.get(entry["user"] or "")
        try:
            who = None
            if name is not None:
                found = Login(self.wire, name, TRIAL_USERS[name])
                who = found.who
            return self.wire.call(entry["method"], entry["args"], who)
        finally:
            self.hub.offline, self.hub.locked_out, self.hub.database_down = None, False, False


# -- comparing -------------------------------------------------------------------------------------------------------

CHANGING = re.compile(r"(_time|_ts|^ts|hash|^size|^session-id|^session-key|^traceback)$")
UNORDERED = frozenset({"listTasks", "getTaskChildren", "getTaskDescendents", "listTags", "listBuilds", "multiCall"})


def differences(entry: Entry, answer: Answer) -> list[str]:
    """Where this hub's answer is not that of the recorded one; none when they are alike."""
    wanted = entry.get("fault")
    if wanted is not None:
        return _fault_differences(entry, wanted, answer)
    if answer.fault is not None:
        return [f"fault {answer.fault[0]}: {answer.fault[1][-300:]}"]
    ordered = entry["method"] not in UNORDERED or "order" in json.dumps(entry["kwargs"])
    return list(_compare(entry["result"], answer.result, "", ordered))


def _fault_differences(entry: Entry, wanted: Entry, answer: Answer) -> list[str]:
    if answer.fault is None:
        return [
            f"no fault but {str(answer.result)[:200]}, recorded {wanted['faultCode']} {wanted['faultString'][:200]}"
        ]
    code = wanted["faultCode"] if wanted["faultCode"] is not None else entry["http_status"]
    return [] if answer.fault[0] == code else [f"fault {answer.fault}, recorded {code} {wanted['faultString'][:200]}"]


def _compare(real: Any, ours: Any, path: str, ordered: bool) -> Iterator[str]:
    if type(real) is not type(ours):
        yield f"{path}: {ours!r} is not {real!r}"
    elif isinstance(real, dict):
        for key, value in real.items():
            if key not in ours:
                yield f"{path}.{key}: missing"
            elif CHANGING.search(key):
                if type(value) is not type(ours[key]):
                    yield f"{path}.{key}: {ours[key]!r} is not like {value!r}"
            else:
                yield from _compare(value, ours[key], f"{path}.{key}", ordered)
    elif isinstance(real, list):
        yield from _compare_lists(real, ours, path, ordered)
    elif real != ours:
        yield f"{path}: {ours!r} is not {real!r}"


def _compare_lists(real: list[Any], ours: list[Any], path: str, ordered: bool) -> Iterator[str]:
    if len(real) != len(ours):
        yield f"{path}: {len(ours)} items, recorded {len(real)}"
        return
    if not ordered and all(isinstance(item, dict) and "id" in item for item in [*real, *ours]):
        real, ours = sorted(real, key=lambda item: item["id"]), sorted(ours, key=lambda item: item["id"])
    for number, (one, other) in enumerate(zip(real, ours, strict=True)):
        yield from _compare(one, other, f"{path}[{number}]", ordered)
