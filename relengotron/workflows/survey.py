"""What is seen of every artifact of a lane before anything is composed: manifests, contents, what changes in them."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relengotron.decisions import naming
from relengotron.errors import PluginBroken, RelengError
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents, Manifest
from relengotron.model.difference import Change
from relengotron.model.graph import ArtifactGraph
from relengotron.model.package import Package
from relengotron.sdk.artifact import Changes
from relengotron.sdk.composed import contents_in_compose
from relengotron.systems.koji.port import Build
from relengotron.workflows.push import Push

log = logging.getLogger(__name__)

CONFIGURATION = "config/artifacts"


@dataclass(frozen=True, slots=True)
class Seen:
    """One artifact as it is wished for and as it is live; ``trouble`` says why we could not see it."""

    manifest: Manifest | None = None
    contents: Contents | None = None
    live: str | None = None
    """The identity of what is live; None when nothing is, or the plugin does not say."""
    files_of: str | None = None
    """The identity under which the very files of what is live were composed, where a way back gave them a new one."""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """Every artifact of a lane, and which of their packages the builds of a push change.

    ``told_by`` says in words how PDC was asked for ``changes.contained``.
    """

    seen: Mapping[str, Seen]
    graph: ArtifactGraph
    changes: Changes
    changed: Mapping[str, tuple[Change, ...]]
    told_by: str

    def sources_of(self, artifact: Artifact) -> Mapping[str, Seen]:
        """What it is made from and is judged by its contents too: a tree, not a repo."""
        return {name: self.seen[name] for name in artifact.made_from if name in self.seen}

    def inherited_by(self, artifact: Artifact) -> frozenset[str]:
        """The packages that come into it with what it is made from; whether they change is decided there."""
        known = (each.contents for each in self.sources_of(artifact).values() if each.contents is not None)
        return frozenset(package.name for contents in known for package in contents.packages)


def survey(push: Push, builds: Iterable[Build], contained: Mapping[str, tuple[str, ...]], told_by: str) -> Survey:
    """Look at every artifact of the lane that is judged by its contents."""
    builds = tuple(builds)
    binaries = tuple(rpm.package for build in builds for rpm in build.rpms if rpm.arch != "src")
    seen = {artifact.name: _look(push, artifact) for artifact in push.artifacts if artifact.component is not None}
    contents = {name: each.contents for name, each in seen.items() if each.contents is not None}
    graph = ArtifactGraph(push.artifacts, contents, CONFIGURATION)
    changes = Changes(tuple(sorted(each.nvr for each in builds)), _names(binaries), contained)
    return Survey(seen, graph, changes, naming.changed_in(graph, binaries), told_by)


def _names(binaries: Iterable[Package]) -> frozenset[str]:
    return frozenset(each.name for each in binaries)


def _look(push: Push, artifact: Artifact) -> Seen:
    """What cannot be seen is doubt about this artifact alone; nothing here may stop the push."""
    plugin = push.plugins.by_kind.get(artifact.kind)
    if plugin is None:
        return Seen(trouble=f"no plugin for {artifact.kind}")
    bench = push.bench(artifact, {})
    try:
        live = plugin.live(artifact, bench)
        identity, files_of = (live.identity, live.facts.get("files_of")) if live is not None else (None, None)
        contents = plugin.contents(artifact, bench) or contents_in_compose(artifact, bench.composes)
        return Seen(plugin.manifest(artifact, bench), contents, identity, files_of)
    except PluginBroken as broken:
        log.exception("a plugin could not say what is in its artifact", extra={"artifact": artifact.name})
        return Seen(trouble=str(broken))
    except RelengError as trouble:
        return Seen(trouble=f"it cannot be looked at: {trouble}")
