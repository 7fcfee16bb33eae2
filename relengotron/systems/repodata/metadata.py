"""What do the metadata of some repos show, found by what it provides, requires and is made from?"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

import solv

from relengotron.systems.repodata.dependencies import Dependencies
from relengotron.systems.repodata.loading import source_of

_WITH_MARKS: Final = 0
"""All that is required, before an installation or later; all that is provided, files too."""
_MARKS: Final = frozenset({solv.SOLVABLE_PREREQMARKER, solv.SOLVABLE_FILEMARKER})
_WHOLE_PATH: Final = (
    solv.Dataiterator.SEARCH_STRING | solv.Dataiterator.SEARCH_FILES | solv.Dataiterator.SEARCH_COMPLETE_FILELIST
)


class Shown:
    """The packages of a pool when it was made; each by its number."""

    def __init__(self, pool: Any, dependencies: Dependencies, paths: frozenset[int]) -> None:
        """Read who requires what; of ``paths`` the pool knows who has them."""
        self._pool = pool
        self._dependencies = dependencies
        self.paths = paths
        self._providers: dict[int, frozenset[int]] = {}
        self.requirers = self._read_requirers()
        """The packages by what they require."""
        self.sources: dict[str, list[int]] = {}
        """The packages by their source, once all are learnt."""
        self.named: set[tuple[str, str]] = set()
        """The (name, arch) of each package, once all are learnt."""
        self.made: set[tuple[str, str]] = set()
        """The (source, arch) of each package, once all are learnt."""

    def learn(self) -> None:
        """Find requirements by names and packages by sources from now on; only changes ask for that."""
        if self.sources:
            return
        self._dependencies.learn(self.requirers)
        for each in self._pool.solvables_iter():
            if each.installable():
                source = source_of(each)
                self.sources.setdefault(source, []).append(each.id)
                self.named.add((each.name, each.arch))
                self.made.add((source, each.arch))

    def source(self, number: int) -> str:
        """The name of the source package."""
        return source_of(self._pool.id2solvable(number))

    def providers(self, required: int) -> frozenset[int]:
        """Those that fulfil one plain requirement."""
        found = self._providers.get(required)
        if found is None:
            found = self._providers[required] = frozenset(self._find_providers(required))
        return found

    def is_provided(self, required: int) -> bool:
        """Whether any of them fulfils one plain requirement."""
        return bool(self._pool.whatprovides(required) or self.providers(required))

    def _find_providers(self, required: int) -> Iterator[int]:
        yield from (each.id for each in self._pool.whatprovides(required))
        if self._dependencies.is_path(required) and required not in self.paths:
            found = self._pool.Dataiterator(solv.SOLVABLE_FILELIST, self._dependencies.text(required), _WHOLE_PATH)
            yield from (each.solvid for each in found if each.solvable.installable())

    def doubtful(self) -> list[int]:
        """Every requirement that none of them fulfils by itself, and those of several names."""
        whatprovides, is_rich = self._pool.whatprovides, self._dependencies.is_rich
        return [each for each in self.requirers if not whatprovides(each) or is_rich(each)]

    def names_provided(self, number: int) -> set[int]:
        """Every name that a package provides, the files that somebody requires among them."""
        provided = self._pool.id2solvable(number).lookup_idarray(solv.SOLVABLE_PROVIDES, _WITH_MARKS)
        return {self._dependencies.name(each) for each in provided if each not in _MARKS}

    def _read_requirers(self) -> dict[int, list[int]]:
        found: defaultdict[int, list[int]] = defaultdict(list)
        for each in self._pool.solvables_iter():
            if each.installable():
                number = each.id
                for required in each.lookup_idarray(solv.SOLVABLE_REQUIRES, _WITH_MARKS):
                    found[required].append(number)
        for required in [each for each in found if each in _MARKS or not self._dependencies.is_for_packages(each)]:
            del found[required]
        return dict(found)
