"""Which packages can fulfil one wish of a manifest?"""

from collections.abc import Iterable, Sequence
from typing import Any

import solv

Job = tuple[int, int]
"""What libsolv calls how and what: plain numbers may outlive everything, objects of the library may not."""

_NAMED = (
    solv.Selection.SELECTION_NAME
    | solv.Selection.SELECTION_GLOB
    | solv.Selection.SELECTION_CANON
    | solv.Selection.SELECTION_DOTARCH
)
_WISHED = _NAMED | solv.Selection.SELECTION_PROVIDES | solv.Selection.SELECTION_REL | solv.Selection.SELECTION_FILELIST
_INSTALL = solv.Job.SOLVER_INSTALL
_BY_NAME = _INSTALL | solv.Job.SOLVER_SOLVABLE_NAME
_ONE_OF = _INSTALL | solv.Job.SOLVER_SOLVABLE_ONE_OF


class Wishes:
    """The jobs that wishes mean in one pool; each is looked up once."""

    def __init__(self, pool: Any) -> None:
        """Know who obsoletes whom."""
        self._pool = pool
        self._obsoleters = _obsoleters(pool)
        self._install: dict[str, tuple[Job, ...]] = {}
        self._exclude: dict[str, tuple[int, ...]] = {}
        self._leaves_a_choice: dict[str, bool] = {}

    def install(self, wish: str) -> tuple[Job, ...]:
        """Install what has the name, or the whole name, else what provides it; empty when nothing does.

        A package that obsoletes the one with the name fulfils the wish as well, as it does for dnf.
        """
        if wish not in self._install:
            jobs = self._pool.select(wish, _WISHED).jobs(_INSTALL)
            self._install[wish] = tuple(self._with_obsoleters(job) for job in jobs)
        return self._install[wish]

    def candidates(self, wish: str) -> frozenset[int]:
        """The packages (their numbers in the pool) of which one fulfils the wish."""
        jobs = (self._pool.Job(*job) for job in self.install(wish))
        return frozenset(each.id for job in jobs for each in job.solvables())

    def leaves_a_choice(self, wish: str) -> bool:
        """Whether packages of several names fulfil it."""
        if wish not in self._leaves_a_choice:
            names = {self._pool.id2solvable(number).nameid for number in self.candidates(wish)}
            self._leaves_a_choice[wish] = len(names) > 1
        return self._leaves_a_choice[wish]

    def exclude(self, wish: str) -> tuple[int, ...]:
        """The packages (their numbers in the pool) that have the name."""
        if wish not in self._exclude:
            self._exclude[wish] = tuple(each.id for each in self._pool.select(wish, _NAMED).solvables())
        return self._exclude[wish]

    def lock(self, excluded: Sequence[int]) -> Job:
        """Let none of these packages be installed."""
        return solv.Job.SOLVER_LOCK | solv.Job.SOLVER_SOLVABLE_ONE_OF, self._pool.towhatprovides(list(excluded))

    def _with_obsoleters(self, job: Any) -> Job:
        others = self._obsoleters.get(job.what, ()) if job.how == _BY_NAME else ()
        if not others:
            return job.how, job.what
        either = {each.id for each in job.solvables()} | set(others)
        return _ONE_OF, self._pool.towhatprovides(sorted(either))


def _obsoleters(pool: Any) -> dict[int, set[int]]:
    """The id of a name, and the packages that obsolete packages with this name."""
    found: dict[int, set[int]] = {}
    for each in pool.solvables_iter():
        for obsolete in each.lookup_deparray(solv.SOLVABLE_OBSOLETES):
            for name in _names_of(pool, obsolete):
                if name != each.nameid and each.installable():
                    found.setdefault(name, set()).add(each.id)
    return found


def _names_of(pool: Any, obsolete: Any) -> Iterable[int]:
    name = obsolete.str().partition(" ")[0]
    return {each.nameid for each in pool.whatprovides(obsolete) if each.name == name}
