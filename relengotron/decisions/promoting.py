"""How does a tested tree become what a ref shows: as it is, committed again, or is it there already?"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Way(Enum):
    """The ways there are."""

    NOTHING = "nothing"
    MOVE = "move the ref"
    COMMIT_AGAIN = "commit again"


@dataclass(frozen=True, slots=True)
class Tree:
    """What matters of a commit here."""

    commit: str
    parent: str | None
    made_at: datetime
    content: str
    bindings: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Promotion:
    """The way and its reason; ``bound`` when a new commit is bound to the ref, ``is_older`` when it is a way back."""

    way: Way
    reason: str
    bound: bool = False
    is_older: bool = False


def how_to_promote(new: Tree, shown: Tree | None, ref: str) -> Promotion:
    """Compare by content first; a commit is shown as it is only if every client would take it."""
    if shown is not None and new.content == shown.content:
        return Promotion(Way.NOTHING, f"{ref} shows these files already, in {shown.commit[:12]}")
    is_older = shown is not None and new.made_at <= shown.made_at
    reason = _why_not_as_it_is(new, shown, ref)
    if reason is None:
        return Promotion(Way.MOVE, "it was made for this place")
    return Promotion(Way.COMMIT_AGAIN, reason, bound=(shown or new).bindings is not None, is_older=is_older)


def _why_not_as_it_is(new: Tree, shown: Tree | None, ref: str) -> str | None:
    if new.bindings is not None and ref not in new.bindings:
        return f"it is bound to {', '.join(new.bindings) or 'nothing'}: clients would refuse it as {ref}"
    if shown is not None and new.made_at <= shown.made_at:
        return f"it is not newer than {shown.commit[:12]}: clients would refuse to go back"
    if shown is not None and new.parent != shown.commit:
        return f"it was not made on top of {shown.commit[:12]}: the history would jump"
    return None
