"""What is in a file of a compose? Identity is content, never a name or a time."""

import hashlib
from pathlib import Path

from relengotron.model.artifact import File


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_of(root: Path, path: Path) -> File:
    """A file below the root with its size and checksum."""
    return File(path.relative_to(root).as_posix(), path.stat().st_size, digest_of(path))
