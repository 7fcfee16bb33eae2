"""Where do the RPM files of a build lie in Koji's store?"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import koji

from relengotron.errors import MalformedInput
from relengotron.model.nvr import Nvr
from relengotron.systems.koji.port import Build, Rpm

SOURCE: Final = "src"
_LONGEST_NAME: Final = 255


def binary_rpms(store: Path, builds: Iterable[Build], key: str) -> Mapping[str, tuple[Path, ...]]:
    """The files that users install from these builds, by arch: the signed copy where there is one.

    Nothing says that a file is there: a build that is not signed yet has no signed copies, and the store may be away.

    Raises:
        MalformedInput: a name of Koji's is none of a file.
    """
    found: dict[str, list[Path]] = {}
    for build in builds:
        for rpm in build.rpms:
            if rpm.arch != SOURCE:
                found.setdefault(rpm.arch, []).append(_file_of(store, build, rpm, key))
    return {arch: tuple(files) for arch, files in found.items()}


def without_debuginfo(build: Build) -> Build:
    """The build as repos for users show it: packages with debugging information lie elsewhere."""
    return replace(build, rpms=tuple(rpm for rpm in build.rpms if not koji.is_debuginfo(rpm.name)))


def _file_of(store: Path, build: Build, rpm: Rpm, key: str) -> Path:
    """Koji's own layout; the names come from outside and must not lead anywhere else."""
    layout, nvr = koji.PathInfo(topdir=str(store)), Nvr.parse(build.nvr)
    for name in (build.package, nvr.version, nvr.release, rpm.arch, rpm.file_name):
        if "/" in name or "\0" in name or name in ("", ".", "..") or len(name) > _LONGEST_NAME:
            raise MalformedInput(f"Koji names {name[:200]!r} in {build.nvr[:200]}, which is no name of a file")
    folder = Path(layout.build({"name": build.package, "version": nvr.version, "release": nvr.release}))
    row = {"name": rpm.name, "version": rpm.version, "release": rpm.release, "arch": rpm.arch}
    signed, unsigned = folder / str(layout.signed(row, key)), folder / str(layout.rpm(row))
    return signed if signed.is_file() else unsigned
