"""An artifact whose files lie on the master mirror, below a target of its own: how it is shown and taken back."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from relengotron.errors import StateDisagrees
from relengotron.model.artifact import Artifact, Probe, Published, WayBack
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.probing import probe_of, probe_of_nothing
from relengotron.sdk.workbench import Workbench
from relengotron.systems.mirror.order import is_pointer
from relengotron.systems.mirror.paths import RelPath, rel_path
from relengotron.systems.mirror.port import Entry, Manifest, Mirror, Switched, manifest_of
from relengotron.systems.mirror.recorded import Recorded

S = TypeVar("S")
NOTHING: Final = "nothing"
"""The identity of a target that shows nothing."""


def as_previous(before: Manifest | None) -> dict[str, Any]:
    """A state of the mirror as ``Published.previous`` keeps it: its number, or path to checksum and size."""
    if isinstance(before, Recorded):
        return {"generation": before.number}
    return {path: [entry.sha256, entry.size] for path, entry in (before or {}).items()}


def publication(artifact: Artifact, identity: str, switched: Switched, shown: Manifest) -> Published:
    """What was switched, as a publication; ``shown`` is what must be seen of it from outside."""
    target, previous = switched.target, switched.previous or {}
    old = _some(previous, shown) if shown else {path: previous[path] for path in previous if is_pointer(path)}
    return Published(
        artifact=artifact.name,
        identity=identity,
        expected={f"{target}/{path}": entry.sha256 for path, entry in shown.items()},
        links={"path": str(target)},
        previous=as_previous(switched.previous),
        before={f"{target}/{path}": entry.sha256 for path, entry in old.items()},
    )


class MirroredPlugin(ArtifactPlugin[S]):
    """Publishes with the mirror's ``stage`` and ``switch``, and keeps ``as_previous`` for the way back."""

    def probe(self, published: Published, bench: Workbench) -> Probe:
        """Read every file that was published from outside; of what was taken off, what readers had started from."""
        if published.before and not published.expected:
            return probe_of_nothing(published.artifact, bench.mirror.look(dict.fromkeys(published.before, "")))
        return probe_of(published.artifact, bench.mirror.look(published.expected), published.before)

    def way_back(self, published: Published, artifact: Artifact, bench: Workbench) -> WayBack:
        """How many files the state of before shows otherwise; it may be swept away."""
        target = rel_path(artifact.target)
        try:
            before = _before(published.previous, bench.mirror, target)
            shown, gone = _differing(bench.mirror.published(target) or {}, before)
        except StateDisagrees as swept:
            return WayBack(artifact.name, (), str(swept))
        if not shown and not gone:
            return WayBack(artifact.name, ())
        told = f"{shown} files come back, {gone} leave"
        return WayBack(artifact.name, (f"show again what was below {target} before: {told}",))

    def withdraw(self, published: Published, artifact: Artifact, bench: Workbench) -> Published | None:
        """The files of before are shown again."""
        target = rel_path(artifact.target)
        switched = bench.mirror.withdraw(target, _before(published.previous, bench.mirror, target))
        live = self.live(artifact, bench)
        identity = live.identity if live is not None else NOTHING
        return publication(artifact, identity, switched, {**switched.metadata, **switched.changed})

    def retire(self, artifact: Artifact, bench: Workbench) -> None:
        """What this run staged is gone, and what is live keeps earlier states for slow readers and the way back."""
        bench.mirror.discard(rel_path(artifact.target), bench.run)
        bench.mirror.sweep(rel_path(artifact.target), keep_generations=bench.states_kept)


def _before(previous: Mapping[str, Any], mirror: Mirror, target: RelPath) -> Manifest:
    """The state as ``as_previous`` kept it; releases before this one always kept every file of it."""
    match previous:
        case {"generation": int(number)}:
            return mirror.generation(target, number)
        case _:
            return manifest_of(previous)


def _some(state: Manifest, paths: Iterable[str]) -> Mapping[str, Entry]:
    """The files under these paths, asked for together where that costs less."""
    if isinstance(state, Recorded):
        return state.some(paths)
    return {path: state[path] for path in paths if path in state}


def _differing(now: Manifest, before: Manifest) -> tuple[int, int]:
    """How many files come back, and how many leave; two states of the record are not read for it."""
    if isinstance(now, Recorded) and isinstance(before, Recorded):
        changes = now.changes_to(before)
        return len(changes.shown), len(changes.gone)
    return sum(1 for path, entry in before.items() if now.get(path) != entry), len(now.keys() - before.keys())
