"""How long does it take to say which artifacts a push reaches, and how does that grow with the number of artifacts?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from statistics import median

import requests

from bench.results import Measure, timed
from bench.universe import updates
from bench.universe.distribution import ARCHES, PLACE, Distribution
from bench.universe.index import NoPackageIndex
from bench.universe.packages import NOARCH
from relengotron.decisions import naming, rungs
from relengotron.decisions.affected import Reach, climb, travel
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents
from relengotron.model.difference import Change
from relengotron.model.graph import ArtifactGraph
from relengotron.model.package import Package
from relengotron.systems.repodata.client import SolvRepodata
from relengotron.systems.repodata.port import Universe

SOURCES = 300
ROUNDS, ROUNDS_OF_THE_CURVE = 9, 5
MOST_MS = 50.0
CURVE = (100, 300, 1_000, 3_000, 10_000)
_NAMES = ("decide_300x240_ms", "decide_growth")


@dataclass(frozen=True, slots=True)
class Push:
    """The builds of many updates, and what every artifact consists of now."""

    binaries: tuple[Package, ...]
    contents: tuple[Contents, ...]
    note: str

    def graph(self, how_many: int) -> ArtifactGraph:
        """The index of so many artifacts; there are more of the same kinds where that is more than we have."""
        contents = {f"tree-{number:05}": each for number, each in enumerate(islice(cycle(self.contents), how_many))}
        artifacts = [Artifact(name, "tree", "f24", (each.source,), name, (), name) for name, each in contents.items()]
        return ArtifactGraph(artifacts, contents, "the bench")


def measure() -> Iterator[Measure]:
    """The promised size first, then the curve."""
    try:
        push = _push(Distribution.open())
    except NoPackageIndex as why:
        yield from (Measure.untold(name, str(why)) for name in _NAMES)
        return
    yield _promised(push)
    yield _growth(push)


def decide(graph: ArtifactGraph, binaries: Sequence[Package]) -> tuple[Reach, ...]:
    """What a push asks of a warm index: which packages change in which artifact, what that says, who follows."""
    changed = naming.changed_in(graph, binaries)
    return travel(graph.artifacts, {each.name: _reach(graph, each, changed, len(binaries)) for each in graph.artifacts})


def _reach(graph: ArtifactGraph, artifact: Artifact, changed: Mapping[str, Sequence[Change]], asked: int) -> Reach:
    said = rungs.by_names(graph.contents[artifact.name], changed.get(artifact.name, ()), asked, artifact.arches)
    return climb(artifact.name, (said,))


def _promised(push: Push) -> Measure:
    artifacts = len(push.contents)
    graph = push.graph(artifacts)
    reaches = decide(graph, push.binaries)
    affected = sum(each.is_affected for each in reaches)
    note = f"{push.note}: {affected} of {artifacts} artifacts are affected; median of {ROUNDS} rounds"
    return Measure(f"decide_{SOURCES}x{artifacts}_ms", _took(graph, push, ROUNDS) * 1000, "ms", MOST_MS, note=note)


def _growth(push: Push) -> Measure:
    """How many times longer the longest takes than the shortest, for each time that it has more artifacts."""
    curve = {how_many: _took(push.graph(how_many), push, ROUNDS_OF_THE_CURVE) * 1000 for how_many in CURVE}
    growth = curve[CURVE[-1]] / curve[CURVE[0]] / (CURVE[-1] / CURVE[0])
    note = "artifacts: ms; " + ", ".join(f"{how_many:,}: {took:.1f}" for how_many, took in curve.items())
    return Measure("decide_growth", growth, "of linear", 1.0, note=note)


def _took(graph: ArtifactGraph, push: Push, rounds: int) -> float:
    return median(timed(lambda: decide(graph, push.binaries)) for _ in range(rounds))


def _push(distribution: Distribution) -> Push:
    weights = {name: distribution.popularity.weight(built) for name, built in distribution.sources.items()}
    sources = updates.sample(weights, SOURCES, Random("decide"))
    built = [each for name in sources for each in updates.rebuilt(distribution.sources[name], 1)]
    binaries = dict.fromkeys(each.on(arch) for each in built for arch in ARCHES)
    note = f"{len(sources)} source packages, {len(binaries)} binary packages"
    contents = list(_contents(distribution))
    Random("mixed").shuffle(contents)  # else the first hundred would be the small ones
    return Push(tuple(binaries), tuple(contents), note)


def _contents(distribution: Distribution) -> Iterator[Contents]:
    """What is in each tree on each arch; the arches differ in nothing but their name."""
    with requests.Session() as session:
        repodata = SolvRepodata(PLACE.absolute() / "solver", session).frozen()
        universe = Universe((distribution.repo(ARCHES[0]),), ARCHES[0])
        trees = [tuple(repodata.solve(universe, each.manifest).packages) for each in distribution.wishes]
    for packages in trees:
        for arch in ARCHES:
            yield Contents(tuple(each if each.arch == NOARCH else each._replace(arch=arch) for each in packages), arch)
