"""What is made from what: source package, binary package, repo, tree, image. One graph for one lane."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents
from relengotron.model.package import Package


class EdgeKind(StrEnum):
    """How one thing goes into another."""

    BUILDS = "builds"
    INCLUDES = "is included in"
    MADE_FROM = "goes into"


@dataclass(frozen=True, slots=True)
class Edge:
    """``start`` goes into ``end`` on one arch (empty: on all); ``learned_from`` says who told us."""

    kind: EdgeKind
    start: str
    end: str
    arch: str
    learned_from: str


class ArtifactGraph:
    """The artifacts of a lane and what is known of their contents, indexed by package name.

    Building it costs one look at every package of every artifact; asking it costs only what the asked packages are in.
    """

    def __init__(self, artifacts: Sequence[Artifact], contents: Mapping[str, Contents], configured: str) -> None:
        """``configured`` says where ``made_from`` was read, for the edges."""
        self.artifacts = artifacts
        self.contents = contents
        self._configured = configured
        self._including: dict[str, list[tuple[str, Package]]] = {}
        for name, content in contents.items():
            for package in content.packages:
                self._including.setdefault(package.name, []).append((name, package))

    def including(self, name: str) -> Sequence[tuple[str, Package]]:
        """Every artifact that contains a package of this name, and which one."""
        return self._including.get(name, ())

    def edges_into(
        self, artifact: Artifact, names: Collection[str] = (), sources: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator[Edge]:
        """How packages (those of these names, or all) and other artifacts come into this one.

        ``sources`` are the source packages of binary names, as far as they are known.
        """
        content = self.contents.get(artifact.name)
        if content is not None:
            for package in content.packages:
                if not names or package.name in names:
                    yield from _edges_of(package, artifact.name, content.source, sources.get(package.name))
        for parent in artifact.made_from:
            yield Edge(EdgeKind.MADE_FROM, parent, artifact.name, "", self._configured)


def _edges_of(package: Package, artifact: str, told_by: str, source: str | None) -> Iterator[Edge]:
    if source is not None:
        yield Edge(EdgeKind.BUILDS, source, package.name, package.arch, "Koji")
    yield Edge(EdgeKind.INCLUDES, package.name, artifact, package.arch, told_by)
