"""How does a new state of a target become visible without a mixed one ever being seen?"""

import re
from pathlib import Path
from urllib.parse import quote

from relengotron.errors import MalformedInput, RequestRefused, StateDisagrees
from relengotron.systems.mirror.disk import Disk, entry_of, in_our_words
from relengotron.systems.mirror.generations import Generations
from relengotron.systems.mirror.order import Rank, has_one_content_for_ever, in_order, rank
from relengotron.systems.mirror.paths import PRIVATE, RelPath, inside, rel_path
from relengotron.systems.mirror.port import Entry, Manifest, Staged, Switched
from relengotron.systems.mirror.source import read_source

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class MirrorTree:
    """The master mirror's tree on a local file system, and beside it the record of what was published."""

    def __init__(self, root: Path, states: Path, disk: Disk | None = None) -> None:
        self._root = root
        self._states = states
        self._disk = disk or Disk()

    @in_our_words
    def stage(self, source: Path, target: RelPath, run: str) -> Staged:
        """The files of ``source`` lie beside the target, complete and on disk; readers see nothing."""
        manifest = read_source(source)
        if not manifest:
            raise RequestRefused(f"nothing to publish at {target}: {source} is empty")
        self._refuse_new_content_under_old_names(target, manifest)
        place = self._stage_of(target, run)
        for path, entry in manifest.items():
            if not _is(place / path, entry):
                self._fill(source / path, self._live(target, path), place / path, entry)
        self._disk.settle(place / path for path in manifest)
        return Staged(target, run, manifest, place)

    def _fill(self, source: Path, live: Path, place: Path, entry: Entry) -> None:
        """Link what is live already, copy the rest."""
        if _is(live, entry):
            self._disk.link(live, place)
            return
        self._disk.copy(source, place)
        if not _is(place, entry):
            raise StateDisagrees(f"{source} changed while it was staged")

    def _refuse_new_content_under_old_names(self, target: RelPath, manifest: Manifest) -> None:
        """A damaged file may be mended; a name that readers know by another checksum may not change its content."""
        states = self.generations(target)
        for path, entry in manifest.items():
            if not has_one_content_for_ever(path) or not (live := self._live(target, path)).is_file():
                continue
            if not any(state.get(path) == entry for state in states) and not _is(live, entry):
                raise RequestRefused(
                    f"{target}/{path} is live with other content, and readers rely on it"
                    " (metadata files need their checksums in their names: createrepo_c --unique-md-filenames)"
                )

    def place(self, target: RelPath) -> Path:
        """Where the target lies on this machine."""
        return inside(self._root, target)

    @in_our_words
    def discard(self, target: RelPath, run: str) -> None:
        """What the run had staged for the target is gone."""
        self._disk.remove_folder(self._stage_of(target, run))

    @in_our_words
    def switch(self, staged: Staged) -> Switched:
        """Readers see the staged state; at no moment did they see a mixed one."""
        generations = self._generations(staged.target)
        with generations.alone():
            self._refuse_new_content_under_old_names(staged.target, staged.manifest)
            self._show(staged.target, staged.manifest, staged.place)
            generations.add(staged.manifest)
            self._disk.remove_folder(self._stage_of(staged.target, staged.run))
            return self._switched(staged.target, generations)

    @in_our_words
    def withdraw(self, target: RelPath, to_manifest: Manifest) -> Switched:
        """Readers see an earlier state again; an empty manifest takes the target off the list altogether."""
        generations = self._generations(target)
        with generations.alone():
            self._show(target, to_manifest)
            self._hide_pointers(target, set(generations.current() or {}) - set(to_manifest))
            generations.add(to_manifest)
            return self._switched(target, generations)

    def _show(self, target: RelPath, manifest: Manifest, place: Path | None = None) -> None:
        """Bring every file of the manifest under its name, what others point at first."""
        missing = {
            path: self._found(target, path, manifest[path], place)
            for path in in_order(manifest)
            if not self._shows(target, path, manifest[path], place)
        }
        for each in Rank:
            for path, found in missing.items():
                if rank(path) is each:
                    self._keep_what_is_replaced(target, path)
                    self._disk.link(found, self._live(target, path))
            self._disk.settle(self._live(target, path) for path in manifest if rank(path) is each)

    def _shows(self, target: RelPath, path: str, entry: Entry, place: Path | None) -> bool:
        live = self._live(target, path)
        return _is_linked(live, place, path) or _is(live, entry)

    def _found(self, target: RelPath, path: str, entry: Entry, place: Path | None) -> Path:
        candidates = [self._kept(target) / entry.sha256, *([place / path] if place else [])]
        for candidate in candidates:
            if _is(candidate, entry):
                return candidate
        raise StateDisagrees(f"{target}/{path} with checksum {entry.sha256} is neither live, staged nor kept")

    def _keep_what_is_replaced(self, target: RelPath, path: str) -> None:
        live = self._live(target, path)
        if live.is_file():
            entry = entry_of(live)
            if not _is(kept := self._kept(target) / entry.sha256, entry):
                self._disk.link(live, kept)
                self._disk.settle([kept])

    def _hide_pointers(self, target: RelPath, paths: set[str]) -> None:
        for path in sorted(paths):
            if rank(path) is Rank.POINTER:
                self._keep_what_is_replaced(target, path)
                self._disk.remove(self._live(target, path))

    @in_our_words
    def sweep(self, target: RelPath, keep_generations: int = 1) -> tuple[str, ...]:
        """Files that neither the present state nor the last ``keep_generations`` name are gone; returns their paths."""
        generations = self._generations(target)
        with generations.alone():
            kept, dropped = generations.split(keep_generations)
            named = {path for manifest in kept for path in manifest}
            once = {path for manifest in generations.all() for path in manifest}
            gone = [path for path in reversed(in_order(once - named)) if self._live(target, path).is_file()]
            for path in gone:
                self._disk.remove(self._live(target, path))
            self._remove_empty_folders(inside(self._root, target), once - named)
            self._forget_kept(target, {entry.sha256 for manifest in kept for entry in manifest.values()})
            generations.forget(dropped)
            return tuple(sorted(gone))

    def _remove_empty_folders(self, live: Path, paths: set[str]) -> None:
        folders = {parent for path in paths for parent in Path(path).parents if parent.parts}
        for folder in sorted(folders, key=lambda path: len(path.parts), reverse=True):
            self._disk.remove_if_empty(live / folder)

    def _forget_kept(self, target: RelPath, needed: set[str]) -> None:
        kept = self._kept(target)
        for path in sorted(kept.iterdir()) if kept.is_dir() else []:
            if path.name not in needed:
                self._disk.remove(path)

    @in_our_words
    def published(self, target: RelPath) -> Manifest | None:
        """The state we last published; None when there was none."""
        return self._generations(target).current()

    @in_our_words
    def generations(self, target: RelPath) -> tuple[Manifest, ...]:
        """Every state that can still be put back, the present one last."""
        return self._generations(target).all()

    def _switched(self, target: RelPath, generations: Generations) -> Switched:
        current = generations.current() or {}
        return Switched(target, current, generations.before(current), self._kept(target))

    def _generations(self, target: RelPath) -> Generations:
        return Generations(self._states, rel_path(target), self._disk)

    def _live(self, target: RelPath, path: str) -> Path:
        return inside(self._root, RelPath(f"{target}/{path}"))

    def _kept(self, target: RelPath) -> Path:
        return self._root / f"{PRIVATE}-kept" / quote(target, safe="")

    def _stage_of(self, target: RelPath, run: str) -> Path:
        if not _RUN.fullmatch(run) or ".." in run:
            raise MalformedInput(f"not a run's name: {run!r}")
        return self._root / f"{PRIVATE}-stage" / run / rel_path(target)


def _is(path: Path, entry: Entry) -> bool:
    """Say whether the very content of the entry lies at the path."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size == entry.size and entry_of(path) == entry


def _is_linked(live: Path, place: Path | None, path: str) -> bool:
    """Say whether live and staged are one file, whose content was read when it was staged."""
    return place is not None and live.is_file() and (place / path).is_file() and live.samefile(place / path)
