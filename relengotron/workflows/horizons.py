"""From which repos is an artifact composed: as they are live, and as a push leaves them?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from relengotron.model.artifact import Artifact, Built
from relengotron.systems.repodata.port import Universe
from relengotron.workflows.push import Push


@dataclass(frozen=True, slots=True)
class Horizon:
    """Where the packages of one artifact come from on one arch.

    ``news`` is the lane's own repos alone as the push leaves them, None where the artifact is made from none.
    """

    before: Universe
    after: Universe
    news: Universe | None = None


Horizons = Callable[[Artifact], Sequence[Horizon]]


def after_mashing(push: Push, mashed: Mapping[str, Built]) -> Horizons:
    """The repos as they are live, against those that this push has mashed."""
    live = live_repos(push)
    after = {**live, **mashed}  # what a mash gave that is live already is not among the mashed

    def horizons(artifact: Artifact) -> list[Horizon]:
        return [_mashed(push, artifact, arch, live, after) for arch in artifact.arches]

    return horizons


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Builds that nobody has mashed yet: their files by arch, ``noarch`` among them, and their source packages.

    A repo shows one build of a package, so theirs take the place of what the live repo has of the same sources.
    """

    rpms: Mapping[str, Sequence[Path]]
    sources: frozenset[str]


def with_builds(push: Push, newcomers: Newcomers) -> Horizons:
    """The repos as they are live, against the same as a mash would leave them with these builds."""
    live = live_repos(push)

    def horizons(artifact: Artifact) -> list[Horizon]:
        return [_before_mashing(push, artifact, arch, live, newcomers) for arch in artifact.arches]

    return horizons


def live_repos(push: Push) -> Mapping[str, Built]:
    """The repos of the lane that users have now, by artifact."""
    repos = (artifact for artifact in push.artifacts if artifact.is_repo and artifact.kind in push.plugins.by_kind)
    found = {each.name: push.plugins.by_kind[each.kind].live(each, push.bench(each, {})) for each in repos}
    return {name: built for name, built in found.items() if built is not None}


def _mashed(
    push: Push, artifact: Artifact, arch: str, live: Mapping[str, Built], after: Mapping[str, Built]
) -> Horizon:
    before, news = universe_of(push, artifact, arch, live), _urls(artifact, arch, after)
    return Horizon(before, Universe((*_base(push, arch), *news), arch), Universe(news, arch) if news else None)


def _before_mashing(
    push: Push, artifact: Artifact, arch: str, live: Mapping[str, Built], newcomers: Newcomers
) -> Horizon:
    before = universe_of(push, artifact, arch, live)
    if not any(each.is_repo for each in push.artifacts if each.name in artifact.made_from):
        return Horizon(before, before)
    files, urls = (*newcomers.rpms.get(arch, ()), *newcomers.rpms.get("noarch", ())), _urls(artifact, arch, live)
    without = tuple((url, source) for url in urls for source in sorted(newcomers.sources))
    return Horizon(before, replace(before, rpms=files, without=without), Universe(urls, arch, files, without))


def universe_of(push: Push, artifact: Artifact, arch: str, repos: Mapping[str, Built]) -> Universe:
    """Everything that a compose of the artifact installs from on one arch, if these are the repos of the lane."""
    return Universe((*_base(push, arch), *_urls(artifact, arch, repos)), arch)


def _base(push: Push, arch: str) -> tuple[str, ...]:
    return tuple(push.release.base_repos.get(arch, ()))


def _urls(artifact: Artifact, arch: str, repos: Mapping[str, Built]) -> tuple[str, ...]:
    made_from = (repos[name] for name in artifact.made_from if name in repos)
    return tuple(built.repos[arch] for built in made_from if arch in built.repos)
