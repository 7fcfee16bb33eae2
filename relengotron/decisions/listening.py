"""What do people say of an update, when each has one voice and nobody speaks for an own update?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from relengotron.model.opinions import Comment, Opinions

SYSTEM_USERS: Final = frozenset({"bodhi", "autoqa", "taskotron", "anonymous"})
"""Accounts that are nobody's voice, as Bodhi treats them."""


@dataclass(frozen=True, slots=True)
class Voices:
    """Who likes a thing and who does not."""

    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()

    def __str__(self) -> str:
        for_it, against = f"+{len(self.good)}", f"-{len(self.bad)}" if self.bad else ""
        who = ", ".join((*self.good, *(f"{each} says no" for each in self.bad)))
        return f"{for_it}{' ' if against else ''}{against} ({who})" if who else for_it


def about_test_case(opinions: Opinions, name: str) -> Voices | None:
    """Who found this test case good or bad; None when Bodhi does not say."""
    return _voices(opinions, lambda comment: comment.test_cases.get(name, 0))


def about_bug(opinions: Opinions, number: int) -> Voices | None:
    """Who found this bug fixed or not; None when Bodhi does not say."""
    return _voices(opinions, lambda comment: comment.bugs.get(number, 0))


def _voices(opinions: Opinions, says: Callable[[Comment], int]) -> Voices | None:
    """The last word of each person; a comment that says nothing about it takes no word back."""
    if opinions.comments is None or opinions.submitter is None:
        return None
    words: dict[str, int] = {}
    for comment in _since_the_last_edit(opinions.comments):
        if says(comment) and _counts(comment, opinions.submitter):
            words.setdefault(comment.who.casefold(), says(comment))
    return Voices(
        tuple(sorted(who for who, word in words.items() if word > 0)),
        tuple(sorted(who for who, word in words.items() if word < 0)),
    )


def _since_the_last_edit(comments: tuple[Comment, ...]) -> Iterator[Comment]:
    """The newest first, up to where Bodhi says that the builds were changed: before, others were tested."""
    for comment in sorted(comments, key=lambda each: each.id, reverse=True):
        if comment.is_reset:
            return
        yield comment


def _counts(comment: Comment, submitter: str) -> bool:
    """Names are compared without regard to case: nobody gets a second voice by another spelling."""
    return not comment.is_anonymous and comment.who.casefold() not in (*SYSTEM_USERS, submitter.casefold())
