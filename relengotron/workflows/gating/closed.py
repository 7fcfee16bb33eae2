"""What would break in the target of a gate if these builds came there?"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from relengotron.model.closure import Break
from relengotron.model.gated import BuildState
from relengotron.systems.repodata.port import Replacement, Universe
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.target_sight import removal


@dataclass(frozen=True, slots=True)
class Ground:
    """What the target has besides what its repos show: what left, what came, and what is on its way."""

    removed: tuple[str, ...]
    landed: tuple[str, ...]
    in_flight: tuple[str, ...]


class Closure:
    """The target as one look has seen it, asked about builds as often as needed."""

    def __init__(self, run: GateRun, nvrs: Collection[str]) -> None:
        """Look at the target, and at these builds."""
        self._run = run
        self._store = Path(run.settings.systems.koji.store)
        self._ground = _look(run, nvrs)
        run.sight.know(run.world.koji, {*self._ground.landed, *self._ground.in_flight, *nvrs})

    @property
    def ground(self) -> Ground:
        """What the target was seen to have."""
        return self._ground

    @property
    def in_flight(self) -> tuple[str, ...]:
        """The builds of other batches that are on their way to the target."""
        return self._ground.in_flight

    def breaks(self, nvrs: Collection[str], *, with_those_in_flight: bool = True) -> tuple[Break, ...]:
        """What breaks in any arch if these builds come, after those that are on their way or without them."""
        found = set[Break]()
        for arch, urls in self._run.gate.repos.items():
            change = _together(self._each(sorted(nvrs), arch))
            before = [*map(removal, self._ground.removed), *self._each(self._ground.landed, arch)]
            if with_those_in_flight:
                before += self._each(self._ground.in_flight, arch)
            found.update(self._run.world.repodata.breaks(Universe(tuple(urls), arch), before, change))
        return tuple(sorted(found))

    def offers(self, nvrs: Collection[str], breaks: Iterable[Break]) -> Mapping[str, frozenset[str]]:
        """Per requirement that is missing, which of these builds provide it."""
        missing = {each.requirement for each in breaks}
        if not missing or not nvrs:
            return {}
        self._run.sight.know(self._run.world.koji, nvrs)
        files = {nvr: {file for arch in self._run.gate.repos for file in self._files(nvr, arch)} for nvr in nvrs}
        return self._run.world.repodata.offers(files, missing)

    def _files(self, nvr: str, arch: str) -> tuple[Path, ...]:
        return self._run.sight.replacement(self._store, nvr, arch).rpms

    def _each(self, nvrs: Iterable[str], arch: str) -> list[Replacement]:
        return [self._run.sight.replacement(self._store, nvr, arch) for nvr in nvrs]


def breaks_of(run: GateRun, nvrs: Collection[str]) -> tuple[Break, ...]:
    """What the target would lose if these builds came, whether or not those on their way there come too."""
    if not run.gate.repos or not nvrs:
        return ()
    return _either_way(Closure(run, nvrs), nvrs)


class Outlook:
    """What the target would lose, asked more than once: the repos are looked at once and then believed.

    So whoever asks first waits for the mirror, and who asks again waits for nothing but what has changed in the target.
    """

    def __init__(self, run: GateRun, nvrs: Collection[str]) -> None:
        """Look at nothing yet."""
        self._run = replace(run, world=replace(run.world, repodata=run.world.repodata.frozen()))
        self._nvrs = nvrs
        self._known: tuple[Ground, tuple[Break, ...]] | None = None

    def breaks(self) -> tuple[Break, ...]:
        """What would break now, whether or not those on their way there come too."""
        if not self._run.gate.repos:
            return ()
        closure = Closure(self._run, self._nvrs)
        if self._known is None or self._known[0] != closure.ground:
            self._known = closure.ground, _either_way(closure, self._nvrs)
        return self._known[1]


def _either_way(closure: Closure, nvrs: Collection[str]) -> tuple[Break, ...]:
    found = set(closure.breaks(nvrs))
    if closure.in_flight:
        found.update(closure.breaks(nvrs, with_those_in_flight=False))
    return tuple(sorted(found))


def _look(run: GateRun, nvrs: Collection[str]) -> Ground:
    latest, seen_at = run.sight.latest(run.world, run.gate, run.now())
    # Read afterwards: what is not on its way any more was in the tag by then, or was accepted since.
    moving = [each.nvr for each in run.ledger.at(BuildState.MOVING)]
    accepted = [each.nvr for each in run.ledger.accepted_since(seen_at)]
    landed = [nvr for nvr in (*latest.values(), *accepted) if nvr is not None and nvr not in nvrs]
    return Ground(
        removed=tuple(package for package, nvr in latest.items() if nvr is None),
        landed=tuple(dict.fromkeys(landed)),
        in_flight=tuple(nvr for nvr in moving if nvr not in nvrs and nvr not in landed),
    )


def _together(several: Collection[Replacement]) -> Replacement:
    files = tuple(chain.from_iterable(each.rpms for each in several))
    return Replacement(files, frozenset().union(*(each.sources for each in several)))
