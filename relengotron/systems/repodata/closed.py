"""What does nothing provide, in repos as they are and once some builds have taken the place of others?

A reverse index says which requirements speak of a name, and who has them: so a change costs as much as it touches.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

from relengotron.model.closure import Break
from relengotron.systems.repodata.dependencies import Dependencies
from relengotron.systems.repodata.loading import SPOKEN_OF_AS, Parts, needs_filelists, pool_of
from relengotron.systems.repodata.metadata import Shown
from relengotron.systems.repodata.newcomers import ROOM, SECOND_ARCHES, Newcomers
from relengotron.systems.repodata.reading import read_package
from relengotron.systems.repodata.replacing import Loaded
from relengotron.systems.repodata.rich import is_met

_MOST_NEWCOMERS: Final = 50_000
"""Packages from files that are kept beside those of the metadata; about 200 MiB."""


Placed = Mapping[str, tuple[int, ...]]
"""By source package the numbers of what stands in its place."""
_Found = Iterable[tuple[int, int, bool]]
"""Who requires it, what, and whether it comes with the change."""


class ClosureIndex:
    """Repos of one revision, as one arch sees them; any thread may ask, one at a time is answered."""

    def __init__(self, arch: str, parts: Parts, without: frozenset[tuple[str, str]] = frozenset()) -> None:
        """Load solver data; ``without`` (name of the part, source package) nobody sees."""
        # No object of the library is kept but the pool: it crashes when one is used after its pool.
        self._pool, paths = pool_of(arch, parts, without, ROOM)
        self.wants_files = any(needs_filelists(self._pool.id2str(path)) for path in paths)
        self._arch = arch
        self._dependencies = Dependencies(self._pool)
        self._shown = Shown(self._pool, self._dependencies, paths)
        second = frozenset() if SPOKEN_OF_AS.get(arch, arch) in SECOND_ARCHES else SECOND_ARCHES
        self._newcomers = Newcomers(self._pool, self._dependencies, self._shown, second)
        self._placed: WeakKeyDictionary[Loaded, Placed] = WeakKeyDictionary()
        self._before: tuple[Loaded, ...] = ()
        self._now: dict[str, tuple[int, ...]] = {}
        self._hidden: set[int] = set()
        self._one_at_a_time = Lock()

    @property
    def is_full(self) -> bool:
        """Whether so many packages have come that the repos should be loaded anew, so that those are forgotten."""
        return len(self._newcomers) > _MOST_NEWCOMERS

    def broken(self) -> tuple[Break, ...]:
        """Every requirement of every package that nothing fulfils."""
        with self._one_at_a_time:
            self._take_as_before(())
            missing = [number for number in self._shown.doubtful() if not self._is_met(number)]
            return self._told((each, number, False) for number in missing for each in self._shown.requirers[number])

    def breaks(self, before: Sequence[Loaded], change: Loaded) -> tuple[Break, ...]:
        """What nothing fulfils once the change has come after all before it, and what did until then."""
        with self._one_at_a_time:
            self._shown.learn()
            self._take_as_before(tuple(before))
            return self._told(self._breaks(self._place(change)))

    def _place(self, loaded: Loaded) -> Placed:
        known = self._placed.get(loaded)
        if known is None:
            found: dict[str, list[int]] = {source: [] for source in loaded.sources}
            for header in loaded.headers:
                number = self._newcomers.add(header)
                if number is not None:
                    found[header.source].append(number)
            known = self._placed[loaded] = {source: tuple(numbers) for source, numbers in found.items()}
        return known

    def _take_as_before(self, before: tuple[Loaded, ...]) -> None:
        """Only what differs from the last question is put into its place."""
        if before == self._before:
            return
        wanted = {source: numbers for each in before for source, numbers in self._place(each).items()}
        for source in self._now.keys() - wanted.keys():
            self._put(source, None)
        for source, numbers in wanted.items():
            self._put(source, numbers)
        self._before = before

    def _put(self, source: str, numbers: tuple[int, ...] | None) -> tuple[int, ...] | None:
        """These stand for a source from now on, None: what the metadata show; and what did until now."""
        before = self._now.get(source)
        if before == numbers:
            return before
        if before is None:
            self._hidden.update(self._shown.sources.get(source, ()))
        else:
            self._newcomers.unlink(before)
        if numbers is None:
            self._hidden.difference_update(self._shown.sources.get(source, ()))
            del self._now[source]
        else:
            self._newcomers.link(numbers)
            self._now[source] = numbers
        return before

    def _breaks(self, placed: Placed) -> list[tuple[int, int, bool]]:
        came = {number for numbers in placed.values() for number in numbers}
        touched = self._touched({number for source in placed for number in self._standing_for(source)}, came)
        before = {source: self._put(source, numbers) for source, numbers in placed.items()}
        try:
            lost = {number: list(self._requirers(number)) for number in touched if not self._is_met(number)}
            found = [(each, number, True) for each in came for number in self._missing_of(each)]
        finally:
            for source, numbers in before.items():
                self._put(source, numbers)
        had = [number for number, requirers in lost.items() if requirers and self._is_met(number)]
        return found + [(each, number, False) for number in had for each in lost[number] if each not in came]

    def _standing_for(self, source: str) -> Sequence[int]:
        now = self._now.get(source)
        return self._shown.sources.get(source, ()) if now is None else now

    def _touched(self, gone: Iterable[int], came: Iterable[int]) -> set[int]:
        """The requirements that may be fulfilled no more; what comes touches only those with a condition."""
        lost = {name for number in gone for name in self._names_provided(number)}
        new = {name for number in came for name in self._names_provided(number)}
        late = self._dependencies.paths - self._shown.paths  # the metadata do not say who has them
        return self._dependencies.about(lost) | self._dependencies.rich_about(new) | late

    def _names_provided(self, number: int) -> Iterable[int]:
        owner = self._newcomers if self._newcomers.knows(number) else self._shown
        return owner.names_provided(number)

    def _missing_of(self, number: int) -> Iterator[int]:
        """What a newcomer requires in vain."""
        if self._newcomers.is_certain(number):
            yield from (each for each in self._newcomers.requires(number) if not self._is_met(each))

    def _requirers(self, required: int) -> Iterator[int]:
        yield from (each for each in self._shown.requirers.get(required, ()) if each not in self._hidden)
        yield from filter(self._newcomers.is_certain, self._newcomers.requirers(required))

    def _is_met(self, required: int) -> bool:
        if self._dependencies.is_rich(required):
            return is_met(self._dependencies.parsed(required), self._providers)
        return self._is_shown(required) or any(self._newcomers.providers(required))

    def _is_shown(self, required: int) -> bool:
        if not self._hidden:
            return self._shown.is_provided(required)
        return not self._shown.providers(required) <= self._hidden

    def _providers(self, required: int) -> frozenset[int]:
        """Who fulfils a plain requirement now."""
        return (self._shown.providers(required) - self._hidden).union(self._newcomers.providers(required))

    def _told(self, found: _Found) -> tuple[Break, ...]:
        return tuple(sorted(self._break(*each) for each in found))

    def _break(self, number: int, required: int, is_new: bool) -> Break:
        package = str(read_package(self._pool.id2solvable(number)))
        source = self._newcomers.source(number) or self._shown.source(number)
        return Break(package, source, self._dependencies.text(required), self._arch, is_new)
