"""Which artifact plugins are installed? A broken one is named and left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import Any

from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.guarding import Guarded

GROUP = "relengotron.artifacts"


@dataclass(frozen=True, slots=True)
class Plugins:
    """The plugins that loaded, by kind, and why the others did not, by entry-point name."""

    by_kind: Mapping[str, ArtifactPlugin[Any]]
    broken: Mapping[str, str]

    def guarded(self) -> "Plugins":
        """The same plugins, none of which can raise what a workflow does not expect."""
        return Plugins({kind: Guarded(plugin) for kind, plugin in self.by_kind.items()}, self.broken)


def discover(points: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every plugin of the entry-point group; never raises, whatever a plugin does."""
    found: dict[str, ArtifactPlugin[Any]] = {}
    broken: dict[str, str] = {}
    for point in sorted(points if points is not None else entry_points(group=GROUP), key=lambda each: each.name):
        try:
            plugin = point.load()()
        except (Exception, SystemExit) as defect:  # noqa: BLE001 a stranger's code may raise anything
            broken[point.name] = f"{point.value} does not load: {defect!r}"
            continue
        if not isinstance(plugin, ArtifactPlugin) or not isinstance(getattr(plugin, "kind", None), str):
            broken[point.name] = f"{point.value} is no ArtifactPlugin with a kind"
        elif plugin.kind in found:
            broken[point.name] = f"{point.value} claims the kind {plugin.kind!r}, which another plugin has"
        else:
            found[plugin.kind] = plugin
    return Plugins(MappingProxyType(found), MappingProxyType(broken))
