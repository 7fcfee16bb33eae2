"""What can be asked of packages that are loaded already?"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from types import MappingProxyType
from typing import Any

import solv

from relengotron.model.contents import Manifest
from relengotron.model.package import Package
from relengotron.systems.repodata import words
from relengotron.systems.repodata.loading import Parts, needs_filelists, pool_of
from relengotron.systems.repodata.reading import checksum_of, read_package
from relengotron.systems.repodata.thinning import forget_idle_recommendations
from relengotron.systems.repodata.wishes import Wishes

Installed = Mapping[Package, str]
Answer = tuple[Installed, tuple[str, ...]]

_CHOSEN = 1
_SYSTEM = 1  # libsolv's number of the machine itself
_REMEMBERED = 128
_NOTHING: Installed = MappingProxyType({})


class _Read(dict[int, tuple[Package, str]]):
    """What the packages of a pool say of themselves, each read when it is asked for first."""

    def __init__(self, pool: Any) -> None:
        super().__init__()
        self._pool = pool

    def __missing__(self, number: int) -> tuple[Package, str]:
        solvable = self._pool.id2solvable(number)
        self[number] = read = (read_package(solvable), checksum_of(solvable))
        return read


class WarmPool:
    """The packages of some repos as one arch sees them; any thread may ask, one at a time is answered.

    The same question gets the same answer: nothing that was asked before changes it.
    """

    def __init__(
        self,
        arch: str,
        parts: Parts,
        without: frozenset[tuple[str, str]] = frozenset(),
        *,
        is_thin: bool,
    ) -> None:
        """Load solver data, in the order of their names; ``without`` (name, source package) nobody sees."""
        # No object of the library is kept but the pool: it crashes when one is used after its pool.
        self._pool, paths = pool_of(arch, parts, without)
        self.wants_files = any(needs_filelists(self._pool.id2str(path)) for path in paths)
        if is_thin:
            forget_idle_recommendations(self._pool)
        self._wishes = Wishes(self._pool)
        self._read = _Read(self._pool)
        self._answers: OrderedDict[tuple[object, ...], Answer] = OrderedDict()
        self._newest: Mapping[tuple[str, str], Package] | None = None
        self._one_at_a_time = Lock()

    def solve(self, manifest: Manifest) -> Answer:
        """What installing the manifest brings, or why it cannot be installed."""
        wishes = tuple(sorted(set(manifest.install or ())))
        question = (wishes, tuple(sorted(set(manifest.exclude))), manifest.recommends)
        with self._one_at_a_time:
            if question not in self._answers:
                self._answers[question] = self._solve(*question)
            self._answers.move_to_end(question)
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
            return self._answers[question]

    def leaves_a_choice(self, manifest: Manifest) -> bool:
        """Whether a wish can be fulfilled by packages of several names: a thin pool may choose otherwise."""
        with self._one_at_a_time:
            return any(map(self._wishes.leaves_a_choice, manifest.install or ()))

    def newest(self) -> Mapping[tuple[str, str], Package]:
        """The newest package of each name and arch that can be installed."""
        with self._one_at_a_time:
            if self._newest is None:
                self._newest = MappingProxyType(self._find_newest())
            return self._newest

    def _solve(self, wishes: tuple[str, ...], exclude: tuple[str, ...], recommends: bool) -> Answer:
        jobs = [self._pool.Job(*job) for wish in wishes for job in self._wishes.install(wish)]
        excluded = frozenset(number for name in exclude for number in self._wishes.exclude(name))
        if excluded:
            jobs.append(self._pool.Job(*self._wishes.lock(sorted(excluded))))
        solver = self._pool.Solver()
        solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, not recommends)
        problems = solver.solve(jobs)
        said = self._of_wishes(wishes, excluded) | words.of_problems(self._pool, problems, excluded)
        if problems or said:
            return _NOTHING, tuple(sorted(said)) or (words.CONTRADICTION,)
        chosen = (number for number in solver.raw_decisions(_CHOSEN) if number != _SYSTEM)
        return MappingProxyType(dict(map(self._read.__getitem__, chosen))), ()

    def _of_wishes(self, wishes: tuple[str, ...], excluded: frozenset[int]) -> set[str]:
        """What can be said of the wishes alone: nothing fulfils them, or only what is excluded."""
        said = {words.missing(wish) for wish in wishes if not self._wishes.install(wish)}
        for wish in wishes if excluded else ():
            candidates = self._wishes.candidates(wish)
            if candidates and candidates <= excluded:
                said.add(words.of_excluded_wish(self._pool, wish, candidates))
        return said

    def _find_newest(self) -> dict[tuple[str, str], Package]:
        best: dict[tuple[int, int], Any] = {}
        for each in self._pool.solvables_iter():
            place = (each.nameid, each.archid)
            if each.installable() and (place not in best or each.evrcmp(best[place]) > 0):
                best[place] = each
        packages = (self._read[each.id][0] for each in best.values())
        return {(each.name, each.arch): each for each in packages}
