"""How do changes become visible without a mixed state ever being seen?

What others point at comes first and is on disk before what points at it; nothing is taken away that an earlier
repomd.xml names; what is replaced under its own name is kept under its checksum. Before the first change all of it is
known to be possible.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby

from relengotron.errors import StateDisagrees
from relengotron.systems.mirror.ground import Ground
from relengotron.systems.mirror.order import in_order, is_pointer
from relengotron.systems.mirror.port import Entry
from relengotron.systems.mirror.records import Known


class Show:
    """One target on its ground: ``live`` as readers see it, ``kept`` and perhaps ``stage`` where contents come from."""

    def __init__(self, ground: Ground, live: str, kept: str, stage: str | None = None) -> None:
        self._ground = ground
        self._live = live
        self._kept = kept
        self._stage = stage
        self._seen: dict[str, os.stat_result | None] = {}

    def at(self, path: str) -> str:
        """Where readers find it, below the root."""
        return f"{self._live}/{path}"

    def facts(self, path: str) -> os.stat_result | None:
        """What the file system says of it, or said before in this verb: nobody else writes here."""
        if path not in self._seen:
            self._seen[path] = self._ground.facts(self.at(path))
        return self._seen[path]

    def entry(self, path: str) -> Entry | None:
        """What readers find there, read now; None when there is nothing."""
        return None if self.facts(path) is None else self._ground.entry(self.at(path))

    def shows(self, path: str, entry: Entry) -> bool:
        """Say whether readers find this very content there, by reading it."""
        facts = self.facts(path)
        return facts is not None and facts.st_size == entry.size and self._ground.entry(self.at(path)) == entry

    def is_as_known(self, path: str, known: Known) -> bool:
        """Say whether readers find there what the present state says, by reading it where it was touched."""
        facts = self.facts(path)
        return facts is not None and (known.is_this(facts) or self.shows(path, known.entry))

    def bring(self, files: Mapping[str, Entry], known: Mapping[str, Known]) -> None:
        """Readers find each content under its path; ``known`` is what the present state shows there."""
        staged = self._staged(files)
        missing = {
            path: self._source(path, entry, staged)
            for path, entry in files.items()
            if self.facts(path) is None or not self._is_shown(path, entry, staged)
        }
        self._keep([path for path in missing if self.facts(path)], known)
        wanted = Counter(missing.values())
        for _, each in groupby(in_order(files), is_pointer):
            brought = list(each)
            for path in brought:
                if source := missing.get(path):
                    wanted[source] -= 1
                    self._show(source, path, staged.get(files[path].sha256), is_wanted_again=wanted[source] > 0)
            self._ground.settle(map(self.at, brought))

    def hide_pointers(self, paths: Iterable[str], known: Mapping[str, Known]) -> None:
        """No reader starts from these any more; what they point at stays until it is swept."""
        pointers = [path for path in in_order(paths) if is_pointer(path)]
        self._keep([path for path in pointers if self.facts(path) is not None], known)
        for path in pointers:
            self._ground.remove(self.at(path))
            self._seen[path] = None
        self._ground.settle(map(self.at, pointers))

    def _show(self, source: str, path: str, staged: os.stat_result | None, *, is_wanted_again: bool) -> None:
        """What is staged moves to its place, the last time it is wanted; what is kept stays kept."""
        if staged is None or is_wanted_again:
            self._ground.link(source, self.at(path))
        else:
            self._ground.move(source, self.at(path))
        self._seen[path] = staged or self._ground.facts(self.at(path))

    def _staged(self, files: Mapping[str, Entry]) -> dict[str, os.stat_result]:
        """What lies ready, by its checksum: it was read before it got that name."""
        if self._stage is None:
            return {}
        there = set(self._ground.names(self._stage))
        wanted = {entry.sha256: entry for entry in files.values() if entry.sha256 in there}
        facts = {sha256: self._ground.facts(f"{self._stage}/{sha256}") for sha256 in wanted}
        return {sha256: found for sha256, found in facts.items() if found and found.st_size == wanted[sha256].size}

    def _is_shown(self, path: str, entry: Entry, staged: Mapping[str, os.stat_result]) -> bool:
        """By inode where it is the staged file itself, which was read; else by reading it."""
        ready, facts = staged.get(entry.sha256), self.facts(path)
        if ready is not None and facts is not None and ready.st_ino == facts.st_ino:
            return True
        return self.shows(path, entry)

    def _source(self, path: str, entry: Entry, staged: Mapping[str, os.stat_result]) -> str:
        if entry.sha256 in staged:
            return f"{self._stage}/{entry.sha256}"
        if self._ground.shows(kept := f"{self._kept}/{entry.sha256}", entry):
            return kept
        raise StateDisagrees(f"{self.at(path)} with checksum {entry.sha256} is neither live, staged nor kept")

    def _keep(self, paths: Iterable[str], known: Mapping[str, Known]) -> None:
        """What lies there now can be put back: its own content, whoever brought it there."""
        kept = []
        for path in paths:
            entry = self._shown(path, known.get(path))
            place = f"{self._kept}/{entry.sha256}"
            if not self._ground.shows(place, entry):
                self._ground.link(self.at(path), place)
                kept.append(place)
        self._ground.settle(kept)

    def _shown(self, path: str, known: Known | None) -> Entry:
        facts = self.facts(path)
        if known is not None and facts is not None and known.is_this(facts):
            return known.entry
        return self._ground.entry(self.at(path))
