"""Which builds at a gate are out of date, because a newer one of their package is there?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cmp_to_key

from relengotron.model.difference import compare
from relengotron.model.nvr import Nvr
from relengotron.model.package import Package


@dataclass(frozen=True, slots=True)
class Contender:
    """One build of a package at a gate; ``place`` is greater for what was tagged later."""

    nvr: str
    package: str
    epoch: str
    place: int = 0

    @property
    def evr(self) -> str:
        """``[epoch:]version-release``."""
        name = Nvr.parse(self.nvr)
        return Package(name.name, self.epoch, name.version, name.release, "src").evr


def superseded(contenders: Iterable[Contender]) -> Mapping[str, str]:
    """By every build that is out of date the newest one of its package; rpm's order counts, then that of tagging."""
    by_package: dict[str, list[Contender]] = {}
    for each in contenders:
        by_package.setdefault(each.package, []).append(each)
    found: dict[str, str] = {}
    for several in by_package.values():
        if len(several) > 1:
            newest = max(several, key=_age)
            found |= {each.nvr: newest.nvr for each in several if each.nvr != newest.nvr}
    return found


def is_newer(one: Contender, other: Contender) -> bool:
    """Whether ``one`` supersedes ``other``, a build of the same package."""
    return _order(one, other) > 0


def _order(one: Contender, other: Contender) -> int:
    return compare(one.evr, other.evr) or one.place - other.place or (one.nvr > other.nvr) - (one.nvr < other.nvr)


_age = cmp_to_key(_order)
