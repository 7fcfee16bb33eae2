"""How do changes become visible without a mixed state ever being seen?

What others point at comes first and is on disk before what points at it; nothing is taken away that an earlier
repomd.xml names; what is replaced under its own name is kept under its checksum. Before the first change all of it is
known to be possible.
"""

import os
from collections.abc import Iterable, Mapping

from relengotron.errors import StateDisagrees
from relengotron.systems.mirror.ground import Ground
from relengotron.systems.mirror.order import Rank, in_order, rank
from relengotron.systems.mirror.port import Entry
from relengotron.systems.mirror.records import Known


class Show:
    """One target on its ground: ``live`` as readers see it, ``kept`` and perhaps ``stage`` where contents come from."""

    def __init__(self, ground: Ground, live: str, kept: str, stage: str | None = None) -> None:
        self._ground = ground
        self._live = live
        self._kept = kept
        self._stage = stage

    def at(self, path: str) -> str:
        """Where readers find it, below the root."""
        return f"{self._live}/{path}"

    def is_as_known(self, path: str, known: Known) -> bool:
        """Say whether readers find there what the present state says, by reading it where it was touched."""
        facts = self._ground.facts(self.at(path))
        return facts is not None and (known.is_this(facts) or self._ground.shows(self.at(path), known.entry))

    def bring(self, files: Mapping[str, Entry], known: Mapping[str, Known]) -> None:
        """Readers find each content under its path; ``known`` is what the present state shows there."""
        there = {path: facts for path in files if (facts := self._ground.facts(self.at(path)))}
        missing = {
            path: self._source(path, entry)
            for path, entry in files.items()
            if path not in there or not self._is_shown(path, entry, there[path])
        }
        self._keep([path for path in missing if path in there], known)
        for each in Rank:
            brought = [path for path in files if rank(path) is each]
            for path in in_order(brought):
                if path in missing:
                    self._ground.link(missing[path], self.at(path))
            self._ground.settle(self.at(path) for path in brought)

    def hide_pointers(self, paths: Iterable[str], known: Mapping[str, Known]) -> None:
        """No reader starts from these any more; what they point at stays until it is swept."""
        pointers = [path for path in in_order(paths) if rank(path) is Rank.POINTER]
        self._keep([path for path in pointers if self._ground.facts(self.at(path)) is not None], known)
        for path in pointers:
            self._ground.remove(self.at(path))
        self._ground.settle(map(self.at, pointers))

    def _is_shown(self, path: str, entry: Entry, there: os.stat_result) -> bool:
        """By inode where it is the staged file itself, which was read; else by reading it."""
        staged = self._staged(entry)
        if staged is not None and (facts := self._ground.facts(staged)) and facts.st_ino == there.st_ino:
            return True
        return self._ground.shows(self.at(path), entry)

    def _staged(self, entry: Entry) -> str | None:
        return self._stage and f"{self._stage}/{entry.sha256}"

    def _source(self, path: str, entry: Entry) -> str:
        staged = self._staged(entry)
        if staged and (facts := self._ground.facts(staged)) and facts.st_size == entry.size:
            return staged
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
        facts = self._ground.facts(self.at(path))
        if known is not None and facts is not None and known.is_this(facts):
            return known.entry
        return self._ground.entry(self.at(path))
