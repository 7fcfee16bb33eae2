"""Which texts may name a place on the mirror?"""

import re
from pathlib import Path
from typing import NewType

from relengotron.errors import MalformedInput, RequestRefused

RelPath = NewType("RelPath", str)
"""A place below the mirror's root: relative, plain, no way up and no way out."""

PRIVATE = ".relengotron"
"""Names that begin so are ours and are never shown to readers."""

_LONGEST_NAME = 255
_LONGEST_PATH = 2048
"""Linux takes 4095 bytes with the root and our own folders before it; readers' tools take less."""

_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\x9f\\/\ud800-\udfff]+")


def rel_path(text: str) -> RelPath:
    """Return the text when it names a place below the root and nothing else."""
    if len(text) > _LONGEST_PATH or not all(is_plain(part) for part in text.split("/")):
        raise MalformedInput(f"not a path below the mirror's root: {text[:200]!r}")
    return RelPath(text)


def is_plain(name: str) -> bool:
    """Say whether readers may see a file or folder of this name."""
    return (
        _PLAIN.fullmatch(name) is not None
        and name not in {".", ".."}
        and not name.startswith(PRIVATE)
        and len(name.encode()) <= _LONGEST_NAME
    )


def inside(root: Path, path: RelPath) -> Path:
    """The place on disk; refused when symbolic links lead it out of the root."""
    place = root / rel_path(path)
    if not place.resolve().is_relative_to(root.resolve()):
        raise RequestRefused(f"{path} leads out of {root}")
    return place
