"""What do we tell people when a manifest cannot be installed?"""

from collections.abc import Iterable
from typing import Any

import solv

_NO_CHOICE_LEFT = solv.Solver.SOLVER_RULE_PKG_REQUIRES
_LONGEST = 400
_WISH = solv.Solver.SOLVER_RULE_JOB


def missing(wish: str) -> str:
    """Nothing in the universe fulfils a wish."""
    return f"nothing provides {_in_short(wish)}, which the manifest wishes for"


def of_problems(pool: Any, problems: Iterable[Any], excluded: frozenset[int]) -> set[str]:
    """Every reason that the solver found in packages, each once; it finds none where a wish itself is excluded."""
    infos = [info for problem in problems for rule in problem.findallproblemrules() for info in rule.allinfos()]
    return {_in_short(_of_one(pool, info, excluded)) for info in infos if info.type != _WISH}


def of_excluded_wish(pool: Any, wish: str, candidates: Iterable[int]) -> str:
    """A manifest wishes for something and excludes all that could fulfil the wish."""
    return _in_short(f"{wish} cannot be installed{_kept_out(pool, candidates)}")


CONTRADICTION = "the wishes of the manifest contradict one another"


def _in_short(text: str) -> str:
    """Names are a stranger's, and as long as they like; people read this in a hold."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _of_one(pool: Any, info: Any, excluded: frozenset[int]) -> str:
    words: str = info.problemstr()
    if info.type != _NO_CHOICE_LEFT:
        return words
    return words + _kept_out(pool, (each.id for each in pool.whatprovides(info.dep_id) if each.id in excluded))


def _kept_out(pool: Any, numbers: Iterable[int]) -> str:
    names = sorted({str(pool.id2solvable(each)) for each in numbers})
    return f" (the manifest excludes {', '.join(names)})" if names else ""
