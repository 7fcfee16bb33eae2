"""Which packages come beside those that the metadata of a repo show?"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any, Final

import solv

from relengotron.systems.repodata.dependencies import Dependencies
from relengotron.systems.repodata.headers import Header
from relengotron.systems.repodata.metadata import Shown

ROOM: Final = "newcomers"
"""What their part of the pool is called; the name of every other part is a URL, or ``rpms``."""

SECOND_ARCHES: Final = frozenset({"i386", "i486", "i586", "i686", "athlon", "s390", "ppc"})
"""Arches of which the repo of a wider one shows some packages besides its own."""


class Newcomers:
    """Packages from files, each put into the pool once; only those that are linked count."""

    def __init__(self, pool: Any, dependencies: Dependencies, shown: Shown, second: frozenset[str]) -> None:
        """None is there yet; of the arches in ``second`` not all come into the repos."""
        self._pool = pool
        self._dependencies = dependencies
        self._shown = shown
        self._second = second
        self._room = next(repo.id for repo in pool.repos if repo.name == ROOM)
        self._numbers: dict[Header, int | None] = {}
        self._headers: dict[int, Header] = {}
        self._names: dict[int, frozenset[int]] = {}
        self._requires: dict[int, tuple[int, ...]] = {}
        self._linked: set[int] = set()
        self._by_name: dict[int, set[int]] = {}
        self._by_requirement: dict[int, set[int]] = {}
        self._by_path: dict[int, set[int]] = {}

    def __len__(self) -> int:
        """How many were ever put into the pool."""
        return len(self._headers)

    def knows(self, number: int) -> bool:
        """Whether it is one of these."""
        return number in self._headers

    def source(self, number: int) -> str | None:
        """The source package of one of these."""
        header = self._headers.get(number)
        return None if header is None else header.source

    def is_certain(self, number: int) -> bool:
        """Whether the repos will show it: of a second arch comes what was there before, or is needed."""
        header = self._headers[number]
        return header.arch not in self._second or (header.name, header.arch) in self._shown.named

    def requires(self, number: int) -> tuple[int, ...]:
        """What it requires."""
        return self._requires[number]

    def names_provided(self, number: int) -> frozenset[int]:
        """Every name that it provides, the files that somebody requires among them."""
        return self._names[number].union(path for path in self._dependencies.paths if self._has(number, path))

    def add(self, header: Header) -> int | None:
        """The number of a package; None when the repos of this arch have no use for it."""
        if header not in self._numbers:
            self._numbers[header] = self._put(header)
        return self._numbers[header]

    def link(self, numbers: Iterable[int]) -> None:
        """They count from now on."""
        for number in numbers:
            self._linked.add(number)
            for name in self._names[number]:
                self._by_name.setdefault(name, set()).add(number)
            for each in self._requires[number]:
                self._by_requirement.setdefault(each, set()).add(number)
            for path, having in self._by_path.items():
                if self._has(number, path):
                    having.add(number)

    def unlink(self, numbers: Iterable[int]) -> None:
        """They count no more."""
        for number in numbers:
            self._linked.discard(number)
            for name in self._names[number]:
                self._by_name[name].discard(number)
            for each in self._requires[number]:
                self._by_requirement[each].discard(number)
            for having in self._by_path.values():
                having.discard(number)

    def providers(self, required: int) -> Iterator[int]:
        """Those that count and fulfil one plain requirement."""
        for number in self._by_name.get(self._dependencies.name(required), ()):
            if self._pool.id2solvable(number).matchesdep(solv.SOLVABLE_PROVIDES, required):
                yield number
        if self._dependencies.is_path(required):
            yield from self._those_having(required)

    def requirers(self, required: int) -> Iterable[int]:
        """Those that count and require it."""
        return self._by_requirement.get(required, ())

    def _those_having(self, path: int) -> set[int]:
        if path not in self._by_path:
            self._by_path[path] = {number for number in self._linked if self._has(number, path)}
        return self._by_path[path]

    def _has(self, number: int, path: int) -> bool:
        paths, wanted = self._headers[number].paths, hash(self._dependencies.text(path))
        place = bisect_left(paths, wanted)
        return place < len(paths) and paths[place] == wanted

    def _put(self, header: Header) -> int | None:
        if header.arch in self._second and (header.source, header.arch) not in self._shown.made:
            return None
        if not self._pool.isknownarch(self._pool.str2id(header.arch)):
            return None
        package = self._pool.id2repo(self._room).add_solvable()
        package.name, package.evr, package.arch = header.name, header.evr, header.arch
        self._describe(package, header)
        return int(package.id)

    def _describe(self, package: Any, header: Header) -> None:
        number = int(package.id)
        provides = [self._dependencies.number(each) for each in header.provides]
        requires = tuple(dict.fromkeys(map(self._dependencies.number, header.requires)))
        for each in provides:
            package.add_deparray(solv.SOLVABLE_PROVIDES, each)
        self._dependencies.learn(requires)
        self._names[number] = frozenset(map(self._dependencies.name, provides))
        self._requires[number] = requires
        self._headers[number] = header
