"""How do packages become the files of a tree?"""

import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import rpmfile

from relengotron.lab.bits.solve import Candidate
from relengotron.lab.builder.tools.command import ToolFailed

PACKAGE_LIST = "usr/share/rpm/packages.json"
LINKS = {
    "bin": "usr/bin",
    "sbin": "usr/sbin",
    "lib": "usr/lib",
    "home": "var/home",
    "root": "var/roothome",
    "ostree": "sysroot/ostree",
}
FOLDERS = ("usr/etc", "usr/share/rpm", "var", "sysroot", "boot", "dev", "proc", "sys", "run", "tmp")
MOVED = {"etc": "usr/etc", "bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib"}


def unpack(rpms: Sequence[tuple[Candidate, Path]], root: Path) -> None:
    """Fill the folder with the payload of every package and the list of all of them, in the layout of an OSTree."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    for candidate, rpm in rpms:
        _unpack_one(candidate, rpm, root)
    rows = [[each.name, each.epoch, each.version, each.release, each.arch] for each, _ in rpms]
    (root / PACKAGE_LIST).write_text(json.dumps(sorted(rows), indent=1) + "\n", encoding="utf-8")


def _unpack_one(candidate: Candidate, rpm: Path, root: Path) -> None:
    with rpmfile.open(str(rpm)) as package:
        _run_scriptlet(candidate, package.headers)
        for member in package.getmembers():
            if not member.isdir:
                place = root / _inside(member.name, candidate)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(package.extractfile(member).read())
                place.chmod(0o755 if os.access(place, os.X_OK) or member._mode & 0o100 else 0o644)


def _inside(name: str, candidate: Candidate) -> str:
    """The place of a payload file below the root; nothing may leave it."""
    path = PurePosixPath(name.lstrip("./"))
    if ".." in path.parts or not path.parts:
        raise ToolFailed(f"error: {candidate.nevra}: unsafe path {name!r}")
    first, *rest = path.parts
    return str(PurePosixPath(MOVED.get(first, first), *rest))


def _run_scriptlet(candidate: Candidate, headers: dict[str, Any]) -> None:
    """Nothing of a package is executed in the lab; of a scriptlet only a leading ``exit N`` is understood."""
    script = headers.get("postin") or b""
    words = shlex.split(script.decode(errors="replace") if isinstance(script, bytes) else str(script), comments=True)
    if len(words) >= 2 and words[0] == "exit" and words[1] != "0":
        raise ToolFailed(
            f"error: Running %post for {candidate.name}: bwrap(/bin/sh): Child process exited with code {words[1]}"
        )
