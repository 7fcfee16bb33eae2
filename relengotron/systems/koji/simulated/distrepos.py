"""How is a repository for users asked for: content of a tag, signed with chosen keys?"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import koji

from .call import Call, convert, exposed
from .inheritance import get_build_config
from .repos import INIT, announce, insert_repo, repo_info
from .rpmlookup import required_rpm, rpm_path, signed_path
from .store import Row
from .tags import required_tag
from .tasks import ASSIGNED, FREE, OPEN, cancel, decoded, make_task


@exposed("distRepo")
def dist_repo(call: Call, tag: Any, keys: Any, **task_opts: Any) -> int:
    """Ask for a repository for users; the task's id. A missing ``arch`` breaks the hub, as in real life."""
    if not call.has_perm("dist-repo"):
        call.policy.enforce(call, "dist_repo", {"tag": tag})
    repo, event = _begin(call, tag, keys, task_opts)
    task_opts["event"] = event
    if get_build_config(call, tag)["extra"].get("distrepo.cancel_others"):
        _cancel_others(call, tag)
    return make_task(call, "distRepo", [tag, repo, keys, task_opts], priority=15, channel="createrepo")


def _begin(call: Call, tag: Any, keys: Any, opts: Row) -> tuple[int, int]:
    convert(keys, list, check_only=True)
    found = required_tag(call, tag)
    event = convert(opts.get("event"), int, none_allowed=True)
    arches = {str(koji.canonArch(arch)) for arch in opts["arch"]}
    event = event or call.event()
    row = insert_repo(call, found["id"], event, dist=True)
    folder = _folder(call, found["name"], row["id"])
    if opts.get("comps"):
        source = call.topdir / "work" / convert(opts["comps"], str, check_only=True)
        (folder / "groups").mkdir(parents=True)
        shutil.copyfile(source, folder / "groups" / "comps.xml")
    for arch in arches:
        (folder / arch).mkdir(parents=True, exist_ok=True)
    announce(call, "buildsys.repo.init", row)
    return row["id"], event


def _folder(call: Call, tag: str, repo: int) -> Path:
    return call.topdir / "repos-dist" / tag / str(repo)


def _cancel_others(call: Call, tag: Any) -> None:
    for row in call.store["task"].where(method="distRepo"):
        if row["state"] in (FREE, OPEN, ASSIGNED) and decoded(row["request"])[0] == tag:
            cancel(call, row)


def move_arch(call: Call, repo_id: Any, uploadpath: str, arch: str) -> None:
    """Put one arch of the repository, uploaded by a builder, into its place."""
    repo = repo_info(call, repo_id, strict=True)
    assert repo is not None  # noqa: S101 - strict raises
    place = _folder(call, repo["tag_name"], repo["id"]) / str(koji.canonArch(arch))
    upload = call.topdir / "work" / uploadpath
    if not place.is_dir():
        raise koji.GenericError(f"Repo arch directory missing: {place}")
    if repo["state"] != INIT:
        raise koji.GenericError(f"Repo is in state: {koji.REPO_STATES[repo['state']]}")
    files = _loaded(upload / "repo_manifest", "Missing repo manifest")
    packages = _loaded(upload / "kojipkgs", "Missing kojipkgs file")
    for relative in files:
        if not (upload / relative).exists():
            raise koji.GenericError(f"uploaded file missing: {upload / relative}")
    sources = {name: _checked_source(call, name, entry) for name, entry in packages.items()}
    for relative in files:
        target = place / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(upload / relative, target)
    for name, source in sources.items():
        target = place / "Packages" / name[0].lower() / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target)
    call.store.undo.dirty = True


def _loaded(path: Path, missing: str) -> Any:
    if not path.is_file():
        raise koji.GenericError(missing)
    return json.loads(path.read_text())


def _checked_source(call: Call, name: str, entry: Row) -> Path:
    known = required_rpm(call, entry["id"])
    for key in ("name", "version", "release", "arch", "epoch", "size", "payloadhash", "build_id"):
        if key not in entry or entry[key] != known[key]:
            raise koji.GenericError(f"kojipkgs entry does not match db: file {name}, key {key}")
    return signed_path(call, known, entry["sigkey"]) if entry["sigkey"] else rpm_path(call, known)
