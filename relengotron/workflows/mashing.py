"""The step of a push that mashes its repos: every push of a lane changes them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from relengotron.decisions import ordering
from relengotron.model.artifact import Built
from relengotron.model.difference import compare
from relengotron.model.outcome import STEPS, Outcome, Running, Watch
from relengotron.systems.koji.port import Build
from relengotron.systems.repodata.port import Universe
from relengotron.workflows.making import Composed, Wanted, make
from relengotron.workflows.older_rows import as_written_now
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.without import ejected_in


@with_updates_left
def ensure_repos_are_mashed(push: Push) -> Outcome:
    """Every repo of the lane was mashed from its tag by one task each, security lanes first."""
    siblings, begun = push.siblings()
    first = ordering.lets_go_first(push.engine.run, siblings, begun, push.now())
    if first is not None:
        beginning = Watch(STEPS, f"{first.id} {ensure_repos_are_mashed.__name__}")
        waits = f"security first: {first.lane} starts its composes before this lane"
        return Running(waits, (beginning,), look_again=ordering.LOOK)
    repos = tuple(artifact for artifact in push.artifacts if artifact.is_repo)
    return make(push, Wanted(repos, why_not=partial(_why_not, push)), {})


def _why_not(push: Push, built: Built) -> str | None:
    """What is wrong with a repo: it shows what was ejected, or nothing of some builds.

    A mash that met no packages closes well all the same.
    """
    if not built.repos:
        return None
    if (old := ejected_in(push, built)) is not None:
        return old
    shown: dict[str, list[str]] = {}
    for arch, url in built.repos.items():
        for package in push.world.repodata.newest(Universe((url,), arch)).values():
            shown.setdefault(package.name, []).append(package.evr)
    builds = push.world.koji.builds(push.shipment().builds)
    of_package = Counter(build.package for build in builds.values())
    lost = [nvr for nvr, build in sorted(builds.items()) if of_package[build.package] == 1 and _is_lost(build, shown)]
    return f"the mashed repo shows nothing of {', '.join(lost[:5])}" if lost else None


def _is_lost(build: Build, shown: Mapping[str, Sequence[str]]) -> bool:
    """Whether users could install nothing of a build; where the repo shows something newer, that took its place."""
    packages = [rpm.package for rpm in build.rpms if rpm.arch != "src"]
    return bool(packages) and not any(
        compare(evr, package.evr) >= 0 for package in packages for evr in shown.get(package.name, ())
    )


def mashed(push: Push) -> dict[str, Built]:
    """The repos as this push has mashed them, by artifact."""
    composed = push.engine.recall(ensure_repos_are_mashed, Composed).built
    return {built.artifact: as_written_now(built) for built in composed}
