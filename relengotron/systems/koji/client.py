"""How Koji is asked: over XML-RPC, with few and batched requests."""

import base64
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import koji

from relengotron.errors import RelengError, RequestRefused
from relengotron.systems.koji.port import Build, ImageBuild, Rpm, Runroot, Task, TaskState
from relengotron.systems.koji.session import Sessions, koji_failures

T = TypeVar("T")

TASK_STATES = {
    "FREE": TaskState.FREE,
    "OPEN": TaskState.OPEN,
    "CLOSED": TaskState.CLOSED,
    "CANCELED": TaskState.CANCELLED,
    "ASSIGNED": TaskState.ASSIGNED,
    "FAILED": TaskState.FAILED,
}
CALLS_IN_ONE_REQUEST = 200
OWN_TASKS_AT_MOST = 2000


class KojiHub:
    """The Koji port over the wire."""

    def __init__(self, sessions: Sessions) -> None:
        """Nothing is asked before the first verb."""
        self._sessions = sessions
        self._own_id: int | None = None

    def builds(self, nvrs: Collection[str]) -> Mapping[str, Build]:
        """The complete builds among these names; unknown and unfinished ones are left out."""
        names = sorted(nvrs)
        infos = self._read_many([("getBuild", (nvr,), {}) for nvr in names])
        complete = {nvr: info for nvr, info in zip(names, infos, strict=True) if _is_complete(info)}
        rpms = self._read_many([("listRPMs", (), {"buildID": info["id"]}) for info in complete.values()])
        return {
            nvr: Build(nvr, info["package_name"], tuple(_rpm(row) for row in rows))
            for (nvr, info), rows in zip(complete.items(), rpms, strict=True)
        }

    def tags_of(self, nvrs: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The tags every build carries itself, without inheritance; unknown builds carry none."""
        names = sorted(nvrs)
        answers = self._read_many([("listTags", (), {"build": nvr}) for nvr in names], missing=[])
        return {nvr: frozenset(tag["name"] for tag in tags) for nvr, tags in zip(names, answers, strict=True)}

    def unsigned_rpms(self, builds: Collection[Build], key: str) -> Mapping[str, tuple[str, ...]]:
        """Per build (NVR) the files that lack a signature of this key; signed builds are left out."""
        wanted = [(build, rpm) for build in builds for rpm in build.rpms]
        answers = self._read_many([("queryRPMSigs", (), {"rpm_id": rpm.id, "sigkey": key}) for _, rpm in wanted])
        unsigned: dict[str, list[str]] = {}
        for (build, rpm), signatures in zip(wanted, answers, strict=True):
            if not signatures:
                unsigned.setdefault(build.nvr, []).append(rpm.file_name)
        return {nvr: tuple(files) for nvr, files in unsigned.items()}

    def write_signed_copies(self, builds: Collection[Build], key: str) -> None:
        """Every RPM of these builds has its signed copy in the store; may be repeated."""
        calls: list[_Call] = [("writeSignedRPM", (rpm.id, key), {}) for build in builds for rpm in build.rpms]
        self._write_many(calls)

    def move_builds(self, moves: Sequence[tuple[str, str, str]]) -> Mapping[str, int]:
        """Ask for (build, from tag, to tag) moves in one request; per build the task that does it."""
        calls: list[_Call] = [("moveBuild", (source, target, nvr), {}) for nvr, source, target in moves]
        tasks = self._write_many(calls)
        return {nvr: int(task) for (nvr, _, _), task in zip(moves, tasks, strict=True)}

    def untag_builds(self, builds: Sequence[tuple[str, str]]) -> None:
        """These (build, tag) pairs are no more; those that never were are fine."""
        self._write_many([("untagBuild", (tag, nvr), {"strict": False}) for nvr, tag in builds])

    def runroot(self, asked: Runroot) -> int:
        """Start a command in a build root; the id of its task."""
        options: dict[str, Any] = {}
        if asked.packages:
            options["packages"] = list(asked.packages)
        if asked.mounts:
            options["mounts"] = list(asked.mounts)
        return int(self._write("runroot", asked.tag, asked.arch, list(asked.command), **options))

    def build_image(self, asked: ImageBuild) -> int:
        """Start a scratch image build; the id of its task."""
        options = {
            "scratch": True,
            "release": asked.release,
            "kickstart": asked.kickstart,
            "format": list(asked.formats),
            "distro": asked.distro,
            "disk_size": str(asked.disk_size_gib),
        }
        words = (asked.name, asked.version, list(asked.arches), asked.target, asked.install_tree)
        return int(self._write("buildImageOz", *words, opts=options))

    def upload(self, directory: str, name: str, content: bytes) -> str:
        """Put a small file where tasks can read it; its path as tasks name it. The same file may come again."""
        checksum = koji.util.md5_constructor(content).hexdigest()
        encoded = base64.b64encode(content).decode("ascii")
        try:
            self._write("uploadFile", directory, name, len(content), checksum, 0, encoded)
        except RequestRefused as refused:
            if "file already exists" not in str(refused) or not self._has_upload(directory, name, checksum):
                raise
        return f"{directory}/{name}"

    def _has_upload(self, directory: str, name: str, checksum: str) -> bool:
        found = self._write("checkUpload", directory, name, verify="md5")
        return found is not None and found["hexdigest"] == checksum

    def tasks(self, ids: Collection[int]) -> Mapping[int, Task]:
        """All these tasks in one request; unknown ones are left out."""
        if not ids:
            return {}
        rows = self._read("getTaskInfo", sorted(ids), request=True)
        return {row["id"]: _task(row) for row in rows if row is not None}

    def task_result(self, task: int) -> Any:
        """What a closed task returned."""
        return self._read("getTaskResult", task)

    def why_failed(self, task: int) -> str:
        """The words of the deepest failed descendant of a task."""
        descendants = self._read("getTaskDescendents", task)
        failed = {task} | {
            child["id"]
            for children in descendants.values()
            for child in children
            if koji.TASK_STATES[child["state"]] == "FAILED"
        }
        return self._words_of(max(failed))

    def find_tasks(self, method: str, since: datetime, marker: str) -> tuple[Task, ...]:
        """Our own tasks since then whose request contains the marker, oldest first: the way to adopt a lost one."""
        return tuple(task for task in self._own_tasks(method, since) if marker in repr(task.request))

    def cancel_task(self, task: int) -> None:
        """The task and its children stop; finished ones stay as they are."""
        self._write("cancelTask", task)

    def move_tasks_since(self, since: datetime, nvr: str, source: str, target: str) -> tuple[Task, ...]:
        """Our own move tasks since then for this build and these tags, oldest first."""
        build, to_tag, from_tag = self._read_many(
            [("findBuildID", (nvr,), {}), ("getTagID", (target,), {}), ("getTagID", (source,), {})]
        )
        return tuple(
            task
            for task in self._own_tasks("tagBuild", since)
            if len(task.request) == 4
            and (task.request[0], task.request[1], task.request[3]) == (to_tag, build, from_tag)
        )

    def identity(self) -> str:
        """Who the hub says it is and as whom we are logged in."""
        version = self._read("getKojiVersion")
        user = self._write_session(lambda session: session.getLoggedInUser())
        return f"Koji {version}, logged in as {user['name'] if user else 'nobody'}"

    def permissions(self) -> frozenset[str]:
        """The permissions of our user."""
        return frozenset(self._write_session(lambda session: session.getPerms()))

    def _own_tasks(self, method: str, since: datetime) -> list[Task]:
        if self._own_id is None:
            self._own_id = self._write_session(lambda session: session.getLoggedInUser())["id"]
        filters = {"owner": self._own_id, "method": method, "createdAfter": since.timestamp() - 60, "decode": True}
        rows = self._read("listTasks", opts=filters, queryOpts={"limit": OWN_TASKS_AT_MOST, "order": "id"})
        return [_task(row) for row in rows]

    def _words_of(self, task: int) -> str:
        try:
            with koji_failures(acting=False):
                answer = self._sessions.reader.getTaskResult(task, raise_fault=False)
        except RelengError as told:
            return str(told)
        if isinstance(answer, Mapping) and "faultString" in answer:
            return f"task {task}: {str(answer['faultString']).strip()}"
        return f"task {task} failed without a word"

    def _read(self, method: str, *words: Any, **named: Any) -> Any:
        with koji_failures(acting=False):
            return self._sessions.reader.callMethod(method, *words, **named)

    def _read_many(self, calls: Sequence["_Call"], missing: Any = None) -> list[Any]:
        """The answers in order; where the hub says that a thing does not exist, ``missing``."""
        answers: list[Any] = []
        for group in _groups(calls):
            with koji_failures(acting=False):
                for answer in _multicall(self._sessions.reader, group):
                    answers.append(missing if isinstance(answer, koji.GenericError) else answer)
        return answers

    def _write(self, method: str, *words: Any, **named: Any) -> Any:
        return self._write_session(lambda session: session.callMethod(method, *words, **named))

    def _write_many(self, calls: Sequence["_Call"]) -> list[Any]:
        """The answers in order; the first refusal is raised after all were asked."""
        answers: list[Any] = []
        for group in _groups(calls):
            answers += self._write_session(partial(_multicall, calls=group))
        refused = [answer for answer in answers if isinstance(answer, koji.GenericError)]
        if refused:
            with koji_failures(acting=True):
                raise refused[0]
        return answers

    def _write_session(self, act: Callable[[Any], T]) -> T:
        """Act under our name; a session the hub has forgotten is opened anew, for then nothing was done."""
        try:
            with koji_failures(acting=True):
                return act(self._sessions.writer)
        except RequestRefused as refused:
            if not isinstance(refused.__cause__, koji.AuthError):
                raise
            self._sessions.forget_writer()
            with koji_failures(acting=True):
                return act(self._sessions.writer)


_Call = tuple[str, tuple[Any, ...], dict[str, Any]]


def _groups(calls: Sequence[_Call]) -> Iterable[Sequence[_Call]]:
    return (calls[start : start + CALLS_IN_ONE_REQUEST] for start in range(0, len(calls), CALLS_IN_ONE_REQUEST))


def _multicall(session: Any, calls: Sequence[_Call]) -> list[Any]:
    with session.multicall() as batch:
        asked = [batch.callMethod(method, *words, **named) for method, words, named in calls]
    return [_answer_or_refusal(call) for call in asked]


def _answer_or_refusal(call: Any) -> Any:
    try:
        return call.result
    except koji.ServerOffline:
        raise
    except koji.GenericError as refused:
        return refused


def _is_complete(info: Any) -> bool:
    return info is not None and koji.BUILD_STATES[info["state"]] == "COMPLETE"


def _rpm(row: Mapping[str, Any]) -> Rpm:
    return Rpm(row["id"], row["name"], row["version"], row["release"], row["arch"])


def _task(row: Mapping[str, Any]) -> Task:
    return Task(
        id=row["id"],
        method=row["method"],
        state=TASK_STATES[koji.TASK_STATES[row["state"]]],
        arch=row.get("arch") or "",
        created_at=_when(row.get("create_ts")),
        started_at=_when(row.get("start_ts")),
        completed_at=_when(row.get("completion_ts")),
        request=tuple(row.get("request") or ()),
    )


def _when(stamp: float | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)
