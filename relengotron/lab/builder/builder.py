"""How does the stand-in builder find and carry out its tasks?"""

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import koji
from koji import xmlrpcplus

from relengotron.lab.builder import images, repos
from relengotron.lab.builder.hub import Hub
from relengotron.lab.builder.job import Abandoned, Job
from relengotron.lab.builder.runroot import TOOLS, run_in_root

log = logging.getLogger(__name__)

Handler = Callable[[Job], Any]
SPEAKS_EVERY_S = 15.0

HANDLERS: Mapping[str, Handler] = {
    "tagBuild": repos.tag_build,
    "dependantTask": repos.run_dependants,
    "newRepo": repos.new_repo,
    "distRepo": repos.dist_repo,
    "createdistrepo": repos.create_dist_repo,
    "runroot": run_in_root,
    "image": images.make_images,
    "createImage": images.make_one_image,
    "livecd": repos.refuse,
    "livemedia": repos.refuse,
    "appliance": repos.refuse,
    "indirectionimage": repos.refuse,
}
CHILD_METHODS = frozenset({"createImage", "createdistrepo"})
FINISHED = frozenset(koji.TASK_STATES[name] for name in ("CLOSED", "CANCELED", "FAILED"))
OPEN = koji.TASK_STATES["OPEN"]
CHILD_DEADLINE = 300.0
CHILD_POLL = 0.1


class Builder:
    """Takes free tasks and runs some of them side by side; a cancelled task is abandoned at its next log line."""

    def __init__(
        self,
        session: koji.ClientSession,
        topdir: Path,
        compose_dir: Path,
        allowed_tools: Collection[str] = frozenset(TOOLS),
        threads: int = 2,
    ) -> None:
        """The session belongs to the host user and to this builder alone; it is logged in here if need be."""
        self._hub = Hub(session)
        self._topdir = topdir
        self._compose_dir = compose_dir
        self._tools = frozenset(allowed_tools)
        self._threads = threads
        self._pool = self._new_pool()
        self._running: dict[int, Future[None]] = {}
        self._called_off: dict[int, threading.Event] = {}
        self._hub.login()
        self._speaks_again_at = 0.0

    def run_once(self, *, wait: bool = True) -> int:
        """Start what is free, as far as there are threads, and by default wait for it; the number of tasks started."""
        self._say_that_we_live()
        self._forget_finished()
        self._notice_cancelled()
        started, arches = 0, self._hub.arches()
        for row in self._hub.free_tasks(HANDLERS.keys() - CHILD_METHODS):
            if len(self._running) >= self._threads:
                break
            if row["arch"] in arches and self._is_due(row) and self._hub.open(row["id"]):
                self._running[row["id"]] = self._pool.submit(self._carry_out, row)
                started += 1
        if wait:
            for future in list(self._running.values()):
                future.result()
            self._forget_finished()
        return started

    def _say_that_we_live(self) -> None:
        """As kojid does: a builder that was not heard of for some minutes is taken for dead."""
        if time.monotonic() >= self._speaks_again_at:
            self._hub.call("host.updateHost", float(len(self._running)), True)
            self._speaks_again_at = time.monotonic() + SPEAKS_EVERY_S

    def run_forever(self, stop_event: threading.Event, interval: float = 0.2) -> None:
        """Look for work until told to stop; a hub that is away is asked again."""
        while not stop_event.is_set():
            try:
                self.run_once(wait=False)
            except (koji.GenericError, OSError) as trouble:
                log.warning("the hub did not answer the builder", extra={"error": str(trouble)})
            stop_event.wait(interval)
        self.stop()

    def stop(self) -> None:
        """Call off what runs and end the threads; the builder may be used again."""
        for event in list(self._called_off.values()):
            event.set()
        self._pool.shutdown(wait=True)
        self._pool = self._new_pool()

    def _new_pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=self._threads, thread_name_prefix="builder")

    def _forget_finished(self) -> None:
        for task in [task for task, future in self._running.items() if future.done()]:
            self._running.pop(task).result()

    def _notice_cancelled(self) -> None:
        tasks = list(self._called_off)
        for task, state in self._hub.states(tasks).items():
            event = self._called_off.get(task)
            if state != OPEN and event:
                event.set()

    def _is_due(self, row: Mapping[str, Any]) -> bool:
        """A dependant task is left alone until all it waits for have finished: no thread waits for another."""
        if row["method"] != "dependantTask":
            return True
        waited = list(row["request"][0] or [])
        return all(state in FINISHED for state in self._hub.states(waited).values())

    def _carry_out(self, row: Mapping[str, Any]) -> None:
        """Run one opened task and report how it ended; what the report finds out of date is dropped."""
        try:
            self._report(row)
        except Abandoned:
            log.info("abandoned a cancelled task", extra={"task": row["id"]})
        except (koji.GenericError, OSError) as refused:
            log.info("the hub took no report", extra={"task": row["id"], "error": str(refused)})
        finally:
            self._called_off.pop(row["id"], None)

    def _report(self, row: Mapping[str, Any]) -> None:
        with tempfile.TemporaryDirectory(prefix=f"task-{row['id']}-") as scratch:
            job = self._job(row, Path(scratch))
            try:
                result = HANDLERS[job.method](job)
            except Abandoned:
                raise
            except koji.GenericError as failure:
                self._hub.fail(job.id, xmlrpcplus.Fault(failure.faultCode, str(failure)))
            except Exception as defect:  # noqa: BLE001 - like a real builder, which reports every exception to the hub
                text = f"{type(defect).__name__}: {defect}"
                self._hub.fail(job.id, xmlrpcplus.Fault(1, text))
            else:
                self._hub.close(job.id, result)

    def _job(self, row: Mapping[str, Any], scratch: Path) -> Job:
        called_off = self._called_off.setdefault(row["id"], threading.Event())
        return Job(
            id=row["id"],
            method=row["method"],
            request=list(row["request"] or []),
            owner=row.get("owner_name") or str(row["owner"]),
            hub=self._hub,
            topdir=self._topdir,
            compose_dir=self._compose_dir,
            tools=self._tools,
            scratch=scratch,
            run_child=partial(self._run_child, called_off),
            called_off=called_off,
        )

    def _run_child(self, parent_called_off: threading.Event, task: int) -> Any:
        """Carry out a child in the thread of its parent; its result, or its fault raised."""
        row = self._hub.call("getTaskInfo", task, request=True)
        if self._hub.open(task):
            owner = self._hub.call("getUser", row["owner"])
            self._carry_out({**row, "owner_name": owner["name"]})
        deadline = time.monotonic() + CHILD_DEADLINE
        while not self._hub.call("taskFinished", task):
            if parent_called_off.wait(CHILD_POLL):
                raise Abandoned
            if time.monotonic() > deadline:
                raise koji.GenericError(f"no end of task {task} after {CHILD_DEADLINE:.0f} s")
        return self._hub.call("getTaskResult", task)
