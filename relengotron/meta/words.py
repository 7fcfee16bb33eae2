"""How are names, counts and reasons put into a sentence?"""

from collections.abc import Sequence
from typing import Final

NAMED: Final = 3
"""So many things are called by name; of more, one less and how many others."""
HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S


def series(names: Sequence[str], nothing: str = "nothing") -> str:
    """Names as people list them: bash, zsh and 2 others."""
    once = list(dict.fromkeys(names))
    if len(once) > NAMED:
        once[NAMED - 1 :] = [f"{len(once) - NAMED + 1} others"]
    if len(once) <= 1:
        return "".join(once) or nothing
    return f"{', '.join(once[:-1])} and {once[-1]}"


def count(number: int, thing: str) -> str:
    """A number of things."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def because(sentence: str, reason: str) -> str:
    """A sentence with the reason behind it, where there is one."""
    return f"{sentence}: {reason}" if reason else sentence


def age(seconds: int | float | None) -> str:
    """How long something lasts, in the unit that people would take; a number that is none is left out."""
    if seconds is None or not 0 <= seconds < 1e10:
        return "some time"
    for unit, size in (("day", DAY_S), ("hour", HOUR_S), ("minute", 60)):
        if seconds >= size:
            return count(int(seconds // size), unit)
    return count(int(seconds), "second")
