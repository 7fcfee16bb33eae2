"""Which packages of some repos can be installed, and which are the newest?"""

from pathlib import Path
from typing import Any

import createrepo_c
import solv

_ONE_PACKAGE = solv.Job.SOLVER_INSTALL | solv.Job.SOLVER_SOLVABLE
_SPOKEN_OF_AS = {"i386": "i686", "armhfp": "armv7hl"}


class Universe:
    """The packages of several repos on disk, as one machine of an arch sees them."""

    def __init__(self, arch: str) -> None:
        self._arch = _SPOKEN_OF_AS.get(arch, arch)
        self._pool = solv.Pool()
        self._pool.setdisttype(solv.Pool.DISTTYPE_RPM)
        self._pool.setarch(self._arch)

    def add(self, name: str, folder: Path) -> None:
        """Take in the repo whose ``repodata`` lies in the folder."""
        repo = self._pool.add_repo(name)
        records = {record.type: record for record in createrepo_c.Repomd(str(folder / "repodata/repomd.xml")).records}
        if "primary" not in records:
            raise ValueError(f"{name}: repomd.xml names no primary metadata")
        for kind, flags in (("primary", 0), ("filelists", solv.Repo.REPO_EXTEND_SOLVABLES)):
            if kind in records:
                place = folder / "repodata" / Path(records[kind].location_href).name
                file = solv.xfopen(str(place))
                if file is None:  # the library crashes on it
                    raise ValueError(f"{name}: {place.name} cannot be opened, or its compression is unknown to libsolv")
                if not repo.add_rpmmd(file, None, flags):
                    raise ValueError(f"{name}: {kind} metadata cannot be read: {self._pool.errstr}")

    def problems_of(self, name: str) -> list[str]:
        """Why packages of one repo cannot be installed, each asked for alone; empty when all can."""
        self._pool.addfileprovides()
        self._pool.createwhatprovides()
        problems: list[str] = []
        for package in self._packages(name):
            solver = self._pool.Solver()
            solver.set_flag(solv.Solver.SOLVER_FLAG_IGNORE_RECOMMENDED, 1)
            problems += map(str, solver.solve([self._pool.Job(_ONE_PACKAGE, package.id)]))
        return sorted(set(problems))

    def newest(self) -> dict[str, tuple[str, str, str, str]]:
        """Per package name the newest (epoch, version, release, arch) that this arch can run."""
        best: dict[str, Any] = {}
        for package in self._packages(None):
            before = best.get(package.name)
            if before is None or package.evrcmp(before) > 0:
                best[package.name] = package
        return {name: (*_split(package.evr), package.arch) for name, package in best.items()}

    def count(self, name: str) -> int:
        """How many packages one repo has."""
        return len(self._packages(name))

    def _packages(self, repo: str | None) -> list[Any]:
        return [
            each
            for each in self._pool.solvables
            if each.arch not in {"src", "nosrc"} and repo in {None, each.repo.name} and self._runs(each.arch, repo)
        ]

    def _runs(self, arch: str, repo: str | None) -> bool:
        """For one repo's closure all of it counts; for the newest only what belongs to the arch."""
        return repo is not None or arch in {self._arch, "noarch"}


def _split(evr: str) -> tuple[str, str, str]:
    epoch, _, rest = evr.rpartition(":")
    version, _, release = rest.rpartition("-")
    return epoch or "0", version, release
