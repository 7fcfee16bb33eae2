"""Which packages does a tree made of paper hold? A few lines of our own, so that a prediction is compared with others.

What is wished for is installed in its newest version that can be, with all that it requires.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cmp_to_key

from relengotron.model.difference import compare
from relengotron.model.package import Package
from tests.stage.paper_repo import PaperPackage

Chosen = Mapping[str, PaperPackage]


class NotInstallable(Exception):
    """Nothing that is offered fulfils a wish, or it requires what nothing provides."""


def installed(wishes: Iterable[str], offered: Sequence[PaperPackage]) -> list[Package]:
    """The packages of a fresh system."""
    chosen: Chosen = {}
    for wish in sorted(wishes):
        chosen = _with(wish, chosen, offered)
    return sorted(each.package for each in chosen.values())


def _with(wish: str, chosen: Chosen, offered: Sequence[PaperPackage]) -> Chosen:
    """All that was chosen, and the best that fulfils this wish besides."""
    if any(_provides(each, wish) for each in chosen.values()):
        return chosen
    why = f"nothing provides {wish}"
    for candidate in _candidates(wish, offered):
        try:
            found: Chosen = {**chosen, candidate.package.name: candidate}
            for required in candidate.requires:
                found = _with(required, found, offered)
        except NotInstallable as refused:
            why = str(refused)
        else:
            return found
    raise NotInstallable(why)


def _candidates(wish: str, offered: Sequence[PaperPackage]) -> list[PaperPackage]:
    """Who obsoletes it comes before who has the name, and that before who provides it."""
    heirs = [each for each in offered if wish in each.obsoletes]
    named = [each for each in offered if each.package.name == wish]
    others = [] if heirs or named else [each for each in offered if _provides(each, wish)]
    return [each for group in (heirs, named, others) for each in sorted(group, key=_newest_first)]


@cmp_to_key
def _newest_first(one: PaperPackage, other: PaperPackage) -> int:
    return compare(other.package.evr, one.package.evr)


def _provides(each: PaperPackage, wish: str) -> bool:
    return wish == each.package.name or wish in each.provides or wish in each.obsoletes
