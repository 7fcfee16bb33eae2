"""Were exactly those Koji tasks made that should have been made?"""

import json
from collections import Counter
from functools import partial
from typing import Any

from relengotron.lab.verify.expectation import TasksExpected
from relengotron.lab.verify.hub import hub_at
from relengotron.lab.verify.report import Check, Wrong, judged


def check_tasks(hub_url: str, user: str, expected: tuple[TasksExpected, ...]) -> list[Check]:
    """One check per expected kind of task, and one that there are no others."""
    made: list[dict[str, Any]] = []
    listed = judged("koji", lambda: _list(hub_url, user, made))
    if not listed.passed:
        return [listed]
    counts = [judged("koji", partial(_count, each, made)) for each in expected]
    return [listed, *counts, judged("koji", lambda: _no_others(expected, made))]


def _list(hub_url: str, user: str, made: list[dict[str, Any]]) -> str:
    with hub_at(hub_url) as hub:
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
