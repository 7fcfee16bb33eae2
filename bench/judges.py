"""Who else can say what a compose would bring? dnf, and a solver run that shares no line with ours."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

import solv

from bench import dnf_command
from bench.dnf_command import DnfRefused
from bench.lane import ARCH
from bench.month import Day, Judgement, folder_of
from bench.warm_dnf import warm_dnf
from relengotron.model.package import Package

SAMPLE = 150


class PlainSolver:
    """libsolv without anything of ours: metadata as they are, a job for each wish; the released repo stays loaded."""

    def __init__(self, released: Path) -> None:
        """Load the released repo."""
        self._pool = solv.Pool()
        self._pool.setarch(ARCH)
        self._load("released", released)

    def all_of(self, updates: Path, wishes: Mapping[str, Sequence[str]]) -> Mapping[str, frozenset[Package]]:
        """What each list of wishes brings with these updates; nothing for one that cannot be installed."""
        repo = self._load("updates", updates)
        self._pool.addfileprovides()
        self._pool.createwhatprovides()
        found = {name: self._solved(install) for name, install in wishes.items()}
        repo.free(True)
        return found

    def _load(self, name: str, folder: Path) -> solv.Repo:
        repo = self._pool.add_repo(name)
        primary = next(folder.glob("repodata/*-primary.xml.gz"))
        if not repo.add_rpmmd(solv.xfopen(str(primary)), None, 0):
            raise ValueError(f"{primary} cannot be read: {self._pool.errstr}")
        return repo

    def _solved(self, install: Sequence[str]) -> frozenset[Package]:
        how = solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE_NAME
        solver = self._pool.Solver()
        solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
        if solver.solve([self._pool.Job(how, self._pool.str2id(name)) for name in install]):
            return frozenset()
        chosen = solver.transaction().newsolvables()
        return frozenset(Package.of(each.name, each.evr, each.arch) for each in chosen)


def doubted_by_plain_solver(
    skipped: Iterable[Judgement], released: str, wishes: Mapping[str, Sequence[str]]
) -> list[Judgement]:
    """Every skip of which a plain solver run says that a compose would bring something else than what is live."""
    solver = PlainSolver(folder_of(released))
    doubted = []
    for day, of_day in _by_day(skipped).items():
        brings = solver.all_of(folder_of(day.updates), {each.tree: wishes[each.tree] for each in of_day})
        doubted += [each for each in of_day if brings[each.tree] != each.live]
    return doubted


def refuted_by_dnf(
    asked: Iterable[Judgement], released: str, wishes: Mapping[str, Sequence[str]], scratch: Path
) -> list[Judgement]:
    """Every one of these skips of which dnf says that the tree would become something else."""
    refuted = []
    for day, of_day in _by_day(asked).items():
        side = f"day-{day.number}"
        with warm_dnf(scratch, {side: {"released": released, "updates": day.updates}}, ARCH) as dnf:
            for each in of_day:
                try:
                    brings = dnf.install(side, wishes[each.tree])[1]
                except DnfRefused:
                    brings = frozenset()
                if brings != each.live:
                    refuted.append(each)
    return refuted


def sampled(skipped: Sequence[Judgement]) -> list[Judgement]:
    """Some skips for dnf to judge; none where dnf is not here."""
    if not dnf_command.is_here():
        return []
    return Random("skips").sample(list(skipped), min(SAMPLE, len(skipped)))


def _by_day(judgements: Iterable[Judgement]) -> Mapping[Day, list[Judgement]]:
    found: dict[Day, list[Judgement]] = {}
    for each in judgements:
        found.setdefault(each.day, []).append(each)
    return found
