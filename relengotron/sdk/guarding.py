"""What happens when a stranger's plugin breaks? It is told as ``PluginBroken``, by kind and verb."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from relengotron.errors import PluginBroken, RelengError
from relengotron.model.artifact import Artifact, Built, HowToTry, Plan, Probe, Published, WayBack
from relengotron.model.contents import Contents, Manifest
from relengotron.model.outcome import Failed, Running
from relengotron.model.package import Package
from relengotron.sdk.artifact import Affected, ArtifactPlugin, Changes, Detected
from relengotron.sdk.workbench import Workbench

T = TypeVar("T")


class Guarded(ArtifactPlugin[Any]):
    """A plugin that raises our errors only and answers only what its contract allows.

    Our own errors (an unreachable system, a refusal) pass through: they say what happens next.
    """

    kind: ClassVar[str] = ""
    settings: ClassVar[type] = type(None)

    def __init__(self, plugin: ArtifactPlugin[Any]) -> None:
        """Stand in front of a plugin."""
        self._plugin = plugin

    def koji_permissions(self, artifact: Artifact) -> frozenset[str]:
        """Ask the plugin."""
        return self._ask("koji_permissions", lambda: self._plugin.koji_permissions(artifact), (frozenset,))

    def affected_by(self, artifact: Artifact, changes: Changes) -> Affected:
        """Ask the plugin."""
        return self._ask("affected_by", lambda: self._plugin.affected_by(artifact, changes), (Affected,))

    def plan(self, artifact: Artifact, bench: Workbench) -> Plan:
        """Ask the plugin."""
        return self._ask("plan", lambda: self._plugin.plan(artifact, bench), (Plan,))

    def compose(self, plan: Plan, bench: Workbench) -> Built | Running | Failed:
        """Let the plugin act."""
        return self._ask("compose", lambda: self._plugin.compose(plan, bench), (Built, Running, Failed))

    def manifest(self, artifact: Artifact, bench: Workbench) -> Manifest | None:
        """Ask the plugin."""
        return self._ask("manifest", lambda: self._plugin.manifest(artifact, bench), (Manifest, type(None)))

    def contents(self, artifact: Artifact, bench: Workbench) -> Contents | None:
        """Ask the plugin."""
        return self._ask("contents", lambda: self._plugin.contents(artifact, bench), (Contents, type(None)))

    def detect(self, plan: Plan, bench: Workbench) -> Detected | Running | Failed | None:
        """Let the plugin look with its own means."""
        allowed = (Detected, Running, Failed, type(None))
        return self._ask("detect", lambda: self._plugin.detect(plan, bench), allowed)

    def packages(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[Package, ...] | None:
        """Ask the plugin."""
        return self._ask("packages", lambda: self._plugin.packages(built, artifact, bench), (tuple, type(None)))

    def live(self, artifact: Artifact, bench: Workbench) -> Built | None:
        """Ask the plugin."""
        return self._ask("live", lambda: self._plugin.live(artifact, bench), (Built, type(None)))

    def unsigned(self, built: Built, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """Ask the plugin."""
        return self._ask("unsigned", lambda: self._plugin.unsigned(built, artifact, bench), (tuple,))

    def sign(self, built: Built, artifact: Artifact, bench: Workbench) -> None:
        """Let the plugin act."""
        self._ask("sign", lambda: self._plugin.sign(built, artifact, bench), (object,))

    def publish(self, built: Built, artifact: Artifact, bench: Workbench) -> Published:
        """Let the plugin act."""
        return self._ask("publish", lambda: self._plugin.publish(built, artifact, bench), (Published,))

    def probe(self, published: Published, bench: Workbench) -> Probe:
        """Ask the plugin."""
        return self._ask("probe", lambda: self._plugin.probe(published, bench), (Probe,))

    def way_back(self, published: Published, artifact: Artifact, bench: Workbench) -> WayBack:
        """Ask the plugin."""
        return self._ask("way_back", lambda: self._plugin.way_back(published, artifact, bench), (WayBack,))

    def pointers(self, artifact: Artifact, bench: Workbench) -> tuple[str, ...]:
        """Ask the plugin."""
        return self._ask("pointers", lambda: self._plugin.pointers(artifact, bench), (tuple,))

    def how_to_try(self, published: Published, artifact: Artifact, bench: Workbench) -> HowToTry:
        """Ask the plugin."""
        return self._ask("how_to_try", lambda: self._plugin.how_to_try(published, artifact, bench), (HowToTry,))

    def withdraw(self, published: Published, artifact: Artifact, bench: Workbench) -> Published | None:
        """Let the plugin act."""
        allowed = (Published, type(None))
        return self._ask("withdraw", lambda: self._plugin.withdraw(published, artifact, bench), allowed)

    def retire(self, artifact: Artifact, bench: Workbench) -> None:
        """Let the plugin act."""
        self._ask("retire", lambda: self._plugin.retire(artifact, bench), (object,))

    def _ask(self, verb: str, call: Callable[[], T], allowed: tuple[type, ...]) -> T:
        try:
            answer = call()
        except RelengError:
            raise
        except (Exception, SystemExit) as defect:
            raise PluginBroken(f"the {self._plugin.kind} plugin raised {defect!r} in {verb}") from defect
        if not isinstance(answer, allowed):
            raise PluginBroken(f"the {self._plugin.kind} plugin answered {answer!r} to {verb}")
        return answer
