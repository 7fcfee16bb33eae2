"""Has a build come into the target? Whoever asks Koji asks for some others who wait too: one answer serves them all."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from relengotron.systems.koji.port import Koji

ASKED_TOGETHER: Final = 50
GOOD_FOR: Final = timedelta(minutes=1)
EXPECTED_FOR: Final = timedelta(minutes=10)
"""What has not come by then has met with trouble, and its own batch looks after it."""

Tags = Mapping[str, frozenset[str]]


class Arrivals:
    """What is known of builds on their way to one target, as long as it is fresh; any thread may ask.

    Nothing depends on it: after a restart every batch asks for its own builds.
    """

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._lock = Lock()
        self._expected: dict[str, datetime] = {}
        self._there: dict[str, tuple[datetime, frozenset[str]]] = {}

    def expect(self, builds: Iterable[str], now: datetime) -> None:
        """These builds are on their way from now on."""
        with self._lock:
            self._expected |= dict.fromkeys(builds, now)

    def tags_of(self, koji: Koji, builds: Sequence[str], target: str, now: datetime) -> Tags:
        """The tags of these builds; Koji is asked unless somebody else has seen all of them in the target just now."""
        known = self._take(builds, now)
        if len(known) == len(builds):
            return known
        tags = koji.tags_of([*builds, *self._others(builds, now)])
        self._note({nvr: found for nvr, found in tags.items() if target in found}, builds, now)
        return {nvr: tags[nvr] for nvr in builds}

    def _take(self, builds: Sequence[str], now: datetime) -> Tags:
        with self._lock:
            found = {nvr: known for nvr in builds if (known := self._there.pop(nvr, None)) is not None}
        return {nvr: tags for nvr, (at, tags) in found.items() if at <= now < at + GOOD_FOR}

    def _others(self, builds: Collection[str], now: datetime) -> list[str]:
        """Those that have waited longest, for they may have come."""
        with self._lock:
            self._expected = {nvr: at for nvr, at in self._expected.items() if now < at + EXPECTED_FOR}
            return [nvr for nvr in self._expected if nvr not in builds][:ASKED_TOGETHER]

    def _note(self, there: Tags, builds: Collection[str], now: datetime) -> None:
        """Who asked knows it already."""
        with self._lock:
            self._there = {nvr: known for nvr, known in self._there.items() if now < known[0] + GOOD_FOR}
            for nvr, tags in there.items():
                self._expected.pop(nvr, None)
                if nvr not in builds:
                    self._there[nvr] = now, tags
