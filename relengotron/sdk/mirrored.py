"""An artifact whose files lie on the master mirror, below a target of its own: how it is shown and taken back."""

from collections.abc import Mapping
from typing import Any, TypeVar

from relengotron.model.artifact import Artifact, Probe, Published
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.probing import probe_of
from relengotron.sdk.workbench import Workbench
from relengotron.systems.mirror.paths import RelPath, rel_path
from relengotron.systems.mirror.port import Manifest, Mirror, manifest_of
from relengotron.systems.mirror.recorded import Recorded

S = TypeVar("S")


def as_previous(before: Manifest | None) -> dict[str, Any]:
    """A state of the mirror as ``Published.previous`` keeps it: its number, or path to checksum and size."""
    if isinstance(before, Recorded):
        return {"generation": before.number}
    return {path: [entry.sha256, entry.size] for path, entry in (before or {}).items()}


class MirroredPlugin(ArtifactPlugin[S]):
    """Publishes with the mirror's ``stage`` and ``switch``, and keeps ``as_previous`` for the way back."""

    def probe(self, published: Published, bench: Workbench) -> Probe:
        """Read every file that was published from outside."""
        return probe_of(published.artifact, bench.mirror.look(published.expected))

    def withdraw(self, published: Published, artifact: Artifact, bench: Workbench) -> None:
        """The files of before are shown again."""
        target = rel_path(artifact.target)
        bench.mirror.withdraw(target, _before(published.previous, bench.mirror, target))

    def retire(self, artifact: Artifact, bench: Workbench) -> None:
        """What this run staged is gone, and what is live keeps one earlier state for slow readers and the way back."""
        bench.mirror.discard(rel_path(artifact.target), bench.run)
        bench.mirror.sweep(rel_path(artifact.target), keep_generations=1)


def _before(previous: Mapping[str, Any], mirror: Mirror, target: RelPath) -> Manifest:
    """The state as ``as_previous`` kept it; releases before this one always kept every file of it."""
    match previous:
        case {"generation": int(number)}:
            return mirror.generation(target, number)
        case _:
            return manifest_of(previous)
