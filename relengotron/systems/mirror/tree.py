"""How is a folder published as a tree on a file system, at the cost of what it changes?"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from relengotron.errors import MalformedInput, RequestRefused, StateDisagrees, SystemUnreachable
from relengotron.systems.mirror.comparing import compare
from relengotron.systems.mirror.disk import Disk, in_our_words
from relengotron.systems.mirror.ground import Ground
from relengotron.systems.mirror.order import has_one_content_for_ever, in_order, is_pointer
from relengotron.systems.mirror.paths import PRIVATE, RelPath, inside, rel_path
from relengotron.systems.mirror.port import Changes, Entry, Manifest, Staged, Switched, manifest_of
from relengotron.systems.mirror.recorded import Changed, Recorded
from relengotron.systems.mirror.records import Records
from relengotron.systems.mirror.showing import Show
from relengotron.systems.mirror.staging import Stage

_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class MirrorTree:
    """The master mirror's tree on a local file system, and beside it the record of what was published."""

    def __init__(self, root: Path, states: Path, disk: Disk | None = None, *, links_packages: bool = False) -> None:
        self._root = root
        self._states = states
        self._disk = disk or Disk()
        self._links_packages = links_packages

    @in_our_words
    def compare(self, source: Path, target: RelPath) -> Changes:
        """What publishing ``source`` would change; lists all of it, reads what is not known, changes nothing."""
        records = self._records(target)
        self._must_be_mounted(target, records)
        return compare(source, self._root / self._live(target), records)

    @in_our_words
    def stage(self, source: Path, target: RelPath, run: str, changes: Changes | None = None) -> Staged:
        """What ``source`` changes lies beside the target, complete and on disk; readers see nothing."""
        records, folder = self._records(target), self._stage_of(target, run)
        with records.at_hand(), self._mounted(target, records) as ground:
            show = self._shower(ground, target)
            if changes is None or not self._still_holds(changes, records, show):
                changes = compare(source, self._root / self._live(target), records)
            staged = self._staged(target, run, changes, records)
            if not changes.shown and not staged.manifest:
                raise RequestRefused(f"nothing to publish at {target}: {source} is empty")
            self._nobody_else_may_have_changed(show, records, changes)
            self._refuse_new_content_under_old_names(show, target, records, changes)
            Stage(ground, folder, self._links_packages).fill(source, changes)
        return staged

    def place(self, target: RelPath) -> Path:
        """Where the target lies on this machine."""
        return inside(self._root, target)

    @in_our_words
    def discard(self, target: RelPath, run: str) -> None:
        """What the run had staged for the target is gone."""
        folder = self._stage_of(target, run)
        if not self._root.is_dir():
            return
        with Ground(self._root, self._disk) as ground:
            ground.clear(folder)
            ground.remove_if_empty(os.path.dirname(folder))

    @in_our_words
    def switch(self, staged: Staged) -> Switched:
        """Readers see the staged state; at no moment did they see a mixed one."""
        target, changes, records = staged.target, staged.changes, self._records(staged.target)
        with records.alone(), self._mounted(target, records) as ground:
            if records.number() == changes.base:
                show = self._shower(ground, target, self._stage_of(target, staged.run))
                self._nobody_else_may_have_changed(show, records, changes)
                self._refuse_new_content_under_old_names(show, target, records, changes)
                _bring(show, records, changes)
            elif not records.is_state(changes):
                raise StateDisagrees(f"{target} was published by somebody else after {staged.run} had staged it")
            switched = self._switched(target, records)
        self.discard(target, staged.run)
        return switched

    @in_our_words
    def withdraw(self, target: RelPath, to_manifest: Manifest) -> Switched:
        """Readers see an earlier state again; an empty manifest takes the target off the list altogether."""
        records = self._records(target)
        with records.alone(), self._mounted(target, records) as ground:
            _bring(self._shower(ground, target), records, _changes_to(to_manifest, records))
            return self._switched(target, records)

    @in_our_words
    def sweep(self, target: RelPath, keep_generations: int = 1) -> tuple[str, ...]:
        """Files that neither the present state nor the last ``keep_generations`` name are gone; returns their paths."""
        records, live, kept = self._records(target), self._live(target), self._kept(target)
        with records.alone(), self._mounted(target, records) as ground:
            first = records.first_kept(keep_generations)
            dropped = records.only_before(first)
            gone = [path for path in reversed(in_order(dropped)) if _removed(ground, f"{live}/{path}", dropped[path])]
            ground.settle(f"{live}/{path}" for path in gone)
            for folder in _folders_above(dropped):
                ground.remove_if_empty(f"{live}/{folder}")
            for name in sorted(set(ground.names(kept)) - records.kept_for(first)):
                ground.remove(f"{kept}/{name}")
            records.forget_before(first)
            return tuple(sorted(gone))

    @in_our_words
    def published(self, target: RelPath) -> Manifest | None:
        """The state we last published; None when there was none."""
        records = self._records(target)
        return Recorded(records, number) if (number := records.number()) else None

    @in_our_words
    def generation(self, target: RelPath, number: int) -> Manifest:
        """The state with this number, as long as it can be put back."""
        return Recorded(self._records(target), number)

    @in_our_words
    def generations(self, target: RelPath) -> tuple[Manifest, ...]:
        """Every state that can still be put back, the present one last."""
        records = self._records(target)
        return tuple(Recorded(records, number) for number in records.numbers())

    def _shower(self, ground: Ground, target: RelPath, stage: str | None = None) -> Show:
        return Show(ground, self._live(target), self._kept(target), stage)

    def _still_holds(self, changes: Changes, records: Records, show: Show) -> bool:
        """Say whether what was compared once is what a comparison would say now, as far as a glance can tell."""
        if records.number() != changes.base:
            return False
        points = records.starting_points(changes.base)
        doubtful = {path for path in (*points, *records.intended()) if path not in changes.shown}
        return all(show.is_as_known(path, known) for path, known in records.known(doubtful).items())

    def _nobody_else_may_have_changed(self, show: Show, records: Records, changes: Changes) -> None:
        """What readers start from is what we showed, or what we were about to show; else somebody works there."""
        starts = records.starting_points(changes.base) if changes.base else changes.shown
        pointers = [path for path in starts if is_pointer(path)]
        ours, contents = records.intended(), records.contents(pointers)
        for path in pointers:
            found = show.entry(path)
            if found not in {*contents[path], ours.get(path), changes.shown.get(path), None}:
                raise StateDisagrees(f"{self._root / show.at(path)} {_of_somebody_else(changes)}")

    def _refuse_new_content_under_old_names(
        self, show: Show, target: RelPath, records: Records, changes: Changes
    ) -> None:
        """A damaged file may be mended; a name that readers know by another checksum may not change its content."""
        there = [path for path in changes.shown if has_one_content_for_ever(path) and show.facts(path)]
        contents = records.contents(there)
        for path in there:
            entry = changes.shown[path]
            if entry not in contents[path] and not show.shows(path, entry):
                raise RequestRefused(
                    f"{target}/{path} is live with other content, and readers rely on it"
                    " (metadata files need their checksums in their names: createrepo_c --unique-md-filenames)"
                )

    def _mounted(self, target: RelPath, records: Records) -> Ground:
        """The ground to publish on; its root is made before anything was ever published there, and never again."""
        if not records.number():
            self._root.mkdir(parents=True, exist_ok=True)
        self._must_be_mounted(target, records)
        return Ground(self._root, self._disk)

    def _must_be_mounted(self, target: RelPath, records: Records) -> None:
        if records.shows_anything() and not self.place(target).is_dir():
            raise SystemUnreachable(
                f"{self.place(target)} is not there, and it was published: is the mirror mounted?"
                " If it is, and the folder was taken away for good, make an empty one"
            )

    def _staged(self, target: RelPath, run: str, changes: Changes, records: Records) -> Staged:
        manifest = Changed(Recorded(records, changes.base), changes)
        return Staged(target, run, manifest, changes, self._root / self._stage_of(target, run))

    def _switched(self, target: RelPath, records: Records) -> Switched:
        number = records.number()
        before = records.before(number)
        changes = records.between(before or 0, number)
        return Switched(
            target=target,
            current=Recorded(records, number),
            previous=None if before is None else Recorded(records, before),
            changed=changes.shown,
            metadata=records.starting_points(number),
            kept=self._root / self._kept(target),
        )

    def _records(self, target: RelPath) -> Records:
        return Records(self._states, rel_path(target), self._disk)

    def _live(self, target: RelPath) -> str:
        """The target below the root, with the links resolved that lead to it; from there on none is followed."""
        return str(inside(self._root, target).resolve().relative_to(self._root.resolve()))

    def _kept(self, target: RelPath) -> str:
        return f"{PRIVATE}-kept/{quote(target, safe='')}"

    def _stage_of(self, target: RelPath, run: str) -> str:
        if not _RUN.fullmatch(run) or ".." in run:
            raise MalformedInput(f"not a run's name: {run!r}")
        return f"{PRIVATE}-stage/{run}/{quote(rel_path(target), safe='')}"


