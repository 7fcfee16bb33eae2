"""An artifact whose files lie on the master mirror, below a target of its own: how it is shown and taken back."""

from typing import TypeVar

from relengotron.model.artifact import Artifact, Probe, Published
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.probing import probe_of
from relengotron.sdk.workbench import Workbench
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.port import Entry, Manifest

S = TypeVar("S")


def as_previous(before: Manifest | None) -> dict[str, list[str | int]]:
    """A state of the mirror as ``Published.previous`` keeps it: path to checksum and size."""
    return {path: [entry.sha256, entry.size] for path, entry in (before or {}).items()}


class MirroredPlugin(ArtifactPlugin[S]):
    """Publishes with the mirror's ``stage`` and ``switch``, and keeps ``as_previous`` for the way back."""

    def probe(self, published: Published, bench: Workbench) -> Probe:
        """Read every file that was published from outside."""
        return probe_of(published.artifact, bench.mirror.look(published.expected))

    def withdraw(self, published: Published, artifact: Artifact, bench: Workbench) -> None:
        """The files of before are shown again."""
        before = {path: Entry(str(sha256), int(size)) for path, (sha256, size) in published.previous.items()}
        bench.mirror.withdraw(rel_path(artifact.target), before)

    def retire(self, artifact: Artifact, bench: Workbench) -> None:
        """What this run staged is gone, and what is live keeps one earlier state for slow readers and the way back."""
        bench.mirror.discard(rel_path(artifact.target), bench.run)
        bench.mirror.sweep(rel_path(artifact.target), keep_generations=1)
