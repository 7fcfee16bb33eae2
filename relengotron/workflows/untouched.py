"""Which composes does an ejected update leave as they are? Those that would be made of the same packages without it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from relengotron.errors import RelengError
from relengotron.model.artifact import Artifact, Built
from relengotron.model.codec import from_json
from relengotron.model.contents import Manifest
from relengotron.workflows.horizons import live_repos, universe_of
from relengotron.workflows.older_rows import as_written_now
from relengotron.workflows.push import Push
from relengotron.workflows.trying import begin_anew, begun_anew, first_that_counts, stop_compose, tasks_of, was_begun


@dataclass(slots=True)
class Weighing:
    """One look at everything that was begun before the last ejection; ``other`` comes out otherwise than before."""

    push: Push
    wanted: Collection[str]
    repos: Mapping[str, Built]
    since: int
    other: set[str] = field(default_factory=set)
    outdated: list[str] = field(default_factory=list)

    def weigh(self, artifact: Artifact) -> None:
        """Say whether what was begun of it may go on, and remember it where it may not."""
        begun = self._begun(artifact)
        if begun is None:
            if artifact.name in self.wanted:
                self.other.add(artifact.name)
            return
        reason = why_touched(self, artifact, begun) if artifact.name in self.wanted else "nothing changes it any more"
        if reason is None:
            words = "without what was ejected it would be made of the same packages"
            self.push.engine.note("artifact", artifact.name, "kept", words, {"kind": artifact.kind, "try": begun})
            return
        self.push.engine.note("artifact", artifact.name, "outdated", reason, {"kind": artifact.kind, "try": begun})
        self.other.add(artifact.name)
        self.outdated.append(artifact.name)

    def _begun(self, artifact: Artifact) -> int | None:
        """The newest try that counted until now."""
        tries = range(self.since - 1, first_that_counts(self.push, artifact.name) - 1, -1)
        return next((each for each in tries if was_begun(self.push, artifact.name, each)), None)


def weigh_what_was_begun(push: Push, wanted: Collection[str], repos: Mapping[str, Built]) -> None:
    """After an ejection: what would be made of other packages now is begun anew, and all else goes on as it was."""
    since = begun_anew(push)
    if since == 1 or push.engine.remembered(f"weighed {since}") is not None:
        return
    weighing = Weighing(push, wanted, {**live_repos(push), **repos}, since)
    for artifact in push.artifacts:
        if not artifact.is_repo:
            weighing.weigh(artifact)
    for task in (task for name in weighing.outdated for task in tasks_of(push, name)):
        stop_compose(push, task)
    begin_anew(push, weighing.outdated)
    push.engine.remember(f"weighed {since}", lambda: weighing.outdated)


def why_touched(weighing: Weighing, artifact: Artifact, begun: int) -> str | None:
    """Why a compose has to be made anew; None when it would be made of the very same."""
    other = [name for name in artifact.made_from if name in weighing.other]
    if other:
        return f"made from {', '.join(other)}, which comes out otherwise"
    repos = [each.name for each in weighing.push.artifacts if each.is_repo and each.name in artifact.made_from]
    return _why_solved_otherwise(weighing, artifact, begun) if repos else None


def _why_solved_otherwise(weighing: Weighing, artifact: Artifact, begun: int) -> str | None:
    push = weighing.push
    try:
        manifest = push.plugins.by_kind[artifact.kind].manifest(artifact, push.bench(artifact, {}))
        if manifest is None or manifest.install is None:
            return "nobody can say which packages it would be made of"
        return _why_other_packages(weighing, artifact, manifest, _inputs(push, artifact, begun))
    except RelengError as trouble:
        return f"nobody can say what it would be made of: {trouble}"


def _why_other_packages(
    weighing: Weighing, artifact: Artifact, manifest: Manifest, inputs: Mapping[str, Built]
) -> str | None:
    push, repodata = weighing.push, weighing.push.world.repodata
    for arch in artifact.arches:
        before = repodata.solve(universe_of(push, artifact, arch, inputs), manifest)
        after = repodata.solve(universe_of(push, artifact, arch, weighing.repos), manifest)
        if before.problems or after.problems or before.packages != after.packages:
            return f"a compose for {arch} would be made of other packages now"
    return None


def _inputs(push: Push, artifact: Artifact, begun: int) -> Mapping[str, Built]:
    """What a try was begun with."""
    remembered = push.engine.remembered(f"inputs {artifact.name} try {begun}") or {}
    return {name: as_written_now(from_json(Built, built)) for name, built in remembered.items()}
