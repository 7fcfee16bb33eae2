"""The history of a tree: commits, each on top of another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TreeCommit:
    """One commit of a repo: on top of what, from when, and since when it is in this repo."""

    commit: str
    parent: str | None
    made_at: datetime
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Delta:
    """A static delta: what a client needs that has ``old`` (None: nothing) and wants ``new``."""

    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes to a ref now, why, and since when."""

    who: str
    why: str
    since: datetime


def history(commits: Mapping[str, TreeCommit], head: str | None) -> Iterator[TreeCommit]:
    """The commit and what it stands on, the newest first, as far as the repo holds it."""
    seen: set[str] = set()
    while head is not None and head in commits and head not in seen:
        seen.add(head)
        yield commits[head]
        head = commits[head].parent
