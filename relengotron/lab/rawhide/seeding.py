"""How does the lab's Koji come to a rawhide, and the mirror to its repo?"""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import koji

from relengotron.errors import Permanent
from relengotron.lab.bits.build import Built, build_packages
from relengotron.lab.bits.seed import Signatures, seed_builds
from relengotron.lab.rawhide import words
from relengotron.lab.rawhide.packages import ARCH, DISTRIBUTION, LANDING, PACKAGERS, RELEASED

KEEPER: Final = "relengotron"
TIMEOUT: Final = 60


def build_rawhide(out_dir: Path, count: Callable[[int, int], None]) -> Sequence[Built]:
    """The RPMs of rawhide and of everything that lands before it; what is there already is taken as it is."""
    return build_packages(out_dir, (DISTRIBUTION,), (ARCH,), catalogue=RELEASED, updates=LANDING, count=count)


def seed_rawhide(session: koji.ClientSession, builds: Sequence[Built], signatures: Signatures, topdir: Path) -> None:
    """Three tags, rawhide as it was on the first day in one of them, and builds that are in none yet."""
    for tag in words.TAGS:
        session.createTag(tag, arches=ARCH)
    for packager in sorted(set(PACKAGERS.values())):
        session.createUser(packager)
    with session.multicall(strict=True) as calls:
        for build in builds:
            for tag in words.TAGS:
                calls.packageListAdd(tag, build.source.name, owner=_owner(build))
            name, version, release = build.nvr.rsplit("-", 2)
            calls.createEmptyBuild(name, version, release, build.source.epoch, owner=_owner(build))
    seed_builds(session, builds, signatures, topdir)
    with session.multicall(strict=True) as calls:
        for build in builds:
            if not build.is_update:
                calls.tagBuildBypass(words.TARGET, build.nvr)


def release_rawhide(mirror: Path, builds: Sequence[Built]) -> None:
    """The repo of rawhide as it was on the first day."""
    directory = mirror / words.REPO
    directory.mkdir(parents=True)
    for build in builds:
        for rpm in build.rpms if not build.is_update else ():
            if not rpm.name.endswith(".src.rpm"):
                (directory / rpm.name).hardlink_to(rpm)
    create_repo(directory)


def create_repo(directory: Path) -> None:
    """The metadata of a folder of packages, in a compression that every solver reads."""
    command = ["createrepo_c", "--quiet", "--no-database", "--general-compress-type", "gz", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    if done.returncode:
        raise Permanent(f"createrepo_c ended with {done.returncode}: {done.stderr[-2000:]}")


def _owner(build: Built) -> str:
    return PACKAGERS.get(build.source, KEEPER) if build.is_update else KEEPER
