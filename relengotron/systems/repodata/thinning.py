"""Which recommendations make no difference where nothing recommended is installed?

libsolv weighs them all the same: of several packages that fulfil a dependency it takes the one that something
recommends. And before it does, it writes rules for everything that is recommended, and for what that needs: most of
its work, often. So what is recommended is forgotten where nobody ever has to choose.
"""

from functools import cache
from typing import Any

import solv

_OTHER_WORDS = (" and ", " if ", " unless ", " else ", " with ", " without ")


def forget_idle_recommendations(pool: Any) -> None:
    """Leave only recommendations of packages that are one choice of several; with other words than ``or``, all stay."""
    required = {number for each in pool.solvables_iter() for number in each.lookup_idarray(solv.SOLVABLE_REQUIRES)}
    if any(_has_other_words(pool.dep2str(number)) for number in required):
        return
    choices = _choices(pool, required)

    @cache
    def matters(recommended: int) -> bool:
        return any(each.id in choices for each in pool.whatprovides(recommended))

    for each in pool.solvables_iter():
        recommended = each.lookup_idarray(solv.SOLVABLE_RECOMMENDS)
        kept = [number for number in recommended if matters(number)]
        if len(kept) < len(recommended):
            each.unset(solv.SOLVABLE_RECOMMENDS)
            for number in kept:
                each.add_deparray(solv.SOLVABLE_RECOMMENDS, number)


def _has_other_words(dependency: str) -> bool:
    return dependency.startswith("(") and any(word in dependency for word in _OTHER_WORDS)


def _choices(pool: Any, required: set[int]) -> set[int]:
    """Every package that is not alone, by name, in fulfilling a dependency."""
    found: set[int] = set()
    for number in required:
        providers = pool.whatprovides(number)
        if len({each.nameid for each in providers}) > 1:
            found.update(each.id for each in providers)
    return found