def _bring(show: Show, records: Records, changes: Changes) -> None:
    """Readers see what the changes lead to, and the record says so; what an attempt cut short left is mended."""
    after = Changed(Recorded(records, changes.base), changes)
    doubtful = records.intended().keys() - changes.shown.keys()
    shown = {**changes.shown, **{path: after[path] for path in doubtful if path in after}}
    gone = changes.gone | {path for path in doubtful if path not in after}
    known = records.known((*shown, *gone))
    records.intend(changes)
    show.bring(shown, known)
    show.hide_pointers(gone, known)
    records.add(changes, {path: found for path in shown if (found := show.facts(path))})


def _of_somebody_else(changes: Changes) -> str:
    if not changes.base:
        return (
            "is there, and was not published by relengotron: there would be no way back to it. Move away what"
            " lies there and keep it, then retry. Nothing was published over it"
        )
    return (
        "is not what was published there last: somebody else changed it."
        " Find out who; put the file back or remove it, then retry. Nothing was published over it"
    )


def _changes_to(manifest: Manifest, records: Records) -> Changes:
    """From the present state to this one; a state that is in the record is not read for it."""
    number = records.number()
    if isinstance(manifest, Recorded):
        return records.between(number, manifest.number)
    manifest_of(manifest)  # it comes from a journal
    present = records.rows(number) if number else {}
    shown = {path: entry for path, entry in manifest.items() if present.get(path) != entry}
    return Changes(number, shown, frozenset(present.keys() - manifest.keys()))


def _removed(ground: Ground, place: str, content: Entry | None) -> bool:
    """Remove a file; one that an abandoned run left, only while it is the content of that run."""
    return (content is None or ground.shows(place, content)) and ground.remove(place)


def _folders_above(paths: Iterable[str]) -> list[str]:
    """The deepest first, so that one that holds nothing else is empty when its turn comes."""
    folders = {str(parent) for path in paths for parent in Path(path).parents if parent.parts}
    return sorted(folders, key=lambda path: path.count("/"), reverse=True)
