"""What has become of the mirror's targets since a list was written? Their records know it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from relengotron.errors import SystemUnreachable
from relengotron.systems.filelists.port import Module
from relengotron.systems.mirror.disk import Disk
from relengotron.systems.mirror.paths import RelPath
from relengotron.systems.mirror.records import Records


@dataclass(frozen=True, slots=True)
class News:
    """What to look at: ``paths`` alone, ``folders`` with all in them; ``leaving`` may vanish without more news.

    Paths are below the module, ``folders`` too; an empty one stands for the whole module.
    """

    paths: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    leaving: frozenset[str] = frozenset()

    def __or__(self, other: "News") -> "News":
        """Both."""
        return News(self.paths | other.paths, self.folders | other.folders, self.leaving | other.leaving)

    @property
    def is_nothing(self) -> bool:
        """Say whether there is nothing to look at."""
        return not self.paths and not self.folders


class Targets:
    """Every target with a record, as it lies below one root."""

    def __init__(self, root: Path, states: Path) -> None:
        self._root = root
        self._states = states

    def numbers(self, module: Module) -> dict[str, int]:
        """By target below the module the number of its present state.

        Raises:
            SystemUnreachable: what was published there is not there.
        """
        found = {}
        for folder in sorted(self._states.iterdir()) if self._states.is_dir() else ():
            target = unquote(folder.name)
            if self._below(module, target) is None or not (number := self._records(target).number()):
                continue
            if self._records(target).shows_anything() and not (self._root / target).is_dir():
                raise SystemUnreachable(f"{self._root / target} is not there, and it was published: is it mounted?")
            found[target] = number
        return found

    def news(self, module: Module, shown: Mapping[str, int], present: Mapping[str, int]) -> News:
        """What is otherwise in the present states than in those that a list shows."""
        news = News()
        for target, number in present.items():
            if shown.get(target) != number:
                news |= self._news_of(module, target, shown.get(target))
        return news

    def touched(self, module: Module, paths: frozenset[str]) -> News:
        """Those paths below the root that lie in the module, as what to look at."""
        news = News()
        for path in paths:
            if self._lies_in(module, path):
                news |= News(folders=frozenset({""}))
            above, _, name = path.rpartition("/")
            folder = self._below(module, above)
            if folder is None:
                continue
            below = f"{folder}/{name}".removeprefix("/")
            is_folder = not (self._root / path).is_symlink() and (self._root / path).is_dir()
            news |= News(folders=frozenset({below})) if is_folder else News(frozenset({below}))
        return news

    def _news_of(self, module: Module, target: str, before: int | None) -> News:
        folder, records = self._below(module, target) or "", self._records(target)
        beginning = f"{folder}/" if folder else ""
        known = records.numbers()
        touched = _touched(records, [each for each in known if each >= before] if before in known else known)
        paths = frozenset(beginning + path for path in touched)
        gone = frozenset(beginning + path for path in touched - records.known(touched).keys())
        return News(paths, leaving=gone) if before in known else News(folders=frozenset({folder}), leaving=gone)

    def _lies_in(self, module: Module, path: str) -> bool:
        """Whether the whole module lies in this folder, or is it."""
        try:
            return module.place(self._root).resolve().is_relative_to((self._root / path).resolve())
        except (OSError, RuntimeError):
            return False

    def _below(self, module: Module, path: str) -> str | None:
        """The path as the module has it, links resolved; None when it lies elsewhere."""
        try:
            real = str((self._root / path).resolve().relative_to(module.place(self._root).resolve()))
        except (ValueError, OSError, RuntimeError):  # the last one: links that lead in a circle
            return None
        return "" if real == "." else real

    def _records(self, target: str) -> Records:
        return Records(self._states, RelPath(target), Disk())


def _touched(records: Records, states: Sequence[int]) -> set[str]:
    """Every path that differs between two neighbours of these states: one may come and go between first and last."""
    changes = (records.between(one, other) for one, other in pairwise(states))
    return {path for each in changes for path in (*each.shown, *each.gone)}
