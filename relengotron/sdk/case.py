"""What does the conformance suite have to know about a plugin? One artifact, and the builder's part of its compose."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from relengotron.model.artifact import Artifact, Built
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.rehearsal import Workshop
from relengotron.systems.koji.port import Task
from relengotron.systems.mirror.paths import rel_path


class Case(ABC):
    """A plugin under test.

    ``content`` is a word that the suite chooses. Whoever makes the bits (``finish``, or ``inputs`` for a plugin that
    needs no Koji task) makes them from it: the same word the same bits, another word other bits.
    """

    plugin: ClassVar[type[ArtifactPlugin[Any]]]

    def prepare(self, workshop: Workshop) -> None:  # noqa: B027 most cases need nothing
        """What an administrator has set up before the first push; nothing unless the case says so."""

    @abstractmethod
    def artifact(self, workshop: Workshop) -> Artifact:
        """The artifact to compose, as ``config/artifacts/`` would describe it."""

    def inputs(self, workshop: Workshop, content: str) -> Mapping[str, Built]:
        """What it is made from, by name; nothing unless the case says so."""
        return {}

    def finish(self, task: Task, content: str, workshop: Workshop) -> Any:
        """Play the builder: leave the files that this task would make, and return what the task would return."""
        raise NotImplementedError(
            f"{type(self).__name__}.finish: the plugin asked for {task.method} and nobody does it"
        )

    def shown(self, artifact: Artifact, workshop: Workshop) -> Mapping[str, str | None]:
        """What users get now, by name: equal when and only when they get the same.

        Everything published below the artifact's target, read from outside, unless the case says otherwise.
        """
        target = rel_path(artifact.target)
        manifest = workshop.mirror.published(target) or {}
        seen = workshop.mirror.look({f"{target}/{path}": entry.sha256 for path, entry in manifest.items()})
        return {each.path: each.sha256 for each in seen}
