"""Which texts may name a place on the mirror?"""

from pathlib import Path
from typing import NewType

from relengotron.errors import MalformedInput, RequestRefused

RelPath = NewType("RelPath", str)
"""A place below the mirror's root: relative, plain, no way up and no way out."""

PRIVATE = ".relengotron"
"""Names that begin so are ours and are never shown to readers."""

_LONGEST_NAME = 255


def rel_path(text: str) -> RelPath:
    """Return the text when it names a place below the root and nothing else."""
    parts = text.split("/")
    if not text or any(_is_bad(part) for part in parts):
        raise MalformedInput(f"not a path below the mirror's root: {text!r}")
    return RelPath(text)


def _is_bad(part: str) -> bool:
    controls = any(ord(letter) < 32 or ord(letter) == 127 for letter in part)
    return part in {"", ".", ".."} or part.startswith(PRIVATE) or "\\" in part or controls or len(part) > _LONGEST_NAME


def inside(root: Path, path: RelPath) -> Path:
    """The place on disk; refused when symbolic links lead it out of the root."""
    place = root / rel_path(path)
    if not place.resolve().is_relative_to(root.resolve()):
        raise RequestRefused(f"{path} leads out of {root}")
    return place
