"""What does the target of a gate hold that the metadata of its repos do not show yet, and what do they show in vain?"""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from relengotron.errors import StateDisagrees
from relengotron.model.nvr import Nvr
from relengotron.settings.gates import Gate
from relengotron.systems.koji.files import binary_rpms, without_debuginfo
from relengotron.systems.koji.port import Build, Koji
from relengotron.systems.repodata.arches import arches_in_repo
from relengotron.systems.repodata.port import Replacement
from relengotron.systems.world import World

COMPOSED_WITHIN: Final = timedelta(days=1)
"""A compose may have looked at its tag so long before its repo is made; what it shows already makes no difference."""
OLDEST: Final = timedelta(days=60)
"""Metadata say when they were made, and may say anything: Koji is not asked for more than this."""
SEEN_FOR: Final = timedelta(seconds=10)
"""What others do to the target by hand is seen so late at most; what moves through the gate is known at once."""
_BUILDS: Final = 20_000

Latest = Mapping[str, str | None]


class TargetSight:
    """What is known of one gate's target and of builds, shared by all its batches; any thread may ask."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lock = Lock()
        self._made_at: datetime | None = None
        self._event: int | None = None
        self._seen_at: datetime | None = None
        self._latest: dict[str, str | None] = {}
        self._builds: OrderedDict[str, Build] = OrderedDict()
        self._replacements: dict[str, dict[str, Replacement]] = {}

    def latest(self, world: World, gate: Gate, now: datetime) -> tuple[Latest, datetime]:
        """The latest build of every package of which one came to the target or left it since the repos were made.

        None where no build of the package is left. And the time of the look that knows it.
        """
        urls = {url for urls in gate.repos.values() for url in urls}
        made_at = world.repodata.made_at(sorted(urls))  # a mirror may be slow, and others need not wait for it
        with self._lock:
            if made_at != self._made_at:
                self._begin_anew(world.koji, made_at, now)
            if self._seen_at is None or not self._seen_at <= now < self._seen_at + SEEN_FOR:
                self._look(world.koji, gate.target)
                self._seen_at = now
            return dict(self._latest), self._seen_at

    def know(self, koji: Koji, nvrs: Collection[str]) -> None:
        """Learn what these builds consist of; Koji is asked once about each.

        Raises:
            StateDisagrees: Koji knows no such complete build.
        """
        with self._lock:
            missing = [nvr for nvr in nvrs if nvr not in self._builds]
        found = koji.builds(missing) if missing else {}
        with self._lock:
            self._builds |= {nvr: without_debuginfo(build) for nvr, build in found.items()}
            for nvr in nvrs:
                if nvr not in self._builds:
                    raise StateDisagrees(f"Koji has no complete build {nvr}")
                self._builds.move_to_end(nvr)
            while len(self._builds) > max(_BUILDS, len(nvrs)):
                forgotten, _ = self._builds.popitem(last=False)
                self._replacements.pop(forgotten, None)

    def replacement(self, store: Path, nvr: str, arch: str) -> Replacement:
        """A build that is known in the place of all others of its package, in repos of one arch.

        Whether a file is signed makes no difference to what it requires, so the plain ones are read.
        """
        known = self._replacements.setdefault(nvr, {})
        if arch not in known:
            build = self._builds[nvr]
            files = binary_rpms(store, [build], key="")
            fitting = sorted(file for each in arches_in_repo(arch) for file in files.get(each, ()))
            known[arch] = Replacement(tuple(fitting), frozenset({build.package}))
        return known[arch]

    def _begin_anew(self, koji: Koji, made_at: datetime, now: datetime) -> None:
        self._latest, self._seen_at = {}, None
        self._event = koji.event_before(max(min(made_at, now) - COMPOSED_WITHIN, now - OLDEST))
        self._made_at = made_at

    def _look(self, koji: Koji, target: str) -> None:
        found = koji.tag_changes([target], self._event)
        packages = {Nvr.parse(nvr).name for nvr in found.builds.get(target, ())}
        if packages:
            # The newest tagging of each comes first.
            latest = {each.package: each.nvr for each in reversed(koji.tagged_of(target, packages))}
            self._latest |= {package: latest.get(package) for package in packages}
        self._event = found.event


def removal(package: str) -> Replacement:
    """Nothing of a package is left."""
    return Replacement((), frozenset({package}))
