"""What is in a file of a compose, and how is one read or written where builders may have left links?

Identity is content, never a name or a time. The compose store is shared with builders, and what they run is not ours:
a link of theirs must neither show what only we may read, nor lead our writing elsewhere.
"""

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

from relengotron.errors import RequestRefused
from relengotron.model.artifact import File

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_of(root: Path, path: Path) -> File:
    """A file below the root with its size and checksum."""
    return File(path.relative_to(root).as_posix(), path.stat().st_size, digest_of(path))


def is_plain_below(root: Path, path: Path) -> bool:
    """Whether this is a file or folder of its own: neither it nor anything between it and the root is a link."""
    return path.is_relative_to(root) and path.resolve() == root.resolve() / path.relative_to(root)


def read_plain(path: Path, most: int) -> bytes | None:
    """What a file of a builder says; None where there is none.

    Raises:
        RequestRefused: it is a link, no file, or larger than ``most``.
    """
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError:
        return None
    except OSError as odd:
        raise RequestRefused(f"{path} cannot be read as a plain file: {odd.strerror}") from odd
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise RequestRefused(f"{path} is no plain file")
        content = file.read(most + 1)
    if len(content) > most:
        raise RequestRefused(f"{path} is larger than {most} bytes")
    return content


def write_plain(root: Path, path: Path, content: bytes) -> None:
    """The file says this: a new one takes its place, and what was there under its name is not written through.

    Raises:
        RequestRefused: a link leads from its folder out of the root.
    """
    folder_below(root, path.parent)
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, _WRITE, 0o644), "wb") as file:
        file.write(content)
    os.replace(beside, path)


def folder_below(root: Path, folder: Path) -> None:
    """The folder is there, and no link leads from it out of the root.

    Raises:
        RequestRefused: one does.
    """
    if not folder.resolve().is_relative_to(root.resolve()):
        raise RequestRefused(f"a link leads from {folder} out of {root}")
    folder.mkdir(parents=True, exist_ok=True)
