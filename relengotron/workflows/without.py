"""Is anything of an ejected update in what this push has made? The bits are asked, not the journal."""

from collections.abc import Iterable, Mapping

from relengotron.model.artifact import Artifact, Built
from relengotron.model.package import Package
from relengotron.systems.repodata.port import Universe
from relengotron.workflows.push import Push
from relengotron.workflows.trying import begin_anew, begun_anew, first_that_counts, was_begun

SHOWN_AT_MOST = 5


def ejected_in(push: Push, built: Built) -> str | None:
    """A sentence about what a compose holds of ejected updates; None when it holds nothing.

    Where nobody can say, only what was begun since then is believed.
    """
    left_out = _packages_left_out(push)
    if not left_out:
        return None
    packages = _packages_of(push, built)
    if packages is None:
        return _begun_before(push, built.artifact)
    found = sorted({left_out[each] for each in packages if each in left_out})
    return f"it still holds {', '.join(found[:SHOWN_AT_MOST])}, which was ejected" if found else None


def ejected_in_any(push: Push, composed: Iterable[Built]) -> tuple[str, ...]:
    """The same for everything that is about to be shown."""
    if not push.ejected():
        return ()
    said = ((built.artifact, ejected_in(push, built)) for built in composed)
    return tuple(f"{name}: {why}" for name, why in said if why is not None)


def _packages_left_out(push: Push) -> Mapping[Package, str]:
    """By package the build that it belongs to; a build that another update of the push ships is wanted."""
    staying = set(push.shipment().builds)
    gone = {build for each in push.ejected() for build in each.builds if build not in staying}
    if not gone:
        return {}
    builds = push.world.koji.builds(sorted(gone))
    return {rpm.package: nvr for nvr, build in builds.items() for rpm in build.rpms if rpm.arch != "src"}


def _begun_before(push: Push, artifact: str) -> str | None:
    """Why a compose is doubted that may have been made with it; such tries count no more."""
    before = range(first_that_counts(push, artifact), begun_anew(push))
    if not any(was_begun(push, artifact, each) for each in before):
        return None
    begin_anew(push, [artifact])
    return "nobody can say whether it holds what was ejected"


def _packages_of(push: Push, built: Built) -> Iterable[Package] | None:
    if built.repos:
        repodata = push.world.repodata
        return [one for arch, url in built.repos.items() for one in repodata.newest(Universe((url,), arch)).values()]
    artifact = _artifact(push, built.artifact)
    return push.plugins.by_kind[artifact.kind].packages(built, artifact, push.bench(artifact, {}))


def _artifact(push: Push, name: str) -> Artifact:
    return next(each for each in push.artifacts if each.name == name)
