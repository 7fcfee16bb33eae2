"""What lies in the ext4 file system of a raw disk image, read without root and without mounting?"""

import os
import struct
import subprocess
from pathlib import Path

from relengotron.lab.verify.report import Wrong

_TIMEOUT = 300
_SECTOR = 512
_EXT_MAGIC = b"\x53\xef"
_COPY = 1 << 20


def find_in_disk(raw: Path, commit: str, scratch: Path) -> str:
    """The path of the commit's object in the first ext4 file system that has it."""
    scratch.mkdir(parents=True, exist_ok=True)
    offsets = [offset for offset in partition_offsets(raw) if _is_ext(raw, offset)]
    if not offsets:
        raise Wrong("the disk image has no ext4 file system")
    for offset in offsets:
        system = _cut_out(raw, offset, scratch / f"partition-{offset}.ext4") if offset else raw
        _check_file_system(system)
        tree = scratch / f"files-{offset}"
        tree.mkdir()
        _debugfs(system, f'rdump / "{tree}"')
        for found in tree.rglob(f"{commit[2:]}.commit"):
            if found.parent.name == commit[:2]:
                return f"/{found.relative_to(tree)}"
    raise Wrong(f"the disk image has no commit {commit}")


def partition_offsets(raw: Path) -> list[int]:
    """Where partitions begin: from the GPT, else from the MBR, else the whole image."""
    with raw.open("rb") as file:
        head = file.read(_SECTOR * 34)
    if head[_SECTOR : _SECTOR + 8] == b"EFI PART":
        return _gpt(head)
    if head[510:512] == b"\x55\xaa":
        entries = [head[446 + 16 * number : 462 + 16 * number] for number in range(4)]
        starts = [struct.unpack("<I", entry[8:12])[0] * _SECTOR for entry in entries if entry[4]]
        return starts or [0]
    return [0]


def _gpt(head: bytes) -> list[int]:
    count, size = struct.unpack("<II", head[_SECTOR + 80 : _SECTOR + 88])
    entries = [head[_SECTOR * 2 + size * number :][:size] for number in range(min(count, 128))]
    return [struct.unpack("<Q", entry[32:40])[0] * _SECTOR for entry in entries if any(entry[:16])]


def _is_ext(raw: Path, offset: int) -> bool:
    with raw.open("rb") as file:
        file.seek(offset + 1024 + 56)
        return file.read(2) == _EXT_MAGIC


def _cut_out(raw: Path, offset: int, place: Path) -> Path:
    """Copy from the offset to the end, leaving holes where there are only zeros."""
    with raw.open("rb") as source, place.open("wb") as target:
        source.seek(offset)
        while chunk := source.read(_COPY):
            if any(chunk):
                target.write(chunk)
            else:
                target.seek(len(chunk), os.SEEK_CUR)
        target.truncate(target.tell())
    return place


def _check_file_system(system: Path) -> None:
    done = subprocess.run(
        ["e2fsck", "-f", "-n", str(system)], capture_output=True, text=True, env=_env(), timeout=_TIMEOUT
    )
    if done.returncode:
        raise Wrong(f"e2fsck: {' '.join(done.stdout.split())[-500:]}")


def _debugfs(system: Path, request: str) -> str:
    done = subprocess.run(
        ["debugfs", "-R", request, str(system)], capture_output=True, text=True, env=_env(), timeout=_TIMEOUT
    )
    if done.returncode:
        raise Wrong(f"debugfs: {done.stderr.strip()[-500:]}")
    return done.stdout


def _env() -> dict[str, str]:
    return {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
