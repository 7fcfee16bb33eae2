"""Which requirements are there, by the names that they speak of?"""

from collections.abc import Iterable
from typing import Any, Final

from relengotron.errors import MalformedInput
from relengotron.systems.repodata.headers import Relation
from relengotron.systems.repodata.rich import Requirement, atoms, is_too_deep, parse, plain

_BY_RPM_ITSELF: Final = "rpmlib("


class Dependencies:
    """The dependencies of one pool: plain numbers, for no object of the library may outlive its pool."""

    def __init__(self, pool: Any) -> None:
        """Know none yet."""
        self._pool = pool
        self._parsed: dict[int, Requirement] = {}
        self._names: dict[int, int] = {}
        self._about: dict[int, set[int]] = {}
        self._rich_about: dict[int, set[int]] = {}
        self._odd: set[int] = set()
        self.paths: set[int] = set()
        """The files that somebody requires, by number."""

    def number(self, relation: Relation) -> int:
        """The number of what a package provides or requires.

        Raises:
            MalformedInput: it is a requirement of several that cannot be read.
        """
        if relation.name.startswith("("):
            found = None if is_too_deep(relation.name) else self._pool.parserpmrichdep(relation.name)
            if found is None:
                raise MalformedInput(f"not a requirement: {relation.name[:200]!r}")
            return int(found.id)
        return self._make(*relation)

    def number_of_text(self, text: str) -> int:
        """The number of a requirement as it is written for people."""
        return self.number(Relation(text) if text.startswith("(") else Relation(*plain(text)))

    def text(self, number: int) -> str:
        """How it is written for people."""
        return str(self._pool.dep2str(number))

    def is_for_packages(self, number: int) -> bool:
        """Whether packages fulfil it, and not rpm itself."""
        return number < 0 or not self.text(number).startswith(_BY_RPM_ITSELF)

    def learn(self, required: Iterable[int]) -> None:
        """These are required by somebody: they are found by their names from now on."""
        for number in required:
            if number not in self._parsed:
                self._learn(number)

    def parsed(self, number: int) -> Requirement:
        """What it consists of."""
        if number not in self._parsed:
            self._learn(number)
        return self._parsed[number]

    def about(self, names: Iterable[int]) -> set[int]:
        """Every requirement that speaks of one of these names, and those that cannot be read."""
        return self._odd.union(*(self._about.get(name, ()) for name in names))

    def rich_about(self, names: Iterable[int]) -> set[int]:
        """Those of several names among them: what comes can break them as well."""
        return self._odd.union(*(self._rich_about.get(name, ()) for name in names))

    def name(self, number: int) -> int:
        """The number of the name alone, of something that is provided or of one plain requirement.

        What cannot be read is its own name: nothing else is called that.
        """
        if number >= 0:
            return number
        if number not in self._names:
            self._names[number] = self._read_name(number)
        return self._names[number]

    def is_path(self, number: int) -> bool:
        """Whether it is a file."""
        return number >= 0 and self.text(number).startswith("/")

    def is_rich(self, number: int) -> bool:
        """Whether it consists of several."""
        return number < 0 and self.text(number).startswith("(")

    def _read_name(self, number: int) -> int:
        try:
            return int(self._pool.str2id(plain(self.text(number))[0], True))
        except MalformedInput:
            return number

    def _learn(self, number: int) -> None:
        parts = [number]
        self._parsed[number] = number
        if self.is_rich(number):
            try:
                self._parsed[number] = parse(self.text(number), self._make)
                parts = list(atoms(self._parsed[number]))
            except MalformedInput:
                self._odd.add(number)  # only the library knows what it means
        self.paths.update(filter(self.is_path, parts))
        for name in map(self.name, parts):
            self._about.setdefault(name, set()).add(number)
            if len(parts) > 1:
                self._rich_about.setdefault(name, set()).add(number)

    def _make(self, name: str, signs: int, version: str) -> int:
        dep = self._pool.Dep(name)
        return int((dep.Rel(signs, self._pool.str2id(version, True)) if signs else dep).id)
