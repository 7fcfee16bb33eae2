"""Something would break: what, package by package, and which build is to blame?"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relengotron.model.closure import Break
from relengotron.model.gated import Suspicion

MOST_WORDS: Final = 5
"""So many requirements of one package are named in a sentence."""


@dataclass(frozen=True, slots=True)
class Broken:
    """One package, all that it requires in vain, and where."""

    package: str
    source: str
    requirements: tuple[str, ...]
    arches: tuple[str, ...]
    is_new: bool

    def __str__(self) -> str:
        named = ", ".join(self.requirements[:MOST_WORDS])
        more = len(self.requirements) - MOST_WORDS
        words = f"{named} and {more} more" if more > 0 else named
        verb = "which nothing provides" if self.is_new else "which nothing would provide any more"
        return f"{self.package} requires {words}, {verb} ({', '.join(self.arches)})"


def package_by_package(breaks: Iterable[Break]) -> tuple[Broken, ...]:
    """Everything that breaks, one line for each package."""
    found: dict[tuple[str, str, bool], list[Break]] = {}
    for each in sorted(breaks):
        found.setdefault((each.package, each.source, each.is_new), []).append(each)
    return tuple(
        Broken(
            package,
            source,
            tuple(dict.fromkeys(each.requirement for each in several)),
            tuple(dict.fromkeys(each.arch for each in several)),
            is_new,
        )
        for (package, source, is_new), several in found.items()
    )


def to_blame(
    breaks: Sequence[Break], packages: Mapping[str, str], without: Callable[[str], Collection[Break]]
) -> Mapping[str, tuple[Break, ...]]:
    """Per build what it is to blame for; ``packages`` has the package of each, ``without`` says what breaks still.

    A package that comes with a build is that build's matter. What was there before is the matter of the build without
    which it does not break; where it takes several, of all.
    """
    owners = {package: nvr for nvr, package in packages.items()}
    blamed: dict[str, list[Break]] = {}
    old = [each for each in breaks if not (each.is_new and each.source in owners)]
    for each in breaks:
        if each.is_new and each.source in owners:
            blamed.setdefault(owners[each.source], []).append(each)
    left = {nvr: frozenset(map(_key, without(nvr))) for nvr in packages} if old else {}
    for each in old:
        guilty = [nvr for nvr in packages if _key(each) not in left[nvr]]
        for nvr in guilty or packages:
            blamed.setdefault(nvr, []).append(each)
    return {nvr: tuple(several) for nvr, several in blamed.items()}


def suspicions(blamed: Mapping[str, Sequence[Break]], most: int) -> Iterator[Suspicion]:
    """Why each of these builds goes into quarantine; of many broken packages so many are named."""
    for nvr, breaks in sorted(blamed.items()):
        lines = package_by_package(breaks)
        more = [f"and {len(lines) - most} packages more"] if len(lines) > most else []
        yield Suspicion(nvr, "; ".join(["it would break the target", *map(str, lines[:most]), *more]))


def _key(each: Break) -> tuple[str, str, str]:
    return each.package, each.requirement, each.arch
