"""How can a state of 100,000 files be handed about, when most who get it ask for three of them?"""

from collections.abc import Iterable, Iterator, Mapping

from relengotron.systems.mirror.port import Changes, Entry
from relengotron.systems.mirror.records import Records


class Recorded(Mapping[str, Entry]):
    """A state that stands in the record: one file is looked up alone, all of them are read once they are asked for."""

    def __init__(self, records: Records, number: int) -> None:
        self.number = number
        self._records = records
        self._all: dict[str, Entry] | None = None

    def __getitem__(self, path: str) -> Entry:
        found = self._records.entry(self.number, path) if self._all is None else self._all.get(path)
        if found is None:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self._read() == dict(other)

    __hash__ = None  # type: ignore[assignment]

    def some(self, paths: Iterable[str]) -> dict[str, Entry]:
        """The files under these paths, looked up together; what is not shown is left out."""
        return self._records.entries(self.number, paths) if self.number else {}

    def changes_to(self, other: "Recorded") -> Changes:
        """What another state of the same target shows otherwise."""
        return self._records.between(self.number, other.number)

    def _read(self) -> dict[str, Entry]:
        if self._all is None:
            self._all = self._records.rows(self.number) if self.number else {}
        return self._all


class Changed(Mapping[str, Entry]):
    """The state that some changes lead to from one that stands in the record."""

    def __init__(self, base: Recorded, changes: Changes) -> None:
        self._base = base
        self._changes = changes

    def __getitem__(self, path: str) -> Entry:
        if path in self._changes.gone:
            raise KeyError(path)
        return self._changes.shown.get(path) or self._base[path]

    def __iter__(self) -> Iterator[str]:
        yield from (path for path in self._base if path not in self._changes.gone)
        yield from (path for path in self._changes.shown if path not in self._base)

    def __len__(self) -> int:
        return sum(1 for _ in self)
