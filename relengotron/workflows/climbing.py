"""Which rungs does the ladder of one artifact have, and where do their facts come from?"""

import logging
from dataclasses import dataclass

from relengotron.decisions import rungs
from relengotron.decisions.affected import Reach, climb, in_doubt
from relengotron.decisions.rungs import Outlook, Solved
from relengotron.errors import PluginBroken, RelengError
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents, Manifest
from relengotron.model.rung import Rung, RungName, Says
from relengotron.sdk.artifact import Affected
from relengotron.systems.repodata.port import Repodata, Solution, Universe
from relengotron.workflows.horizons import Horizon, Horizons
from relengotron.workflows.push import Push
from relengotron.workflows.survey import Survey

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ladder:
    """The ladder for the artifacts of one push: climbed one by one, cheapest rung first.

    Every artifact is judged by the repos as ``repodata`` saw them once.
    """

    push: Push
    survey: Survey
    horizons: Horizons
    repodata: Repodata

    def climb(self, artifact: Artifact) -> Reach:
        """Say whether the push reaches the artifact by itself, and why."""
        plugin, seen = self.push.plugins.by_kind.get(artifact.kind), self.survey.seen.get(artifact.name)
        if plugin is None:
            return in_doubt(artifact.name, f"no plugin for {artifact.kind}")
        try:
            said = plugin.affected_by(artifact, self.survey.changes)
        except PluginBroken as broken:
            log.exception("a plugin could not say whether it is affected", extra={"artifact": artifact.name})
            return in_doubt(artifact.name, str(broken))
        if seen is None:
            return Reach(artifact.name, said.is_affected, said.reason, said.packages)
        if seen.trouble:
            return in_doubt(artifact.name, seen.trouble)
        return climb(artifact.name, self._rungs(artifact, said))

    def _rungs(self, artifact: Artifact, said: Affected) -> list[Rung]:
        seen = self.survey.seen[artifact.name]
        manifest, contents = seen.manifest, seen.contents
        found = [] if manifest is None else [rungs.by_manifest(manifest, contents, seen.live is not None)]
        found += self._sources(artifact, contents)
        if contents is None or not contents.packages:
            contents = None
            found.append(self._hearsay(artifact, said))
        else:
            found.append(self._names(artifact, contents, said))
            found += self._lists(artifact, contents)
        if manifest is not None and manifest.install is not None:
            is_edited = contents is not None and contents.manifest not in (None, manifest.digest)
            found.append(self._solved(artifact, manifest, contents, is_edited=is_edited))
        return found

    def _sources(self, artifact: Artifact, contents: Contents | None) -> list[Rung]:
        """What a way back shows again counts as what it was made of first: it has the same files."""
        if contents is None or not contents.made_from:
            return []
        sources = self.survey.sources_of(artifact)
        known = {
            name: seen.files_of if seen.files_of in contents.made_from else seen.live for name, seen in sources.items()
        }
        live = {name: identity for name, identity in known.items() if identity is not None}
        return [rungs.by_sources(contents, live)] if live else []

    def _hearsay(self, artifact: Artifact, said: Affected) -> Rung:
        """What comes in with a source is the source's business; by itself it is only reached by what is left."""
        told_by, inherited = self.survey.told_by, self.survey.inherited_by(artifact)
        if not inherited or not said.packages:
            return rungs.by_hearsay(said.is_affected, said.reason, said.packages, told_by)
        own = tuple(name for name in said.packages if name not in inherited)
        if own:
            return rungs.by_hearsay(True, said.reason, own, told_by)
        return rungs.left_to_sources(list(self.survey.sources_of(artifact)), told_by)

    def _names(self, artifact: Artifact, contents: Contents, said: Affected) -> Rung:
        told_by, inherited = self.survey.told_by, self.survey.inherited_by(artifact)
        changed = self.survey.changed.get(artifact.name, ())
        own = tuple(change for change in changed if change.name not in inherited)
        if changed and not own:
            return rungs.left_to_sources(list(self.survey.sources_of(artifact)), contents.source)
        listed = rungs.by_names(contents, own, len(self.survey.changes.packages), artifact.arches)
        return rungs.against_hearsay(
            listed, contents, [name for name in said.packages if name not in inherited], told_by
        )

    def _lists(self, artifact: Artifact, contents: Contents) -> list[Rung]:
        found = [self._list(contents, each.news) for each in self.horizons(artifact) if each.news is not None]
        worst = rungs.worst_list(found)
        return [] if worst is None else [worst]

    def _list(self, contents: Contents, repos: Universe) -> Rung:
        try:
            newest = self.repodata.newest(repos)
        except RelengError as trouble:
            return Rung(RungName.LISTS, Says.DOUBT, f"the mashed repo cannot be read: {trouble}", ", ".join(repos.urls))
        return rungs.by_lists(contents, newest, ", ".join(repos.urls))

    def _solved(self, artifact: Artifact, manifest: Manifest, contents: Contents | None, *, is_edited: bool) -> Rung:
        try:
            outlooks = [self._outlook(manifest, horizon) for horizon in self.horizons(artifact)]
        except RelengError as trouble:
            return rungs.unsolved(f"the solver could not be asked: {trouble}", manifest.origin)
        return rungs.by_solving(contents, outlooks, manifest.origin, is_edited=is_edited)

    def _outlook(self, manifest: Manifest, horizon: Horizon) -> Outlook:
        before = self.repodata.solve(horizon.before, manifest)
        after = self.repodata.solve(horizon.after, manifest)
        problems = after.problems or self._left_out(manifest, horizon, after)
        return Outlook(horizon.after.arch, Solved(before.packages, before.problems), Solved(after.packages, problems))

    def _left_out(self, manifest: Manifest, horizon: Horizon, after: Solution) -> tuple[str, ...]:
        """Why an update of this push stays out: a solver takes an older package without a word where it finds one."""
        if horizon.news is None:
            return ()
        offered, names = self.repodata.newest(horizon.news), self.survey.changes.packages
        asked = rungs.with_updates(manifest, after.packages, offered, names)
        return () if asked is None else self.repodata.solve(horizon.after, asked).problems
