"""What must caches forget when a lane shows something new, or something old again?"""

from collections.abc import Iterable

from relengotron.decisions.purging import is_short_lived, to_purge
from relengotron.model.artifact import Artifact, Published
from relengotron.systems.mirror.paths import rel_path
from relengotron.workflows.push import Push


def pointers_of(push: Push, published: Iterable[Published]) -> tuple[str, ...]:
    """The paths of these publications that change under one name, and the download page, which tells of all."""
    published = tuple(published)
    found = {path for each in published for path in each.expected}
    for each in published:
        if (artifact := artifact_of(push, each.artifact)) is not None:
            plugin = push.plugins.by_kind[artifact.kind]
            found |= set(plugin.pointers(artifact, push.bench(artifact, {})))
    website = push.world.website
    return (*to_purge(found), *(() if website is None else (website.path,)))


def pointers_in_records(push: Push, artifacts: Iterable[Artifact]) -> tuple[str, ...]:
    """What the mirror shows of them now: for publications that were cut short, nobody knows more."""
    mirror = push.world.mirror
    shown = {artifact.target: mirror.published(rel_path(artifact.target)) or {} for artifact in artifacts}
    return to_purge(f"{target}/{path}" for target, state in shown.items() for path in state if is_short_lived(path))


def artifact_of(push: Push, name: str) -> Artifact | None:
    """The artifact of this name in the lane; None when it is configured no more."""
    return next((each for each in push.artifacts if each.name == name), None)
