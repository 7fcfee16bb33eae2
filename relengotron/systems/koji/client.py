"""How Koji is asked: over XML-RPC, with few and batched requests."""

import base64
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import koji

from relengotron.errors import NotTaggedThere, RelengError, RequestRefused, SystemUnreachable
from relengotron.systems.koji import reading, standing
from relengotron.systems.koji.calls import Call, Calls, raise_refusal
from relengotron.systems.koji.port import (
    Build,
    Host,
    ImageBuild,
    Rpm,
    Runroot,
    Standing,
    Tag,
    TagChanges,
    TaggedBuild,
    Target,
    Task,
    TaskState,
)
from relengotron.systems.koji.session import Sessions

TASKS_IN_ONE_REQUEST: Final = 500
LAST_CHUNK: Final = -1
CLOCKS_DIFFER_BY: Final = 60.0
"""How many seconds the clocks of the hub and of this machine may differ when a lost task is looked for."""


class KojiHub:
    """The Koji port over the wire."""

    def __init__(self, sessions: Sessions, about: str | None = None) -> None:
        """Nothing is asked before the first verb; ``about`` names who acts, where nobody logs in."""
        self._calls = Calls(sessions)
        self._about = about
        self._logs_in = not sessions.are_anonymous
        self._own_id: int | None = None
        self._has_previews = True

    def builds(self, nvrs: Collection[str]) -> Mapping[str, Build]:
        """The complete builds among these names; unknown and unfinished ones are left out."""
        names = sorted(nvrs)
        infos = self._calls.read_many([("getBuild", (nvr,), {}) for nvr in names])
        complete = {nvr: info for nvr, info in zip(names, infos, strict=True) if reading.is_complete(info)}
        rpms = self._calls.read_many([("listRPMs", (), {"buildID": info["id"]}) for info in complete.values()], [])
        return {
            nvr: Build(
                nvr,
                reading.package_of(info),
                tuple(reading.rpm(row) for row in rows),
                reading.when(info.get("creation_ts")),
            )
            for (nvr, info), rows in zip(complete.items(), rpms, strict=True)
        }

    def tags_of(self, nvrs: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The tags every build carries itself, without inheritance; unknown builds carry none."""
        names = sorted(nvrs)
        answers = self._calls.read_many([("listTags", (), {"build": nvr}) for nvr in names], missing=[])
        return {nvr: frozenset(tag["name"] for tag in tags) for nvr, tags in zip(names, answers, strict=True)}

    def tagged(self, tag: str) -> tuple[TaggedBuild, ...]:
        """The builds of a tag itself, the newest tagging first; as in Koji, blocked packages do not show."""
        return tuple(map(reading.tagged_build, self._calls.read("listTagged", tag)))

    def tagged_of(self, tag: str, packages: Collection[str]) -> tuple[TaggedBuild, ...]:
        """The builds of these packages in a tag itself, the newest tagging of each first: that is the latest."""
        asked: list[Call] = [("listTagged", (tag,), {"package": package}) for package in sorted(set(packages))]
        return tuple(reading.tagged_build(row) for rows in self._of_tags(asked) for row in rows)

    def tag_changes(self, tags: Collection[str], since: int | None) -> TagChanges:
        """What came into these tags or left them after an event, in one request; nothing without an event."""
        names = sorted(tags) if since is not None else []
        filters = {"tables": ["tag_listing"], "afterEvent": since}
        asked: list[Call] = [("queryHistory", (), {**filters, "tag": tag}) for tag in names]
        # The event is asked for first: what happens meanwhile is seen twice, not never.
        event, *answers = self._of_tags([("getLastEvent", (), {}), *asked])
        found = {tag: reading.came_or_left(rows) for tag, rows in zip(names, answers, strict=True)}
        return TagChanges(event["id"], found)

    def event_before(self, when: datetime) -> int:
        """The last event before then, 0 before the first: what changed since is what changed after it."""
        found = self._calls.read("getLastEvent", before=when.timestamp(), strict=False)
        return 0 if found is None else int(found["id"])

    def tags_ever(self, nvrs: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The tags that every build carries itself, or carried; those that are no more have no name left."""
        names = sorted(nvrs)
        asked: list[Call] = [("queryHistory", (), {"tables": ["tag_listing"], "build": nvr}) for nvr in names]
        answers = self._calls.read_many(asked, missing={})
        return {nvr: reading.tags_of_history(rows) for nvr, rows in zip(names, answers, strict=True)}

    def unsigned_rpms(self, builds: Collection[Build], key: str) -> Mapping[str, tuple[str, ...]]:
        """Per build (NVR) the files that lack a signature of this key; signed builds are left out."""
        wanted = [(build, rpm) for build in builds for rpm in build.rpms]
        asked: list[Call] = [("queryRPMSigs", (), {"rpm_id": rpm.id, "sigkey": key}) for _, rpm in wanted]
        unsigned: dict[str, list[str]] = {}
        for (build, rpm), signatures in zip(wanted, self._calls.read_many(asked, missing=[]), strict=True):
            if not any(signature["sigkey"] == key for signature in signatures):
                unsigned.setdefault(build.nvr, []).append(rpm.file_name)
        return {nvr: tuple(files) for nvr, files in unsigned.items()}

    def signed(self, builds: Collection[Build], keys: Collection[str]) -> frozenset[str]:
        """The builds (NVRs) whose every RPM carries a signature of one of these keys."""
        wanted = [(build.nvr, rpm) for build in builds for rpm in build.rpms]
        asked: list[Call] = [("queryRPMSigs", (), {"rpm_id": rpm.id}) for _, rpm in wanted]
        answers = zip(wanted, self._calls.read_many(asked, missing=[]), strict=True)
        unsigned = {nvr for (nvr, _), found in answers if not any(each["sigkey"] in keys for each in found)}
        return frozenset(build.nvr for build in builds) - unsigned

    def write_signed_copies(self, builds: Collection[Build], key: str) -> None:
        """Every RPM of these builds has its signed copy in the store; may be repeated."""
        rpms: list[Rpm] = [rpm for build in builds for rpm in build.rpms]
        raise_refusal(self._calls.act_many([("writeSignedRPM", (rpm.id, key), {}) for rpm in rpms]))

    def move_builds(self, moves: Sequence[tuple[str, str, str]]) -> Mapping[str, int | RelengError]:
        """Ask for (build, from tag, to tag) moves in one request; per build the task, or why there is none."""
        answers = self._calls.act_many([("moveBuild", (source, target, nvr), {}) for nvr, source, target in moves])
        return {
            nvr: answer if isinstance(answer, RelengError) else int(answer)
            for (nvr, _, _), answer in zip(moves, answers, strict=True)
        }

    def before_moves(self, moves: Sequence[tuple[str, str, str]]) -> Mapping[str, Standing]:
        """How each build of these (build, from tag, to tag) moves stands, asked together; changes nothing."""
        user = self._user_id() if self._has_previews else None
        asked = standing.questions(moves, user)
        try:
            return standing.standings(moves, asked, self._calls.read_many(asked))
        except RequestRefused as refused:
            if not self._has_previews or not any(
                f"Invalid method: {each}" in str(refused) for each in standing.PREVIEWS
            ):
                raise
        self._has_previews = False
        return self.before_moves(moves)

    def untag_builds(self, builds: Sequence[tuple[str, str]]) -> None:
        """These (build, tag) pairs are no more; those that never were are fine."""
        raise_refusal(self._calls.act_many([("untagBuild", (tag, nvr), {"strict": False}) for nvr, tag in builds]))

    def runroot(self, asked: Runroot) -> int:
        """Start a command in a build root; the id of its task."""
        options: dict[str, Any] = {}
        if asked.packages:
            options["packages"] = list(asked.packages)
        if asked.mounts:
            options["mounts"] = list(asked.mounts)
        return int(self._calls.act("runroot", asked.tag, asked.arch, list(asked.command), **options))

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
        return int(self._calls.act("buildImageOz", *words, opts=options))

    def upload(self, directory: str, name: str, content: bytes) -> str:
        """Put a small file where tasks can read it; its path as tasks name it.

        It is sent as the last chunk of itself: a first chunk may not be sent again after a lost answer.
        """
        checksum = koji.util.md5_constructor(content).hexdigest()
        encoded = base64.b64encode(content).decode("ascii")
        if not self._calls.act("uploadFile", directory, name, len(content), checksum, LAST_CHUNK, encoded):
            raise SystemUnreachable(f"the upload of {directory}/{name} arrived damaged at Koji")
        return f"{directory}/{name}"

    def tasks(self, ids: Collection[int]) -> Mapping[int, Task]:
        """All these tasks in one request; unknown ones are left out."""
        if not ids:
            return {}
        rows = self._calls.read("getTaskInfo", sorted(ids), request=True)
        return {row["id"]: reading.task(row) for row in rows if row is not None}

    def finished(self, ids: Collection[int]) -> frozenset[int]:
        """Those of these tasks that have come to an end, whatever end."""
        wanted, rows = sorted(ids), list[Any]()
        for start in range(0, len(wanted), TASKS_IN_ONE_REQUEST):
            rows += self._calls.read("getTaskInfo", wanted[start : start + TASKS_IN_ONE_REQUEST])
        return frozenset(row["id"] for row in rows if row is not None and reading.task_state(row).is_final)

    def task_result(self, task: int) -> Any:
        """What a closed task returned."""
        return self._calls.read("getTaskResult", task)

    def why_failed(self, task: int) -> str:
        """The words of the deepest failed descendant of a task."""
        children = [child for row in self._calls.read("getTaskDescendents", task).values() for child in row]
        failed = [child["id"] for child in children if reading.task_state(child) is TaskState.FAILED]
        return self._words_of(max([task, *failed]))

    def find_tasks(self, method: str, since: datetime, marker: str) -> tuple[Task, ...]:
        """Our own tasks since then whose request contains the marker, oldest first: the way to adopt a lost one."""
        return tuple(task for task in self._own_tasks(method, since) if marker in repr(task.request))

    def cancel_task(self, task: int) -> None:
        """The task and its children stop; finished ones stay as they are."""
        self._calls.act("cancelTask", task)

    def move_tasks_since(self, since: datetime, nvr: str, source: str, target: str) -> tuple[Task, ...]:
        """Our own move tasks since then for this build and these tags, oldest first."""
        return self.moves_since(since, [(nvr, source, target)])[nvr]

    def moves_since(self, since: datetime, moves: Sequence[tuple[str, str, str]]) -> Mapping[str, tuple[Task, ...]]:
        """Our own move tasks since then per build of these (build, from tag, to tag) moves, oldest first."""
        tags = sorted({tag for _, source, target in moves for tag in (source, target)})
        tag_ids = dict(zip(tags, self._calls.read_many([("getTagID", (tag,), {}) for tag in tags]), strict=True))
        build_ids = self._calls.read_many([("findBuildID", (nvr,), {}) for nvr, _, _ in moves])
        asked = {
            nvr: (tag_ids[target], build, tag_ids[source])
            for (nvr, source, target), build in zip(moves, build_ids, strict=True)
        }
        found: dict[tuple[Any, ...], list[Task]] = {}
        for task in self._own_tasks("tagBuild", since):
            if len(task.request) == 4:
                found.setdefault((task.request[0], task.request[1], task.request[3]), []).append(task)
        return {nvr: tuple(found.get(key, ())) for nvr, key in asked.items()}

    def request_repo(self, tag: str) -> int:
        """Ask for the build root repo of a tag to be made anew; the id of the task."""
        return int(self._calls.act("newRepo", tag))

    def repo_tasks(self, tag: str, since: datetime) -> tuple[Task, ...]:
        """The tasks of anybody that make a tag's build root repo and did not begin before then, oldest first."""
        of_repos = {"method": "newRepo", "decode": True}
        waiting = {**of_repos, "state": [koji.TASK_STATES["FREE"], koji.TASK_STATES["ASSIGNED"]]}
        # A clock that is ahead must not make a repo out of one that lacks what came since.
        begun = {**of_repos, "startedAfter": since.timestamp() + CLOCKS_DIFFER_BY}
        page = {"limit": TASKS_IN_ONE_REQUEST, "order": "-id"}
        asked: list[Call] = [("listTasks", (), {"opts": each, "queryOpts": page}) for each in (waiting, begun)]
        tag_id, *answers = self._calls.read_many([("getTagID", (tag,), {}), *asked])
        tasks = {row["id"]: reading.task(row) for rows in answers for row in rows}
        return tuple(each for _, each in sorted(tasks.items()) if each.request and each.request[0] in (tag, tag_id))

    def tags(self, names: Collection[str]) -> Mapping[str, Tag]:
        """The tags of these names; unknown ones are left out."""
        rows = self._calls.read_many([("getTag", (name,), {}) for name in sorted(names)])
        return {row["name"]: reading.tag(row) for row in rows if row is not None}

    def packages_in(self, tag: str) -> frozenset[str]:
        """The packages whose builds may be in a tag, own or inherited; blocked ones are left out."""
        rows = self._calls.read("listPackages", tagID=tag, inherited=True)
        return frozenset(row["package_name"] for row in rows if not row["blocked"])

    def target(self, name: str) -> Target | None:
        """The build target of this name."""
        row = self._calls.read("getBuildTarget", name)
        return None if row is None else reading.target(row)

    def hosts(self, channel: str) -> tuple[Host, ...]:
        """The enabled builders of a channel."""
        known = self._calls.read("getChannel", channel)
        if known is None:
            raise RequestRefused(f"Koji has no channel {channel}")
        return tuple(reading.host(row) for row in self._calls.read("listHosts", channelID=known["id"], enabled=True))

    def why_not_move(self, source: str, target: str) -> str | None:
        """Why we may not move the latest build of one tag to the other; None when we may. Changes nothing."""
        user = self._own_user_id()
        for tag in (source, target):
            access, _may_force, reason = self._calls.read("checkTagAccess", tag, user_id=user)
            if not access:
                return f"{tag}: {reason}"
        build = self._latest_build_in(source)
        if build is None:
            return None
        asked = {"tag": target, "fromtag": source, "build": build, "operation": "move", "user_id": user}
        try:
            answer = self._calls.read("evalPolicy", "tag", asked)
        except RequestRefused as refused:
            if "no such policy" in str(refused):
                return None
            raise
        return None if str(answer).partition(" ")[0] == "allow" else f"policy for {build}: {answer}"

    def identity(self) -> str:
        """Who the hub says it is and as whom we are logged in."""
        user = self._calls.read_as_ourselves("getLoggedInUser")
        return f"Koji {self._version()}, logged in as {user['name'] if user else 'nobody'}"

    def permissions(self) -> frozenset[str]:
        """The permissions of our user."""
        return frozenset(self._calls.read_as_ourselves("getPerms"))

    def _of_tags(self, asked: Sequence[Call]) -> list[Any]:
        """What Koji knows of tags that must be there: an unknown one has no empty answer."""
        answers = self._calls.read_many(asked)
        if None in answers:
            method, words, named = asked[answers.index(None)]
            raise RequestRefused(f"Koji knows no tag {named.get('tag', *words)}, asked by {method}")
        return answers

    def _version(self) -> str:
        try:
            return str(self._calls.read("getKojiVersion"))
        except RequestRefused as refused:
            if "Invalid method" in str(refused):
                return "older than 1.23"
            raise

    def _user_id(self) -> int | None:
        """Who acts, also where we only look; None where nobody knows."""
        if self._logs_in:
            return self._own_user_id()
        if self._own_id is None and self._about is not None:
            user = self._calls.read("getUser", self._about)
            self._own_id = None if user is None else int(user["id"])
        return self._own_id

    def _own_user_id(self) -> int:
        if self._own_id is None:
            self._own_id = int(self._calls.read_as_ourselves("getLoggedInUser")["id"])
        return self._own_id

    def _own_tasks(self, method: str, since: datetime) -> list[Task]:
        """All of them, page by page: the lost one may be any."""
        after = since.timestamp() - CLOCKS_DIFFER_BY
        filters = {"owner": self._own_user_id(), "method": method, "createdAfter": after, "decode": True}
        rows: dict[int, Task] = {}
        while True:
            page = {"limit": TASKS_IN_ONE_REQUEST, "offset": len(rows), "order": "id"}
            found = self._calls.read("listTasks", opts=filters, queryOpts=page)
            rows |= {row["id"]: reading.task(row) for row in found}
            if len(found) < TASKS_IN_ONE_REQUEST:
                return list(rows.values())

    def _latest_build_in(self, tag: str) -> str | None:
        options = {"tables": ["tag_listing"], "tag": tag, "active": True}
        rows = self._calls.read("queryHistory", **options, queryOpts={"limit": 1, "order": "-create_event"})
        return next(("{name}-{version}-{release}".format(**row) for row in rows.get("tag_listing", ())), None)

    def _words_of(self, task: int) -> str:
        try:
            answer = self._calls.read("getTaskResult", task, raise_fault=False)
        except (RequestRefused, NotTaggedThere) as told:
            return str(told)
        if isinstance(answer, Mapping) and "faultString" in answer:
            return f"task {task}: {str(answer['faultString']).strip()}"
        return f"task {task} failed without a word"
