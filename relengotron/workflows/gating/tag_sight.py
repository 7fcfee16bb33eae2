"""What is in the tags of a gate now? Listed whole from time to time, else asked only what has changed."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from relengotron.engine.attempt import Clock
from relengotron.model.nvr import Nvr
from relengotron.settings.gates import Gate
from relengotron.systems.koji.port import Koji, TaggedBuild

LISTED_WHOLE_EVERY: Final = timedelta(minutes=15)
OVERLAP: Final = timedelta(seconds=5)
"""So long Koji may take from the number of an event to its commit; what takes longer is found by listing the whole.

A mass rebuild brings 25 builds a second, and each look reads again what happened in this time.
"""
ONE_BY_ONE_AT_MOST: Final = 1000
"""More builds than that come cheaper in one listing of the whole tag."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is in both tags; ``changed`` are the builds that are new in it or gone since the last look, None: all."""

    pending: Mapping[str, TaggedBuild]
    quarantine: Mapping[str, TaggedBuild]
    changed: frozenset[str] | None = None

    def find(self, nvr: str) -> TaggedBuild | None:
        """The build as one of the tags lists it."""
        return self.pending.get(nvr) or self.quarantine.get(nvr)


class TagSight:
    """The tags of one gate; one thread asks."""

    def __init__(self, koji: Koji, gate: Gate, clock: Clock) -> None:
        """Take Koji; nothing is asked yet."""
        self._koji = koji
        self._listed: dict[str, dict[str, TaggedBuild]] = {gate.pending: {}, gate.quarantine: {}}
        self._gate = gate
        self._clock = clock
        self._events: deque[tuple[datetime, int]] = deque()
        self._whole_at: datetime | None = None

    def look(self) -> Sight:
        """What is in the tags now, in few requests."""
        if self._is_time_for_the_whole():
            return self._look_at_the_whole()
        changes = self._koji.tag_changes(self._listed, self._since())
        came = {tag: _unknown(builds, self._listed[tag]) for tag, builds in changes.builds.items()}
        if sum(map(len, came.values())) > ONE_BY_ONE_AT_MOST:
            return self._look_at_the_whole()
        changed = {nvr for tag, builds in changes.builds.items() for nvr in self._take_out(tag, builds)}
        for tag, builds in came.items():
            changed |= self._put_in(tag, self._koji.tagged_of(tag, {Nvr.parse(nvr).name for nvr in builds}))
        self._note(changes.event)
        return self._sight(frozenset(changed))

    def forget(self) -> None:
        """What was seen last led to nothing: the next look is at the whole."""
        self._whole_at = None

    def _is_time_for_the_whole(self) -> bool:
        now = self._clock()
        return self._whole_at is None or not self._whole_at <= now < self._whole_at + LISTED_WHOLE_EVERY

    def _look_at_the_whole(self) -> Sight:
        event = self._koji.tag_changes((), None).event  # before the listing: what happens meanwhile is seen twice
        for tag in self._listed:
            self._listed[tag] = {each.nvr: each for each in self._koji.tagged(tag)}
        self._note(event)
        self._whole_at = self._clock()
        return self._sight(None)

    def _take_out(self, tag: str, builds: Mapping[str, bool]) -> Iterable[str]:
        listed = self._listed[tag]
        return [nvr for nvr, is_there in builds.items() if not is_there and listed.pop(nvr, None) is not None]

    def _put_in(self, tag: str, builds: Iterable[TaggedBuild]) -> frozenset[str]:
        new = {each.nvr: each for each in builds if each.nvr not in self._listed[tag]}
        self._listed[tag] |= new
        return frozenset(new)

    def _since(self) -> int:
        """The event of the last look that is long enough ago, or of the first one."""
        while len(self._events) > 1 and self._events[1][0] <= self._clock() - OVERLAP:
            self._events.popleft()
        return self._events[0][1]

    def _note(self, event: int) -> None:
        if not self._events or self._events[-1][1] != event:
            self._events.append((self._clock(), event))

    def _sight(self, changed: frozenset[str] | None) -> Sight:
        return Sight(self._listed[self._gate.pending], self._listed[self._gate.quarantine], changed)


def _unknown(builds: Mapping[str, bool], listed: Mapping[str, TaggedBuild]) -> list[str]:
    return [nvr for nvr, is_there in builds.items() if is_there and nvr not in listed]
