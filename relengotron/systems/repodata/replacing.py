"""Which packages do the files of a replacement hold?"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, Generic, TypeVar

from relengotron.errors import MalformedInput
from relengotron.systems.repodata.headers import Header
from relengotron.systems.repodata.loading import needs_filelists
from relengotron.systems.repodata.port import Replacement

K = TypeVar("K")
V = TypeVar("V")

_REPLACEMENTS: Final = 20_000
_FILES: Final = 4_000


@dataclass(frozen=True, eq=False)
class Loaded:
    """Packages that stand in the place of everything of these sources; equal to itself only."""

    headers: tuple[Header, ...]
    sources: frozenset[str]
    wants_files: bool
    """Whether they require what only the lists of all files know."""


class Replacements:
    """Each is read once: the same names are the same packages, for nobody exchanges the files of a build."""

    def __init__(self, read: Callable[[Path], Header]) -> None:
        """Nothing is read yet."""
        self._read = read
        self._loaded = _Remembered[Replacement, Loaded](_REPLACEMENTS)
        self._headers = _Remembered[Path, Header](_FILES)

    def load(self, asked: Iterable[Replacement]) -> list[Loaded]:
        """What they hold, in order.

        Raises:
            MalformedInput: a file is no package, or is made from a source that is not named.
            SystemUnreachable: a file cannot be read.
        """
        return [self._loaded.get(each, self._load) for each in asked]

    def headers(self, files: Collection[Path]) -> tuple[Header, ...]:
        """What these files hold."""
        return tuple(self._headers.get(each, self._read) for each in files)

    def _load(self, asked: Replacement) -> Loaded:
        headers = self.headers(asked.rpms)
        for each in headers:
            if each.source not in asked.sources:
                named = ", ".join(sorted(asked.sources)) or "nothing"
                raise MalformedInput(f"{each.file} is made from {each.source}, and was said to be from {named}")
        wants_files = any(needs_filelists(path) for each in headers for path in each.required_paths)
        return Loaded(headers, asked.sources, wants_files)


class _Remembered(Generic[K, V]):
    """What was asked for last; two threads may read the same, and one of them is kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K, read: Callable[[K], V]) -> V:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = read(key)
        with self._lock:
            kept = self._known.setdefault(key, found)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return kept
