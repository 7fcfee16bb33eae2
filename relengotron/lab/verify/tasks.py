"""Were exactly those Koji tasks made that should have been made?"""

import http.client
import json
import xmlrpc.client
from collections import Counter
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from relengotron.lab.verify.expectation import TasksExpected
from relengotron.lab.verify.report import Check, Wrong, judged

_TIMEOUT = 30.0


class _Transport(xmlrpc.client.Transport):
    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = super().make_connection(host)
        connection.timeout = _TIMEOUT
        return connection


class _SafeTransport(xmlrpc.client.SafeTransport):
    def make_connection(self, host: Any) -> http.client.HTTPSConnection:
        connection = super().make_connection(host)
        connection.timeout = _TIMEOUT
        return connection


def check_tasks(hub_url: str, user: str, expected: tuple[TasksExpected, ...]) -> list[Check]:
    """One check per expected kind of task, and one that there are no others."""
    made: list[dict[str, Any]] = []
    listed = judged("koji", lambda: _list(hub_url, user, made))
    if not listed.passed:
        return [listed]
    counts = [judged("koji", partial(_count, each, made)) for each in expected]
    return [listed, *counts, judged("koji", lambda: _no_others(expected, made))]


def _list(hub_url: str, user: str, made: list[dict[str, Any]]) -> str:
    transport = _SafeTransport() if urlsplit(hub_url).scheme == "https" else _Transport()
    with xmlrpc.client.ServerProxy(hub_url, transport=transport, allow_none=True) as hub:
        found: Any = hub.getUser(user)
        if not found:
            raise Wrong(f"Koji knows no user {user}")
        tasks: Any = hub.listTasks({"owner": found["id"], "decode": True}, {})
    made += [task for task in tasks if task.get("parent") is None]
    return f"{user} made {len(made)} tasks: {dict(Counter(str(task['method']) for task in made))}"


def _is_one_of(expected: TasksExpected, task: dict[str, Any]) -> bool:
    return task["method"] == expected.method and expected.marker in json.dumps(task.get("request"), default=str)


def _count(expected: TasksExpected, made: list[dict[str, Any]]) -> str:
    found = [task["id"] for task in made if _is_one_of(expected, task)]
    told = f"{expected.method} tasks with {expected.marker!r}"
    if len(found) != expected.count:
        raise Wrong(f"{len(found)} {told} {found}, should be {expected.count}")
    return f"{len(found)} {told}, as should be"


def _no_others(expected: tuple[TasksExpected, ...], made: list[dict[str, Any]]) -> str:
    others = [
        f"{task['id']} ({task['method']})" for task in made if not any(_is_one_of(each, task) for each in expected)
    ]
    if others:
        raise Wrong(f"{len(others)} tasks that nobody should have made: {', '.join(others[:10])}")
    return "no task that nobody should have made"
