"""Would a published image start, and does it carry the right tree?"""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from relengotron.lab.verify.disk_image import find_in_disk
from relengotron.lab.verify.expectation import ImageExpected
from relengotron.lab.verify.reading import Web
from relengotron.lab.verify.report import Check, Wrong, judged
from relengotron.lab.verify.signatures import Keyring
from relengotron.lab.verify.trees import run_ostree

_TIMEOUT = 300
_BSD = re.compile(r"^(SHA256|SHA512) \((?P<name>[^)]+)\) = (?P<sum>[0-9a-f]+)$")
_GNU = re.compile(r"^(?P<sum>[0-9a-f]{64}|[0-9a-f]{128}) [ *](?P<name>.+)$")


def check_image(web: Web, expected: ImageExpected, scratch: Path, key: Keyring | None = None) -> list[Check]:
    """Every check of one image."""
    place = scratch / PurePosixPath(expected.path).name
    fetched = judged(expected.path, lambda: f"read over HTTP, sha256 {web.save(expected.path, place)}")
    if not fetched.passed:
        return [fetched]
    checksums = judged(expected.path, lambda: _checksum_file_of(web, expected, scratch, key))
    if expected.kind == "iso" or place.suffix == ".iso":
        return [fetched, checksums, judged(expected.path, lambda: look_into_iso(place, expected.commit, scratch))]
    return [fetched, checksums, judged(expected.path, lambda: look_into_disk(place, expected.commit, scratch))]


def _checksum_file_of(web: Web, expected: ImageExpected, scratch: Path, key: Keyring | None) -> str:
    path = PurePosixPath(expected.path)
    usual = (f"{path.parent}/CHECKSUM", f"{path}-CHECKSUM", f"{path}.CHECKSUM")
    places = (expected.checksum,) if expected.checksum else usual
    for place in places:
        if web.exists(place):
            if key is None:
                return check_checksums(web, place, needed=path.name)
            web.save(place, scratch / "CHECKSUM")
            signed = key.check_clear(scratch / "CHECKSUM")
            return f"{check_checksums(web, place, needed=path.name, text=signed)}, and is signed"
    raise Wrong(f"no CHECKSUM file, looked for {', '.join(places)}")


def check_checksums(web: Web, path: str, needed: str | None = None, text: str | None = None) -> str:
    """Read every file that a CHECKSUM file lists, or the signed text of one; wrong unless all are as it says."""
    text = web.text(path) if text is None else text
    listed = [found for line in text.splitlines() if (found := _BSD.match(line.strip()) or _GNU.match(line.strip()))]
    names = [found["name"] for found in listed]
    if not listed or (needed is not None and needed not in names):
        raise Wrong(f"{path} lists {names or 'nothing'}, should list {needed or 'something'}")
    for found in listed:
        kind = "sha256" if len(found["sum"]) == 64 else "sha512"
        web.must_be(f"{PurePosixPath(path).parent}/{found['name']}", kind, found["sum"])
    return f"{path} lists {len(names)} files, all with the right checksums"


def look_into_iso(iso: Path, commit: str, scratch: Path) -> str:
    """The ISO has a kernel, an initrd and an OSTree repo with the whole commit."""
    listing = _run(
        ["xorriso", "-abort_on", "FAILURE", "-indev", str(iso), "-find", "/", "-type", "f", "-exec", "echo", "--"]
    )
    paths = [line.strip().strip("'") for line in listing.splitlines() if line.startswith("'/")]
    _need(paths, lambda name: name.startswith("vmlinuz"), "kernel")
    _need(paths, lambda name: name.startswith(("initrd", "initramfs")), "initrd")
    repo = _repo_with(paths, commit)
    out = scratch / "from-iso"
    _run(["xorriso", "-osirrox", "on", "-indev", str(iso), "-extract", repo, str(out)])
    _run(["chmod", "-R", "u+rwX", str(out)])
    (out / "tmp").mkdir(exist_ok=True)
    run_ostree(str(out), "ls", commit, "/")
    run_ostree(str(out), "fsck", "--quiet")
    return f"the ISO has {len(paths)} files, kernel, initrd and a whole repo at {repo} with commit {commit}"


def look_into_disk(image: Path, commit: str, scratch: Path) -> str:
    """The disk image is a whole file system that carries the commit."""
    raw = _unpacked(image, scratch)
    found = find_in_disk(raw, commit, scratch / "from-disk")
    return f"the disk image has a readable ext4 file system with commit {commit} at {found}"


def _unpacked(image: Path, scratch: Path) -> Path:
    if image.suffix != ".xz":
        return image
    _run(["xz", "--test", str(image)])
    raw = scratch / image.name.removesuffix(".xz")
    with raw.open("wb") as file:
        subprocess.run(["xz", "--decompress", "--stdout", str(image)], stdout=file, check=True, timeout=_TIMEOUT)
    return raw


def _need(paths: list[str], fits: Callable[[str], bool], what: str) -> None:
    if not any(fits(PurePosixPath(path).name) for path in paths):
        raise Wrong(f"the ISO has no {what}")


def _repo_with(paths: list[str], commit: str) -> str:
    ending = f"/objects/{commit[:2]}/{commit[2:]}.commit"
    for path in paths:
        if path.endswith(ending):
            return path.removesuffix(ending)
    raise Wrong(f"the ISO has no OSTree repo with commit {commit}")


def _run(arguments: list[str]) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT)
    if done.returncode:
        raise Wrong(f"{arguments[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout
