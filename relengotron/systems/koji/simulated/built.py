"""How does a task make a build: its beginning, its files, its end?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import koji

from .builder import host_of, owned_task
from .builds import (
    BUILDING,
    COMPLETE,
    add_type,
    announce_state,
    get_next_release,
    insert_build,
    required_build,
    set_state,
)
from .builds import FAILED as BUILD_FAILED
from .call import Call, convert, exposed
from .rpms import take_in
from .store import Row


@exposed("host.initBuild")
def init_build(call: Call, data: Row) -> int:
    """A package build begins; its id."""
    build = _begin_build(call, data)
    add_type(call, build, "rpm")
    return build


def _begin_build(call: Call, data: Row) -> int:
    task = owned_task(call, data["task_id"])
    return insert_build(call, {**data, "state": BUILDING, "completion_ts": None, "owner": task["owner"]})


@exposed("host.failBuild")
def fail_build(call: Call, task_id: Any, build_id: Any) -> None:
    """A build came to a bad end."""
    owned_task(call, task_id)
    row = call.store.row("build", convert(build_id, int))
    if row["state"] != BUILDING:
        raise koji.GenericError(f"cannot update build {build_id}, state: {koji.BUILD_STATES[row['state']]}")
    set_state(call, row["id"], BUILD_FAILED)


@exposed("host.initImageBuild")
def init_image_build(call: Call, task_id: Any, build_info: Row) -> Row:
    """An image build begins; what was asked for, with its id. Without a release the next free one is taken."""
    data = {"epoch": None, **build_info, "task_id": task_id}
    if data.get("release") is None:
        data["release"] = get_next_release(call, data)
    build = _begin_build(call, data)
    add_type(call, build, "image")
    return {**data, "id": build}


@exposed("host.completeImageBuild")
def complete_image_build(call: Call, task_id: Any, build_id: Any, results: Row) -> None:
    """An image build came to a good end."""
    owned_task(call, task_id)
    row = call.store.row("build", convert(build_id, int))
    old = row["state"]
    call.store["build"].update(row, state=COMPLETE, completion_ts=call.now)
    announce_state(call, row, old)


# -- build roots and files -----------------------------------------------------------------------------------------


@exposed("host.newBuildRoot")
def new_build_root(call: Call, repo: Any, arch: str, task_id: Any = None) -> int:
    """A build root from a repository; its id."""
    host = host_of(call)
    found = call.store["repo"].one(id=convert(repo, int))
    if found is None:
        raise koji.GenericError(f"No such repo: {repo}")
    root = call.store.sequences.next("buildroot")
    columns = {
        "host_id": host["id"],
        "repo_id": found["id"],
        "tag_id": found["tag_id"],
        "arch": arch,
        "task_id": task_id,
    }
    call.store["buildroot"].insert({"id": root, "state": 0, **columns})
    return root


@exposed("host.setBuildRootState")
def set_build_root_state(call: Call, brootid: Any, state: Any, task_id: Any = None) -> None:
    """A build root was made, used or removed."""
    host_of(call)
    row = call.store.row("buildroot", convert(brootid, int))
    call.store["buildroot"].update(row, state=koji.BR_STATES[state] if isinstance(state, str) else state)


@exposed("host.setBuildRootList", "host.updateBuildRootList")
def set_build_root_list(call: Call, brootid: Any, rpmlist: list[Row], task_id: Any = None) -> None:
    """What was installed in a build root; not kept."""
    host_of(call)
    call.store.row("buildroot", convert(brootid, int))


@exposed("host.completeBuild")
def complete_build(
    call: Call, task_id: Any, build_id: Any, srpm: str, rpms: list[str], brmap: Row | None = None, logs: Any = None
) -> Row:
    """Take the uploaded files of a task into its build, which is complete then."""
    owned_task(call, task_id)
    build = required_build(call, convert(build_id, int))
    if build["state"] != BUILDING:
        raise koji.GenericError(f"Unable to complete build: state is {koji.BUILD_STATES[build['state']]}")
    files = [call.topdir / "work" / relative for relative in (srpm, *rpms)]
    _assert_exist(files)
    for file in files:
        take_in(call, build, file)
    row = call.store.row("build", build["id"])
    roots = [call.store.row("buildroot", root) for root in set((brmap or {}).values())]
    tags = tuple(sorted({call.store.row("tag", root["tag_id"])["name"] for root in roots}))
    call.store["build"].update(row, state=COMPLETE, completion_ts=call.now, build_tags=tags)
    announce_state(call, row, BUILDING)
    return required_build(call, build["id"])


def _assert_exist(files: list[Path]) -> None:
    for file in files:
        if not file.exists():
            raise koji.GenericError(f"No such file: {file}")


@exposed("host.moveBuildToScratch")
def move_build_to_scratch(call: Call, task_id: Any, srpm: str, rpms: list[str], logs: Row | None = None) -> None:
    """Put the uploaded files of a scratch build into the owner's scratch folder."""
    folder, work = _scratch_folder(call, owned_task(call, task_id), task_id), call.topdir / "work"
    packages = [work / relative for relative in (srpm, *rpms)]
    _assert_exist(packages)
    for file in packages:
        _move_and_link(file, folder / file.name)
    for kind, names in (logs or {}).items():
        for relative in names:
            _move_and_link(work / relative, folder.joinpath("logs", kind or ".", Path(relative).name))


@exposed("host.moveImageBuildToScratch")
def move_image_build_to_scratch(call: Call, task_id: Any, results: Row) -> None:
    """Put the uploaded files of scratch images into the owner's scratch folder."""
    task = owned_task(call, task_id)
    for result in convert(results, dict, check_only=True).values():
        if "task_id" not in result:
            continue
        source = call.topdir / "work" / str(koji.PathInfo.taskrelpath(None, result["task_id"]))
        folder = _scratch_folder(call, task, result["task_id"])
        for name in (*result["files"], *result["logs"]):
            _move_and_link(source / name, folder / name)


def _scratch_folder(call: Call, task: Row, task_id: Any) -> Path:
    owner = call.store.row("users", task["owner"])["name"]
    return call.topdir.joinpath("scratch", owner, f"task_{task_id}")


def _move_and_link(source: Path, target: Path) -> None:
    """The file moves; where it was stays a link to it."""
    _assert_exist([source])
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(source, target)
    source.symlink_to(target)
