"""Which texts may be a branch, a commit or a path inside a git repo?"""

import re

from relengotron.errors import MalformedInput

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")
_LONGEST_BRANCH = 200
_LONGEST_PATH = 1024


def checked_branch(text: str) -> str:
    """Return the text when git reads it as exactly that branch (or tag, or commit) and nothing else."""
    parts = text.split("/")
    odd = ".." in text or any(part.endswith((".", ".lock")) for part in parts)
    if not _BRANCH.fullmatch(text) or odd or len(text) > _LONGEST_BRANCH:
        raise MalformedInput(f"not the name of a branch: {text[:200]!r}")
    return text


def checked_commit(text: str) -> str:
    """Return the text when it is a whole commit id."""
    if not is_commit(text):
        raise MalformedInput(f"not a whole commit id: {text[:200]!r}")
    return text


def checked_path(text: str) -> str:
    """Return the text when it names one file below the root: no way up, no option, none of git's own signs."""
    parts = text.split("/")
    odd = any(part in {"", ".", ".."} or part.startswith("-") for part in parts)
    if odd or ":" in text or "\\" in text or not text.isprintable() or len(text) > _LONGEST_PATH:
        raise MalformedInput(f"not the path of a file in a git repo: {text[:200]!r}")
    return text


def is_commit(text: str) -> bool:
    """Say whether the text is a whole commit id."""
    return _COMMIT.fullmatch(text) is not None
