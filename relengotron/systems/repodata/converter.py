"""How do metadata from outside become solver data? In a process of its own: what kills it kills nobody else.

It is run by ``converting``. It writes the solver data to a file and prints nothing, or prints what is wrong with the
input and ends with ``REFUSED``.
"""

import json
import os
import re
import resource
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import createrepo_c
import solv

REFUSED = 3
_GIB = 1 << 30
_LIMITS = (
    (resource.RLIMIT_AS, 6 * _GIB),
    (resource.RLIMIT_FSIZE, 2 * _GIB),  # where a decompression bomb ends
    (resource.RLIMIT_CPU, 900),
    (resource.RLIMIT_CORE, 0),
)
_HEAD = 4096
_ROOTS = {
    "primary": re.compile(rb"<(?:\w+:)?metadata[\s>/]"),
    "filelists": re.compile(rb"<(?:\w+:)?filelists[\s>/]"),
}
_FLAGS = {"primary": 0, "filelists": solv.Repo.REPO_EXTEND_SOLVABLES}


class Refused(Exception):
    """The input is not what it claims to be."""


def _convert_metadata(files: Mapping[str, Path], target: Path, scratch: Path) -> None:
    """Solver data from ``primary`` and, where it is given, ``filelists``, compressed in any way of the field."""
    plain: list[tuple[str, Path]] = []
    for kind, file in files.items():
        plain.append((kind, _unpacked(kind, file, scratch / f"{kind}.plain")))
    _write(plain, target)


def _convert_rpms(rpms: Iterable[Path], target: Path, scratch: Path) -> None:
    """Solver data from the headers of packages; their checksum is the SHA-256 of the file."""
    packages = [_header(each) for each in rpms]
    plain = [
        ("primary", _listing(scratch / "primary.xml", createrepo_c.PrimaryXmlFile, packages)),
        ("filelists", _listing(scratch / "filelists.xml", createrepo_c.FilelistsXmlFile, packages)),
    ]
    _write(plain, target)


def _unpacked(kind: str, file: Path, target: Path) -> Path:
    try:
        createrepo_c.decompress_file(str(file), str(target), createrepo_c.detect_compression(str(file)))
        with target.open("rb") as unpacked:
            head = unpacked.read(_HEAD)
    except (createrepo_c.CreaterepoCError, OSError, ValueError) as wrong:
        raise Refused(f"{kind} cannot be unpacked: {wrong}") from wrong
    if not _ROOTS[kind].search(head):  # the library takes any other XML for an empty repo
        raise Refused(f"{kind} is no {kind} metadata: {head[:60]!r}")
    return target


def _header(rpm: Path) -> Any:
    try:
        return createrepo_c.package_from_rpm(str(rpm), createrepo_c.SHA256, rpm.name)
    except (createrepo_c.CreaterepoCError, OSError, ValueError) as wrong:
        raise Refused(f"{rpm} is no package: {wrong}") from wrong


def _listing(file: Path, kind: Callable[..., Any], packages: Sequence[Any]) -> Path:
    listing = kind(str(file), createrepo_c.NO_COMPRESSION)
    listing.set_num_of_pkgs(len(packages))
    for each in packages:
        listing.add_pkg(each)
    listing.close()
    return file


def _write(plain: Iterable[tuple[str, Path]], target: Path) -> None:
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    repo = pool.add_repo("metadata")
    for kind, listing in plain:
        if not repo.add_rpmmd(solv.xfopen(str(listing)), None, _FLAGS[kind]):
            raise Refused(f"{kind} cannot be understood: {' '.join(pool.errstr.split())}")
    with target.open("wb") as file:
        out = solv.xfopen_fd(None, file.fileno())
        written = repo.write(out) and out.close()
    if not written:
        raise OSError(f"{target} cannot be written")


def convert(order: Mapping[str, Any]) -> None:
    """Write solver data to ``target`` from ``rpms`` or, if there are none, from ``files``, by way of ``scratch``.

    Raises:
        Refused: what it is made from is not what it claims to be.
    """
    target, scratch = Path(order["target"]), Path(order["scratch"])
    if order["rpms"]:
        _convert_rpms(map(Path, order["rpms"]), target, scratch)
    else:
        _convert_metadata({kind: Path(file) for kind, file in order["files"].items()}, target, scratch)


def main() -> int:
    """Convert what the order on standard input names."""
    for limit, most in _LIMITS:
        resource.setrlimit(limit, (most, most))
    try:
        convert(json.loads(sys.stdin.read()))
    except Refused as wrong:
        sys.stdout.write(str(wrong))
        return REFUSED
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
