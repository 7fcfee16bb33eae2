"""May a build pass a gate in an emergency? Two different people must say so."""

from collections.abc import Iterable
from typing import Final

from relengotron.decisions.waiving import person_of
from relengotron.model.gated import Pass

PEOPLE_NEEDED: Final = 2


def people(passes: Iterable[Pass]) -> frozenset[str]:
    """The different persons behind these passes: who changes the account or its letters stays the same one."""
    return frozenset(person_of(each.who).casefold() for each in passes)


def still_needed(passes: Iterable[Pass]) -> int:
    """How many more people must let the build through; 0 when nobody is needed any more."""
    return max(PEOPLE_NEEDED - len(people(passes)), 0)


def is_let_through(passes: Iterable[Pass]) -> bool:
    """Whether these passes, all of one build, are by people enough."""
    return still_needed(passes) == 0


def in_words(passes: Iterable[Pass]) -> str:
    """Who lets the build through, and how many more must."""
    passes = tuple(passes)
    needed = still_needed(passes)
    by = ", ".join(dict.fromkeys(each.who for each in passes))
    return f"let through by {by}" if not needed else f"let through by {by}; {needed} more must say so"
