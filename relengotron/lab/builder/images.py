"""How is an image task carried out?

Request of ``image`` (made by ``buildImageOz``): ``[name, version, [arches], target, inst_tree, opts]``. Its children
are ``createImage`` tasks, one per arch, with the request ``[name, version, release, arch, target, inst_tree, opts]``.
The result of a child is::

    {"arch", "task_id", "name", "version", "release", "files": [...], "logs": [...], "rpmlist": []}

and the result of the parent is a struct of these keyed by the id of the child as text. The files are the output of the
child and lie, as a hub leaves scratch images, in ``topdir/scratch/OWNER/task_ID/``.
"""

import os
import shutil
from pathlib import Path
from typing import Any, TextIO, cast

import koji

from relengotron.lab.builder.job import Job, JobLog
from relengotron.lab.builder.tools.command import ToolFailed, say
from relengotron.lab.builder.tools.image_factory import build_image
from relengotron.lab.builder.tools.kickstart import read_ostreesetup


def make_images(job: Job) -> dict[str, Any]:
    """One child per arch, one after the other; a failing arch fails the task unless it is optional."""
    name, version, arches, target, inst_tree, opts = (job.argument(position) for position in range(6))
    opts = opts or {}
    if not opts.get("scratch"):
        raise koji.GenericError("only scratch images are made here: set scratch in the options")
    release = str(opts.get("release") or "1")
    optional = set(opts.get("optional_arches") or [])
    results: dict[str, Any] = {}
    for arch in arches:
        request = [name, version, release, arch, target, inst_tree, opts]
        child = job.hub.subtask("createImage", request, job.id, label=arch, arch=arch)
        try:
            results[str(child)] = job.run_child(child)
        except koji.GenericError:
            if arch not in optional:
                raise
    _move_to_scratch(job, results)
    return results


def make_one_image(job: Job) -> dict[str, Any]:
    """Make the files of one arch from the tree that the uploaded kickstart names."""
    name, version, release, arch, _, _, opts = (job.argument(position) for position in range(7))
    log = job.scratch / f"oz-{arch}.log"
    stem = f"{_plain(name)}-{_plain(version)}-{_plain(release)}.{_plain(arch)}"
    with log.open("w", encoding="utf-8") as file:
        out = cast("TextIO", JobLog(file, job.called_off))
        try:
            files = build_image(stem, _kickstart(job, opts), _formats(opts), job.scratch, out)
        except (ToolFailed, OSError) as failure:
            say(out, f"ERROR: {failure}")
            failed: Exception | None = failure
        else:
            failed = None
    job.hub.upload(job.id, log)
    if failed:
        raise koji.GenericError(f"image build failed: {failed}; see {log.name} for more information")
    for each in files:
        job.hub.upload(job.id, each)
    return {
        "arch": arch,
        "task_id": job.id,
        "name": name,
        "version": version,
        "release": release,
        "files": [each.name for each in files],
        "logs": [log.name],
        "rpmlist": [],
    }


def _formats(opts: dict[str, Any]) -> list[str]:
    wanted = opts.get("format") or ["raw-xz"]
    return [wanted] if isinstance(wanted, str) else [str(each) for each in wanted]


def _kickstart(job: Job, opts: dict[str, Any]) -> str:
    """The text of the uploaded kickstart, whose tree must be one that the build root can see."""
    given = opts.get("kickstart")
    if not given:
        raise ToolFailed("no kickstart was uploaded")
    work = (job.topdir / "work").resolve()
    place = (work / str(given)).resolve()
    if not place.is_relative_to(work):
        raise ToolFailed(f"kickstart {given} lies outside of the uploads")
    text = place.read_text(encoding="utf-8")
    url = read_ostreesetup(text).url
    if not url.startswith(("http://", "https://")):
        job.check_inside(Path(url.removeprefix("file://")))
    return text


def _plain(word: Any) -> str:
    text = str(word)
    if not text or "/" in text or text.startswith("."):
        raise koji.GenericError(f"{text!r} cannot be part of a file name")
    return text


def _move_to_scratch(job: Job, results: dict[str, Any]) -> None:
    """Leave the files where a hub leaves them; done here where the hub does not offer it."""
    folder = job.topdir / "scratch" / _plain(job.owner) / f"task_{job.id}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = koji.PathInfo(topdir=str(job.topdir))
    for result in results.values():
        work = Path(paths.task(result["task_id"]))
        for name in (*result["files"], *result["logs"]):
            _link(work / name, folder / name)


def _link(origin: Path, place: Path) -> None:
    try:
        os.link(origin, place)
    except OSError:
        shutil.copyfile(origin, place)
