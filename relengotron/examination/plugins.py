"""Is every kind of artifact that the configuration names made by an installed plugin?"""

from collections.abc import Iterator

from relengotron.examination.finding import Finding
from relengotron.model.artifact import Artifact
from relengotron.sdk.discovery import Plugins
from relengotron.settings import Settings


def findings(settings: Settings, installed: Plugins) -> Iterator[Finding]:
    """A line for each kind, and one for each plugin that is broken."""
    for kind in sorted({artifact.kind for artifact in every_artifact(settings)}):
        if kind in installed.by_kind:
            yield Finding(f"plugin {kind}", True, type(installed.by_kind[kind]).__module__)
        else:
            yield Finding(f"plugin {kind}", False, "not installed", "install the package that brings it")
    for name, why in installed.broken.items():
        yield Finding(f"plugin {name}", False, why, "repair or remove the package that brings it")


def every_artifact(settings: Settings) -> Iterator[Artifact]:
    """The artifacts of all lanes."""
    for lane in settings.lanes:
        yield from settings.artifacts_for(lane)
