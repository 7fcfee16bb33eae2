"""How are tagging and repo tasks carried out?"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import koji

from relengotron.lab.builder.job import Job
from relengotron.lab.builder.tools.command import ToolFailed
from relengotron.lab.builder.tools.mash import write_repo
from relengotron.lab.builder.tools.mash_config import Distribution
from relengotron.lab.builder.tools.mash_packages import choose


def tag_build(job: Job) -> None:
    """Request ``[tag, build, force, fromtag]``: the hub does the move and checks everything again."""
    force, fromtag = job.argument(2, False), job.argument(3)
    job.hub.call("host.tagBuild", job.id, job.argument(0), job.argument(1), force=force, fromtag=fromtag)


def run_dependants(job: Job) -> None:
    """Request ``[wait list, task list]``; the builder opens it only when everything waited for has finished."""
    for method, arguments, *options in job.argument(1, []):
        job.run_child(job.hub.subtask(method, arguments, job.id, **(options[0] if options and options[0] else {})))


def new_repo(job: Job) -> list[int]:
    """Request ``[tag, options]``; the build-root repo is registered, nobody builds from it in the lab."""
    repo, event = job.hub.call("host.repoInit", job.argument(0), task_id=job.id)
    job.hub.call("host.repoDone", repo, {})
    return [repo, event]


def dist_repo(job: Job) -> str:
    """Request ``[tag, repo, keys, options]``; one ``createdistrepo`` child per arch, then the repo is ready."""
    tag, repo, keys, options = (job.argument(position) for position in range(4))
    for arch in options["arch"]:
        child = job.hub.subtask("createdistrepo", [tag, repo, arch, keys, options], job.id, label=arch, arch="noarch")
        job.run_child(child)
    job.hub.call("host.repoDone", repo, {})
    _point_latest(job.topdir / "repos-dist" / str(tag), str(repo))
    return f"Dist repository #{repo} successfully generated"


def create_dist_repo(job: Job) -> None:
    """The tree of one arch below ``repos-dist/TAG/ID``: hashed packages beside their repodata."""
    tag, repo, arch, keys, options = (job.argument(position) for position in range(5))
    rpms, builds = job.hub.call(
        "listTaggedRPMS", tag, event=options.get("event"), inherit=bool(options.get("inherit")), rpmsigs=True,
        latest=options.get("latest") or False,
    )  # fmt: skip
    choices = [each for each in choose(rpms, builds, _as_distribution(tag, keys, arch, job.topdir)) if each.fits(arch)]
    unsigned = [each for each in choices if each.sigkey not in keys]
    if unsigned and not (options.get("allow_missing_signatures") or options.get("skip_missing_signatures")):
        _upload_missing(job, (each.nevra for each in unsigned))
        raise koji.GenericError("Unsigned packages found. See missing_signatures.log")
    if options.get("skip_missing_signatures"):
        choices = [each for each in choices if each not in unsigned]
    folder = job.topdir / "repos-dist" / str(tag) / str(repo) / str(arch)
    try:
        write_repo(folder / "Packages", folder, choices, None, hashed=True)
    except ToolFailed as failure:
        raise koji.GenericError(str(failure)) from failure


def _as_distribution(tag: str, keys: list[str], arch: str, topdir: Path) -> Distribution:
    return Distribution(
        name=tag, tag=tag, buildhost="", repodir=topdir, inherit=False, latest=False, keys=tuple(keys),
        strict_keys=True, arches=(arch,), rpm_path="", repodata_path="", source=False, source_path="",
        output_subdir="", hash_packages=True,
    )  # fmt: skip


def _upload_missing(job: Job, names: Iterable[str]) -> None:
    log = job.scratch / "missing_signatures.log"
    log.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    job.hub.upload(job.id, log)


def _point_latest(folder: Path, name: str) -> None:
    fresh = folder / f".latest-{name}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(name)
    fresh.replace(folder / "latest")


def refuse(job: Job) -> Any:
    """Say clearly that the lab's builder lacks the tool for this kind of image."""
    raise koji.GenericError(f"this builder cannot carry out {job.method} tasks: use the image method instead")
