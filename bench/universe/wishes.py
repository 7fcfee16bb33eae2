"""What would people compose from the generated distribution? Wish lists whose closures have 300 to 2,500 packages."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import solv

from bench.universe.packages import Binary
from relengotron.model.contents import Manifest

HOW_MANY = 60
SMALLEST, LARGEST = 315, 2450  # what is drawn for; a closure ends a little beside it
_CLOSE_ENOUGH = 0.03
_BASE = "required"


@dataclass(frozen=True, slots=True)
class WishList:
    """One artifact's manifest: the names that people wrote down, and how many packages they bring."""

    name: str
    install: tuple[str, ...]
    size: int

    @property
    def manifest(self) -> Manifest:
        """The same in the words of the product."""
        digest = hashlib.sha256("\n".join(self.install).encode()).hexdigest()
        return Manifest(digest=digest, origin=f"wish list {self.name}", install=self.install)


def draw(repo: Path, packages: Iterable[Binary], arch: str, how_many: int = HOW_MANY) -> Iterator[WishList]:
    """Lists that can be installed, drawn with fixed seeds; from small to large, each size larger by the same factor."""
    by_section, base = _shelves(packages)
    solver = _Closure(repo, arch)
    for number in range(how_many):
        size = SMALLEST * (LARGEST / SMALLEST) ** (number / max(1, how_many - 1))
        yield _one(f"tree-{number + 1:02}", base, _order(by_section, Random(number)), round(size), solver)


def _shelves(packages: Iterable[Binary]) -> tuple[Mapping[str, Sequence[str]], tuple[str, ...]]:
    shelves: dict[str, list[str]] = defaultdict(list)
    base: list[str] = []
    for each in sorted(packages, key=lambda each: each.name):
        (base if each.priority == _BASE else shelves[each.section]).append(each.name)
    return shelves, tuple(base)


def _order(by_section: Mapping[str, Sequence[str]], random: Random) -> list[str]:
    """An artifact has a subject: a few sections first, mixed, and the others after them."""
    sections = random.sample(sorted(by_section), len(by_section))
    subject = [name for section in sections[:4] for name in by_section[section]]
    rest = [name for section in sections[4:] for name in by_section[section]]
    return [*random.sample(subject, len(subject)), *random.sample(rest, len(rest))]


def _one(name: str, base: tuple[str, ...], candidates: list[str], wanted: int, solver: "_Closure") -> WishList:
    """Take as many candidates as bring the wanted number of packages; what cannot be installed with them falls away."""
    found = frozenset(base)
    while len(found) < wanted * (1 - _CLOSE_ENOUGH):
        count, found = _fitting(base, candidates, wanted, solver)
        del candidates[count : count + 1]  # the first one left out brings too much at once: try without it
    install = (*base, *sorted(found.intersection(candidates[:count])))
    return WishList(name, install, len(solver.of(install, ())))


def _fitting(
    base: Sequence[str], candidates: Sequence[str], most: int, solver: "_Closure"
) -> tuple[int, frozenset[str]]:
    """How many of the candidates bring no more than so many packages, and the packages that they bring."""
    few, many = 0, 1
    while many < len(candidates) and len(solver.of(base, candidates[:many])) <= most:
        few, many = many, many * 2
    while many - few > 1:
        middle = (few + many) // 2
        is_small = len(solver.of(base, candidates[:middle])) <= most
        few, many = (middle, many) if is_small else (few, middle)
    return few, solver.of(base, candidates[:few])


class _Closure:
    """The distribution in a pool of its own, so that drawing depends on nothing that is measured later."""

    def __init__(self, repo: Path, arch: str) -> None:
        self._pool = solv.Pool()
        self._pool.setarch(arch)
        primary = next(repo.glob("repodata/*-primary.xml.gz"))
        if not self._pool.add_repo("all").add_rpmmd(solv.xfopen(str(primary)), None, 0):
            raise ValueError(f"{primary} cannot be read: {self._pool.errstr}")
        self._pool.createwhatprovides()

    def of(self, names: Iterable[str], wishes: Iterable[str]) -> frozenset[str]:
        """Every package that the names bring together with those of the wishes that fit."""
        solver = self._pool.Solver()
        solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
        if problems := solver.solve([*self._jobs(names, 0), *self._jobs(wishes, solv.Job.SOLVER_WEAK)]):
            raise ValueError(f"the base cannot be installed: {problems[0]}")
        return frozenset(each.name for each in solver.transaction().newsolvables())

    def _jobs(self, names: Iterable[str], how: int) -> Iterator[solv.Job]:
        action = solv.Job.SOLVER_INSTALL | how
        return (self._pool.Job(action | solv.Job.SOLVER_SOLVABLE_NAME, self._pool.str2id(name)) for name in names)
