"""``relengotron graph``: what is made from what in a lane, how many packages are in it, and who says so?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from relengotron.bootstrap import now, planner
from relengotron.cli import page
from relengotron.cli.exits import Exit, Refusal
from relengotron.cli.plan_page import say
from relengotron.cli.plan_request import journal_or_none
from relengotron.cli.surroundings import Surroundings
from relengotron.cli.waiting import told_after_a_while
from relengotron.model.artifact import Artifact
from relengotron.model.batch import Batch
from relengotron.model.codec import to_json
from relengotron.model.graph import Edge
from relengotron.model.lane import Lane
from relengotron.sdk.discovery import discover
from relengotron.settings import Settings
from relengotron.systems.looking import world_to_look_at
from relengotron.systems.world import World
from relengotron.workflows.survey import Survey, survey

PEOPLE = "somebody who looks"


@dataclass(frozen=True, slots=True)
class Drawn:
    """The graph of one lane; ``edges`` are those into each artifact, narrowed to the packages that were asked for."""

    lane: Lane
    survey: Survey
    packages: tuple[str, ...]
    sources: Mapping[str, str]
    """The source package of binary names, as far as somebody asked about builds."""

    @property
    def shown(self) -> tuple[Artifact, ...]:
        """Everything; or, if packages were asked for, what contains one of them and what that is made from."""
        artifacts = tuple(self.survey.graph.artifacts)
        if not self.packages:
            return artifacts
        wanted = {owner for name in self.packages for owner, _ in self.survey.graph.including(name)}
        for artifact in reversed(artifacts):  # what something is made from stands before it
            wanted |= set(artifact.made_from) if artifact.name in wanted else set()
        return tuple(artifact for artifact in artifacts if artifact.name in wanted)

    def edges(self, artifact: Artifact) -> Sequence[Edge]:
        """What goes into an artifact."""
        return tuple(self.survey.graph.edges_into(artifact, self.packages, self.sources))


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody wants to find: binary packages, or those of builds (NVRs)."""

    packages: tuple[str, ...]
    builds: tuple[str, ...]

    def sources(self, world: World) -> Mapping[str, str]:
        """The binary packages of the builds, with their source packages, as Koji knows them."""
        found = world.koji.builds(self.builds) if self.builds else {}
        unknown = [nvr for nvr in self.builds if nvr not in found]
        if unknown:
            raise Refusal(f"Koji has no complete build {', '.join(unknown)}", Exit.NOT_FOUND)
        return {name: build.package for build in found.values() for name in sorted(build.binary_names)}


@click.command()
@click.argument("lanes", nargs=-1, metavar="[LANE]...")
@click.option("--package", "packages", multiple=True, metavar="NAME", help="Only what contains this binary package.")
@click.option("--build", "builds", multiple=True, metavar="NVR", help="Only what contains a package of this build.")
@click.option("--json", "json_wanted", is_flag=True, help="For programs: every edge with its kind and source, as JSON.")
@click.pass_obj
def graph(
    surroundings: Surroundings,
    lanes: tuple[str, ...],
    packages: tuple[str, ...],
    builds: tuple[str, ...],
    json_wanted: bool,
) -> None:
    """Show what is made from what: repos, trees, images, and who says which packages are in them.

    LANE is a release and a request, such as F24/testing; without any, all are shown. With --package or --build, exit
    status 1 says that nothing contains it.
    """
    settings = surroundings.settings()
    wanted = [_lane(name, settings) for name in lanes] or list(settings.lanes)
    with told_after_a_while() as progress:
        drawn = list(_drawn(surroundings, settings, wanted, Sought(packages, builds), progress))
    if json_wanted:
        page.as_json([_for_programs(each) for each in drawn])
    else:
        for each in drawn:
            _show(each)
    found = any(each.survey.graph.including(name) for each in drawn for name in each.packages)
    if (packages or builds) and not found:
        raise Refusal(f"nothing that is live contains {' or '.join((*packages, *builds))}", Exit.NO)


def _lane(name: str, settings: Settings) -> Lane:
    named = {str(lane): lane for lane in settings.lanes}
    if name not in named:
        raise Refusal(f"no lane {name}; there are {', '.join(named)}", Exit.USAGE)
    return named[name]


def _drawn(
    surroundings: Surroundings, settings: Settings, lanes: Sequence[Lane], sought: Sought, progress: Any
) -> Iterator[Drawn]:
    plugins = discover()
    settings.check_plugin_settings({kind: plugin.settings for kind, plugin in plugins.by_kind.items()})
    with journal_or_none(surroundings) as database:
        world = world_to_look_at(settings)
        opened, sources = planner(settings, world, plugins, database, now), sought.sources(world)
        for lane in lanes:
            progress(f"{lane}: what is live")
            push = opened.open_push(Batch(lane, (), PEOPLE))
            yield Drawn(lane, survey(push, (), {}, ""), (*sought.packages, *sources), sources)


def _show(drawn: Drawn) -> None:
    artifacts = drawn.shown
    if artifacts:
        say(str(drawn.lane), bold=True)
    names = {artifact.name for artifact in artifacts}
    for artifact in artifacts:
        if not names.intersection(artifact.made_from):
            _show_below(drawn, artifact, 1)


def _show_below(drawn: Drawn, artifact: Artifact, depth: int) -> None:
    """Whatever is made from several things stands below the first of them, and names the others."""
    indent = 2 * depth
    say(f"{artifact.name}  {artifact.kind}, {', '.join(artifact.arches)}: {_known(drawn, artifact)}", indent)
    for package in _contained(drawn, artifact):
        say(package, indent + 4)
    if len(artifact.made_from) > 1:
        say(f"made from {', '.join(artifact.made_from)}", indent + 4)
    for other in drawn.shown:
        if other.made_from[:1] == (artifact.name,):
            _show_below(drawn, other, depth + 1)


def _known(drawn: Drawn, artifact: Artifact) -> str:
    seen = drawn.survey.seen.get(artifact.name)
    if seen is None:
        return "every push of the lane changes it"
    if seen.trouble:
        return seen.trouble
    if seen.contents is None:
        return "nothing of it is live" if seen.live is None else "nobody can say what is in it"
    manifest = "" if seen.manifest is None else f"; its manifest is in {seen.manifest.origin}"
    return f"{len(seen.contents.packages)} packages, says {seen.contents.source}{manifest}"


def _contained(drawn: Drawn, artifact: Artifact) -> Iterator[str]:
    for name in drawn.packages:
        for owner, package in drawn.survey.graph.including(name):
            if owner == artifact.name:
                yield str(package)


def _for_programs(drawn: Drawn) -> dict[str, Any]:
    artifacts = drawn.shown
    return {
        "lane": str(drawn.lane),
        "artifacts": [
            {
                "name": artifact.name,
                "kind": artifact.kind,
                "arches": list(artifact.arches),
                "known": _known(drawn, artifact),
                "edges": [to_json(edge) for edge in drawn.edges(artifact)],
            }
            for artifact in artifacts
        ],
    }
