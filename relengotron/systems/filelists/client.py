"""How are the lists of the mirror's modules kept true? From the lists of before and what was published since.

All modules under one lock and shown together: a hard link between two modules is copied as a link only by mirrors whose
lists of both are of one time.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.systems.filelists import listing, reflected
from relengotron.systems.filelists.drafting import Lists
from relengotron.systems.filelists.listing import Reading, Row
from relengotron.systems.filelists.merging import OutOfOrder, in_order, merged
from relengotron.systems.filelists.port import How, Listed, Module
from relengotron.systems.filelists.reflected import Reflected
from relengotron.systems.filelists.targets import News, Targets
from relengotron.systems.filelists.walking import Walk
from relengotron.systems.mirror.disk import Disk, in_our_words
from relengotron.systems.mirror.paths import PRIVATE
from relengotron.systems.shared_lock import held

WAIT: Final = timedelta(seconds=5)
"""Another lane of ours is done in less; for anybody else the run looks again later."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a module's lists are about to say; None when they are true as they are."""

    module: Module
    how: How
    lists: Lists | None
    rows: int
    reflects: Reflected
    left_out: tuple[str, ...] = ()


class MirrorLists:
    """The lists of modules below one root, written beside what they list."""

    def __init__(
        self,
        root: Path,
        state_dir: Path,
        modules: Iterable[Module],
        *,
        lock: Path | None = None,
        disk: Disk | None = None,
        wait: timedelta = WAIT,
    ) -> None:
        """``lock`` is seen by every host that writes lists there; without one it lies in the root."""
        self._root = root
        self._modules = tuple(modules)
        self._targets = Targets(root, state_dir / "mirror")
        self._kept = state_dir / "lists"
        self._lock = lock or root / f"{PRIVATE}-lists.lock"
        self._disk = disk or Disk()
        self._wait = wait

    @in_our_words
    def refresh(self, also: Iterable[str] = (), *, full: bool = False) -> tuple[Listed, ...]:
        """The lists of every module name what is on the mirror; one that is true already is not touched."""
        touched = frozenset(also)
        with held(self._lock, "write the file lists", self._wait):
            drafts = [self._draft(module, touched, full) for module in self._modules if self._is_there(module)]
            return tuple([self._shown(draft) for draft in drafts])

    @in_our_words
    def behind(self) -> dict[str, str]:
        """By module why its list is not known to be true; nothing for those that are."""
        found = {module.name: self._why_behind(module) for module in self._modules if self._is_there(module)}
        return {name: why for name, why in found.items() if why}

    def paths(self) -> tuple[str, ...]:
        """Every list that is there, below the mirror's root; of a module the one last that mirrors compare."""
        return tuple(path for module in self._modules for path in module.lists if (self._root / path).is_file())

    def _why_behind(self, module: Module) -> str | None:
        place, known = self._lists(module).place, reflected.load(self._record(module))
        if not listing.is_whole(place):
            return f"{place} is not there, or not whole"
        if known.identity != reflected.identity_of(place):
            return f"{place} was written by somebody else after our last publication"
        present = self._targets.numbers(module)
        late = sorted(target for target, number in present.items() if known.targets.get(target) != number)
        return f"{place} does not show the last publication of {', '.join(late[:5])}" if late else None

    def _is_there(self, module: Module) -> bool:
        """Say whether there is anything to list; what was published must be there."""
        return module.place(self._root).is_dir() or bool(self._targets.numbers(module))

    def _draft(self, module: Module, touched: frozenset[str], full: bool) -> Draft:
        present, place = self._targets.numbers(module), self._lists(module).place
        known = reflected.load(self._record(module))
        is_ours = known.identity == reflected.identity_of(place)
        news = self._targets.news(module, known.targets if is_ours else {}, present)
        news |= self._targets.touched(module, touched) | News(known.leaving, leaving=known.leaving)
        if not full and "" not in news.folders and listing.is_whole(place):
            try:
                return self._changed(module, news, Reflected(known.identity, present))
            except MalformedInput:
                pass  # broken inside: as good as none
        walk = self._walk(module)
        rows = in_order(walk.below())
        return self._written(module, How.WALKED, walk, rows, {}, Reflected(None, present, _there(walk, news.leaving)))

    def _changed(self, module: Module, news: News, reflects: Reflected) -> Draft:
        walk, place = self._walk(module), self._lists(module).place
        reflects = replace(reflects, leaving=_there(walk, news.leaving))
        if news.is_nothing and reflects.identity == reflected.identity_of(place):
            return Draft(module, How.AS_IT_WAS, None, 0, reflects)
        looked_at, anew = _looked_at(walk, news)
        with _reading(place) as reading:
            try:
                rows = merged(reading.rows(), looked_at, anew)
                return self._written(module, How.CHANGED, walk, rows, looked_at, reflects, reading)
            except OutOfOrder:
                pass
        with _reading(place) as reading:
            rows = merged(in_order(reading.rows()), looked_at, anew)
            return self._written(module, How.CHANGED, walk, rows, looked_at, reflects, reading)

    def _written(
        self,
        module: Module,
        how: How,
        walk: Walk,
        rows: Iterable[Row],
        looked_at: Mapping[str, Row | None],
        reflects: Reflected,
        reading: Reading | None = None,
    ) -> Draft:
        def known() -> dict[str, str]:
            before = {} if reading is None else reading.checksums()
            return {path: sha1 for path, sha1 in before.items() if path not in looked_at}

        lists = self._lists(module)
        count = lists.write(rows, known)
        return Draft(module, how, lists, count, reflects, tuple(sorted(walk.unlistable)))

    def _shown(self, draft: Draft) -> Listed:
        if draft.lists is None:
            return Listed(draft.module.name, draft.how)
        news, place = draft.lists.show(), draft.lists.place
        reflects = replace(draft.reflects, identity=reflected.identity_of(place))
        reflected.keep(self._record(draft.module), reflects, self._disk)
        return Listed(draft.module.name, draft.how, news, draft.rows, draft.left_out)

    def _lists(self, module: Module) -> Lists:
        return Lists(module, self._root, self._disk)

    def _walk(self, module: Module) -> Walk:
        return Walk(module.place(self._root), module.leave_out)

    def _record(self, module: Module) -> Path:
        return self._kept / f"{module.name}.json"


def _there(walk: Walk, paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path for path in paths if walk.row(path))


@contextmanager
def _reading(place: Path) -> Iterator[Reading]:
    with place.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        yield Reading(file)


def _looked_at(walk: Walk, news: News) -> tuple[dict[str, Row | None], tuple[str, ...]]:
    """What is there now under each path and in each folder; and the folders of whose past nothing counts."""
    folders = {folder for path in (*news.paths, *news.folders) for folder in _above(path)} | news.folders
    found = {path: walk.row(path) for path in (*news.paths, *folders)}
    gone = {folder for folder in folders if found[folder] is None}
    for folder in news.folders - gone:
        found |= {row.path: row for row in walk.below(folder)}
    return found, _topmost(f"{folder}/" for folder in news.folders | gone)


def _topmost(folders: Iterable[str]) -> tuple[str, ...]:
    """Without those that lie in another of them: every row of the list of before is compared with each."""
    found: list[str] = []
    for folder in sorted(folders):
        if not found or not folder.startswith(found[-1]):
            found.append(folder)
    return tuple(found)


def _above(path: str) -> Iterator[str]:
    """Every folder on the way to it: its time changes with what is in it."""
    for place, letter in enumerate(path):
        if letter == "/":
            yield path[:place]
