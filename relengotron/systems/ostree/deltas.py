"""Static deltas: which commits are they made from, and where do they lie?"""

from base64 import b64encode
from pathlib import Path

from relengotron.model.tree_history import Delta
from relengotron.systems.ostree.names import is_commit
from relengotron.systems.ostree.port import OstreeRepo


def make_deltas(repo: OstreeRepo, head: str | None, new: str, count: int) -> tuple[str, ...]:
    """Clients come to ``new`` in one step from ``head`` and what that stands on: from ``count`` commits at most.

    Nothing is made twice; returned are the commits that deltas begin at.
    """
    made: list[str] = []
    while head is not None and len(made) < count and head != new and repo.has_commit(head):
        repo.make_delta(head, new)
        made.append(head)
        head = repo.commit_info(head).parent
    return tuple(made)


def read_deltas(printed: str) -> tuple[Delta, ...]:
    """What ``ostree static-delta list`` printed."""
    named = [line.strip().rpartition("-") for line in printed.splitlines()]
    return tuple(Delta(old or None, new) for old, _, new in named if is_commit(new))


def name_of(delta: Delta) -> str:
    """How the command names it."""
    return delta.new if delta.old is None else f"{delta.old}-{delta.new}"


def size_of(repo: Path, delta: Delta) -> int:
    """The bytes of its files."""
    first, *more = [_short(each) for each in (delta.old, delta.new) if each is not None]
    place = repo / "deltas" / first[:2] / "-".join([first[2:], *more])
    return sum(file.stat().st_size for file in place.rglob("*") if file.is_file())


def _short(commit: str) -> str:
    """A checksum as it stands in the names of deltas: base64 without padding, safe for a file name."""
    return b64encode(bytes.fromhex(commit)).decode().rstrip("=").replace("/", "_")
