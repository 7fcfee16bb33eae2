"""Does the plugin keep the contract of every artifact plugin?"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from relengotron_example_checksums import ChecksumsPlugin

from relengotron.model.artifact import Artifact, Built
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.case import Case
from relengotron.sdk.conformance import ArtifactConformance
from relengotron.sdk.rehearsal import Workshop
from relengotron.systems.koji.port import Task


class ChecksumsCase(Case):
    """The list of one repo; the task leaves it where its command says."""

    plugin: ClassVar[type[ArtifactPlugin[Any]]] = ChecksumsPlugin

    def artifact(self, workshop: Workshop) -> Artifact:
        """One list below checksums/."""
        return Artifact("f24-checksums", "checksums", "F24", ("x86_64",), "checksums/updates/24", ("f24-updates",))

    def inputs(self, workshop: Workshop, content: str) -> Mapping[str, Built]:
        """The repo that was mashed in the same push."""
        repo = workshop.compose_store / "runs" / "of-the-repo"
        return {"f24-updates": Built("f24-updates", "mash", f"f24-updates-{content}", str(repo), None)}

    def finish(self, task: Task, content: str, workshop: Workshop) -> Any:
        """Write the list that the task would write."""
        words = [str(word) for word in task.request[2]]
        output = next(word.removeprefix("--output=") for word in words if word.startswith("--output="))
        Path(output).write_text(f"{'0' * 64}  bash-{content}.rpm\n")
        return "rhash.log"


class TestChecksums(ArtifactConformance):
    """Everything that relengotron asks of a plugin."""

    case = ChecksumsCase()
