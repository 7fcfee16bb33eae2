"""Can a publication be taken back now, and what would that do? The preview and the run ask the same."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from relengotron.engine.journal.publications import Publication
from relengotron.errors import RequestRefused
from relengotron.model.artifact import Artifact, Published, WayBack
from relengotron.model.rollback import Deed, Outlook, RollbackOrder
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.workflows.push import SHIPMENT_STEPS, Push
from relengotron.workflows.releasing import LIVE

BACK, HOME = "back ", "home "
"""What the keys of a rollback's own effects begin with: bits that go back, builds that go back."""
SHOWN_BY, MOVED_BY = (LIVE, BACK), ("move ", HOME)
"""What the keys of effects begin with that show something, and of those that move a build."""
SHIPMENT = SHIPMENT_STEPS


@dataclass(frozen=True, slots=True)
class Rollback:
    """One run of ``rollback``: a push's hands in the same lane, what was ordered, and what is to be taken back."""

    push: Push
    order: RollbackOrder
    deed: Deed

    def parts(self, name: str) -> tuple[Artifact, ArtifactPlugin[object]] | None:
        """An artifact of the lane and its plugin; None when the configuration or the plugins have it no more."""
        artifact = next((each for each in self.push.artifacts if each.name == name), None)
        plugin = None if artifact is None else self.push.plugins.by_kind.get(artifact.kind)
        return None if artifact is None or plugin is None else (artifact, plugin)

    def those_of(self, name: str) -> tuple[Artifact, ArtifactPlugin[object]]:
        """The same, of what is there still: whether it is was looked at before anything was taken back.

        Raises:
            RequestRefused: it was taken out of the configuration since.
        """
        parts = self.parts(name)
        if parts is None:
            raise RequestRefused(f"the configuration or the plugins have {name} no more")
        return parts


def look(rollback: Rollback) -> Outlook:
    """Look at everything that the run had published, the last first."""
    published = tuple(reversed(rollback.deed.published))
    if not published:
        return Outlook((), (), (), (f"{rollback.deed.run.id} published nothing",))
    if (by := rollback.deed.taken_back_by) is not None:
        return Outlook((), (), (), (f"{by} took it back already; who wants it shown again takes that one back",))
    ways, first = [], None
    for each in published:
        newer = _newer(rollback, each)
        ways.append(newer or _way(rollback, each))
        first = first or (_who(rollback, each) if newer is not None else None)
    refusals = tuple(f"{way.artifact}: {way.impossible}" for way in ways if way.impossible is not None)
    if not refusals and not any(way.effects for way in ways):
        refusals = ("users get what they got before it already",)
    return Outlook(tuple(ways), _builds(rollback), stays(rollback), refusals, _command(first))


def shown_now(rollback: Rollback, published: Published) -> Published:
    """The publication under the identity that it has now: a later rollback may have made its files a new commit."""
    parts = rollback.parts(published.artifact)
    if parts is None:
        return published
    artifact, plugin = parts
    live = plugin.live(artifact, rollback.push.bench(artifact, {}))
    if live is None or live.facts.get("files_of") != published.identity:
        return published
    return replace(published, identity=live.identity)


def stays(rollback: Rollback) -> tuple[str, ...]:
    """What a rollback leaves as it is: without these sentences a person would believe that all is as before."""
    lane, builds = rollback.push.lane, sorted(rollback.deed.moved)
    aliases = sorted(each.alias for each in rollback.deed.updates)
    found = []
    if builds and not rollback.order.untag:
        tags = ", ".join(sorted({old["target"] for old in rollback.deed.moved.values()}))
        found.append(
            f"{_counted(builds, 'build')} in {tags}: the next push of {lane} shows them again, unless they are untagged"
            " (--untag)"
        )
    if aliases:
        found.append(
            f"Bodhi keeps its status of {_counted(aliases, 'update')}: unpush in Bodhi what must not be pushed again"
        )
    return tuple(found)


def _way(rollback: Rollback, published: Published) -> WayBack:
    parts = rollback.parts(published.artifact)
    if parts is None:
        return WayBack(published.artifact, (), "the configuration or the plugins have it no more")
    artifact, plugin = parts
    return plugin.way_back(shown_now(rollback, published), artifact, rollback.push.bench(artifact, {}))


def _newer(rollback: Rollback, published: Published) -> WayBack | None:
    """Why what is live is not what the run showed; None when it is."""
    parts = rollback.parts(published.artifact)
    if parts is None:
        return None
    artifact, plugin = parts
    live = plugin.live(artifact, rollback.push.bench(artifact, {}))
    if live is not None and live.identity == shown_now(rollback, published).identity:
        return None
    newest = _who(rollback, published)
    if live is None and (newest is None or newest.identity == published.identity):
        return None  # nothing is shown, or the plugin cannot say: its own look decides
    if newest is None:
        what = "nothing" if live is None else live.identity
        return WayBack(artifact.name, (), f"{what} is live, which nobody published by us: somebody else changed it")
    return WayBack(artifact.name, (), f"{newest.run} published there after it: roll that back first")


def _who(rollback: Rollback, published: Published) -> Publication | None:
    """What the lane published last under this name; None when it was the run itself."""
    known = rollback.push.history.publications(str(rollback.push.lane), published.artifact)
    newest = next(iter(known), None)
    return None if newest is None or newest.run == rollback.deed.run.id else newest


def _builds(rollback: Rollback) -> tuple[str, ...]:
    if not rollback.order.untag:
        return ()
    moved = rollback.deed.moved
    return tuple(f"move {build} from {old['target']} back to {old['source']}" for build, old in sorted(moved.items()))


def _command(first: Publication | None) -> str | None:
    return None if first is None else f"relengotron rollback {first.run} --reason TEXT"


def _counted(names: Iterable[str], what: str) -> str:
    """``2 builds (bash-4.3.42-5.fc24, nano-2.6-1.fc24)``; of many the first."""
    listed = tuple(names)
    more = "..." if len(listed) > 3 else ""
    return f"{len(listed)} {what}{'' if len(listed) == 1 else 's'} ({', '.join(listed[:3])}{more})"
