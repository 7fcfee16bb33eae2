"""Which packages must be installed so that a wish list works?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import solv

from relengotron.errors import Permanent

PRIMARY = "primary"


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """One package of a repo, with the place and the checksum that its metadata give."""

    name: str
    epoch: str
    version: str
    release: str
    arch: str
    repo: str = ""
    location: str = ""
    sha256: str = ""
    source_rpm: str = ""

    @property
    def nevra(self) -> str:
        """``name-[epoch:]version-release.arch`` as the field writes it."""
        epoch = "" if self.epoch == "0" else f"{self.epoch}:"
        return f"{self.name}-{epoch}{self.version}-{self.release}.{self.arch}"


class Unsolvable(Exception):
    """The wish list cannot be fulfilled; ``missing`` are names nobody provides, ``problems`` all the rest."""

    def __init__(self, missing: Iterable[str] = (), problems: Iterable[str] = ()) -> None:
        """Keep both lists for whoever has to explain."""
        self.missing = tuple(missing)
        self.problems = tuple(problems)
        super().__init__("; ".join([*(f"nothing provides {name}" for name in self.missing), *self.problems]))


def solve(
    primaries: Mapping[str, Path],
    wanted: Iterable[str],
    arch: str,
    *,
    exclude: Iterable[str] = (),
    recommends: bool = False,
) -> list[Candidate]:
    """The packages a fresh system with the wanted names would have, newest versions first.

    Args:
        primaries: repo id to its ``primary.xml`` (compressed or not).
        exclude: names that may not come in, whoever needs them.
        recommends: whether what is recommended comes too.

    Raises:
        Unsolvable: the wish cannot be fulfilled.
        Permanent: a file cannot be read.
    """
    pool = _pool(primaries, arch)
    jobs, missing = _jobs(pool, wanted)
    if missing:
        raise Unsolvable(missing)
    solver = pool.Solver()
    solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, not recommends)
    problems = solver.solve([*jobs, *_locks(pool, exclude)])
    if problems:
        raise Unsolvable(problems=[str(problem) for problem in problems])
    return sorted(_candidate(each) for each in solver.transaction().newsolvables())


def closure_problems(primaries: Mapping[str, Path], arch: str) -> list[str]:
    """What keeps packages of the repos from being installed, each alone; empty for a closed repo."""
    pool = _pool(primaries, arch)
    found: list[str] = []
    for each in pool.solvables_iter():
        solver = pool.Solver()
        solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
        found += [str(problem) for problem in solver.solve([pool.Job(_INSTALL_ONE, each.id)])]
    return sorted(set(found))


_INSTALL_ONE = solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE


def _pool(primaries: Mapping[str, Path], arch: str) -> solv.Pool:
    pool = solv.Pool()
    pool.setarch("i686" if arch == "i386" else arch)
    for name, primary in primaries.items():
        _add(pool, name, primary)
    pool.addfileprovides()
    pool.createwhatprovides()
    return pool


def _add(pool: solv.Pool, name: str, primary: Path) -> None:
    file = solv.xfopen(str(primary))
    if file is None:  # the library crashes on it
        raise Permanent(f"{primary}: cannot be opened: it is not there, or its compression is one that libsolv lacks")
    if not pool.add_repo(name).add_rpmmd(file, None):
        raise Permanent(f"{primary}: is no primary metadata: {pool.errstr}")


def _jobs(pool: solv.Pool, wanted: Iterable[str]) -> tuple[list[solv.Job], list[str]]:
    jobs, missing = [], []
    for name in sorted(set(wanted)):
        selection = pool.select(name, solv.Selection.SELECTION_NAME | solv.Selection.SELECTION_PROVIDES)
        if selection.isempty():
            missing.append(name)
        jobs += selection.jobs(solv.Job.SOLVER_INSTALL)
    return jobs, missing


def _locks(pool: solv.Pool, exclude: Iterable[str]) -> list[solv.Job]:
    selections = [pool.select(name, solv.Selection.SELECTION_NAME) for name in sorted(set(exclude))]
    return [job for selection in selections for job in selection.jobs(solv.Job.SOLVER_LOCK)]


def _candidate(each: solv.XSolvable) -> Candidate:
    epoch, version, release = split_evr(each.evr)
    checksum = each.lookup_checksum(solv.SOLVABLE_CHECKSUM)
    return Candidate(
        each.name,
        epoch,
        version,
        release,
        each.arch,
        each.repo.name,
        each.lookup_location()[0],
        checksum.hex() if checksum else "",
        each.lookup_sourcepkg() or "",
    )


def split_evr(evr: str) -> tuple[str, str, str]:
    """Epoch (``0`` when absent), version and release."""
    epoch, _, rest = evr.rpartition(":")
    version, _, release = rest.rpartition("-")
    return epoch or "0", version, release
