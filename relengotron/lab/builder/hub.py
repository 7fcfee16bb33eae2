"""How does the builder speak with the hub?"""

import threading
from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

import koji
from koji import xmlrpcplus

from relengotron.lab.bits.upload import upload_file

UNKNOWN_METHOD = "Invalid method"


class Hub:
    """One logged-in session that several threads may use, one call at a time."""

    def __init__(self, session: koji.ClientSession) -> None:
        """Take over a session that the caller made for the host user."""
        self._session = session
        self._lock = threading.RLock()

    def login(self) -> None:
        """Log in if need be and lock out any other session of this host, as a real builder does."""
        with self._lock:
            if not self._session.logged_in:
                self._session.login()
            self._session.exclusiveSession(force=True)

    def call(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """One call by its full name."""
        with self._lock:
            target = self._session
            for part in method.split("."):
                target = getattr(target, part)
            return target(*arguments, **keywords)

    def arches(self) -> frozenset[str]:
        """The arches this host may build for; none while it is disabled."""
        host = self.call("host.getHost")
        if not host["enabled"]:
            return frozenset()
        written = (host["arches"] or "").split()
        return frozenset({"noarch", *written, *(str(koji.canonArch(arch)) for arch in written)})

    def free_tasks(self, methods: Collection[str]) -> list[dict[str, Any]]:
        """Tasks nobody works on yet, oldest of the most urgent first, with decoded requests."""
        opts = {"state": [koji.TASK_STATES["FREE"]], "decode": True}
        rows = cast("list[dict[str, Any]]", self.call("listTasks", opts, {"limit": 100, "order": "priority,id"}))
        return [row for row in rows if row["method"] in methods]

    def states(self, tasks: list[int]) -> dict[int, int]:
        """The state of each task."""
        if not tasks:
            return {}
        rows = self.call("getTaskInfo", tasks)
        return {task: row["state"] for task, row in zip(tasks, rows, strict=True) if row}

    def open(self, task: int) -> bool:
        """Take a task; False if another was faster or it is not free any more."""
        return bool(self.call("host.openTask", task))

    def close(self, task: int, result: Any) -> None:
        """Report success."""
        self.call("host.closeTask", task, _packed((result,)))

    def fail(self, task: int, fault: koji.xmlrpcplus.Fault) -> None:
        """Report failure."""
        self.call("host.failTask", task, _packed(fault))

    def subtask(self, method: str, arguments: list[Any], parent: int, **options: Any) -> int:
        """Make a child task; its id."""
        return int(self.call("host.subtask", method, arguments, parent, **options))

    def upload(self, task: int, file: Path, name: str | None = None) -> None:
        """Put a file among the output of a task."""
        with self._lock:
            upload_file(self._session, file, koji.pathinfo.taskrelpath(task), name)


def _packed(value: Any) -> str:
    if isinstance(value, xmlrpcplus.Fault):
        return str(xmlrpcplus.dumps(value, allow_none=1))
    return str(xmlrpcplus.dumps(value, methodresponse=1, allow_none=1))
