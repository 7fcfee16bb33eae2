"""How do solver data become a pool that can be asked?"""

from collections.abc import Sequence
from typing import IO, Any, Final

import solv

from relengotron.errors import MalformedInput

Parts = Sequence[tuple[str, IO[bytes]]]
"""Solver data by the name of where they come from."""

SPOKEN_OF_AS: Final = {"i386": "i686", "armhfp": "armv7hl"}


def pool_of(
    arch: str, parts: Parts, without: frozenset[tuple[str, str]] = frozenset(), room: str = ""
) -> tuple[Any, frozenset[int]]:
    """The pool of these parts as one arch sees them, and the files (by number) that packages say something of.

    ``without`` (name of the part, source package) nobody sees. The parts are loaded in the order of their names. Under
    the name of ``room`` packages can be added later: no repo can, for then the pool forgets who provides what.

    Raises:
        MalformedInput: these are no solver data.
    """
    pool = solv.Pool()
    pool.setdisttype(solv.Pool.DISTTYPE_RPM)
    pool.setarch(SPOKEN_OF_AS.get(arch, arch))
    for name, data in sorted(parts, key=lambda part: part[0]):
        _load(pool, name, data)
    if room:
        pool.add_repo(room)
    if without:
        pool.set_disabled_list(_made_from(pool, without))
    paths = pool.addfileprovides_queue()
    pool.createwhatprovides()
    return pool, frozenset(paths)


def source_of(solvable: Any) -> str:
    """The name of the source package, which ``NAME-VERSION-RELEASE.src.rpm`` begins with."""
    return str(solvable.lookup_sourcepkg() or "").rsplit("-", 2)[0]


def needs_filelists(path: str) -> bool:
    """Whether primary metadata leave a path out: createrepo_c puts programs and configuration there, and no more."""
    return path.startswith("/") and not ("bin/" in path or path.startswith("/etc/") or path == "/usr/lib/sendmail")


def _load(pool: Any, name: str, data: IO[bytes]) -> None:
    file = solv.xfopen_fd(None, data.fileno())
    if file is None or not pool.add_repo(name).add_solv(file):
        raise MalformedInput(f"{name}: solver data cannot be loaded: {pool.errstr}")


def _made_from(pool: Any, without: frozenset[tuple[str, str]]) -> list[int]:
    return [each.id for repo in pool.repos for each in repo.solvables if (repo.name, source_of(each)) in without]
