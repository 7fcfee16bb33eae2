"""Which lanes is a plan about, and with which updates? Bodhi says where each update belongs."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from relengotron.errors import MalformedInput, SettingsError
from relengotron.model.batch import Batch, Update
from relengotron.model.events import PushRequested
from relengotron.model.lane import Lane
from relengotron.settings import Settings
from relengotron.systems.bodhi.port import BodhiUpdate
from relengotron.systems.world import World
from relengotron.workflows.sorting import sorted_into_lanes

NOBODY = "nobody"
"""Who orders what is only planned."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One lane of a plan; ``update`` is one that Bodhi does not have: builds that somebody only thinks of pushing."""

    batch: Batch
    update: Update | None = None


def asked_for(
    asked: PushRequested, releases: Collection[str], world: World, settings: Settings
) -> tuple[list[Wanted], list[str]]:
    """The lanes that a request falls into, and what belongs to none of them."""
    batches, homeless = sorted_into_lanes(asked, world, settings)
    strangers = [f"{each.lane}: it is not asked for here" for each in batches if not _is_in(each.lane, releases)]
    return [Wanted(each) for each in batches if _is_in(each.lane, releases)], homeless + strangers


def named(
    updates: tuple[str, ...], releases: Collection[str], world: World, settings: Settings
) -> tuple[list[Wanted], list[str]]:
    """The lanes of these updates, by alias or title."""
    return asked_for(PushRequested(NOBODY, resume=False, updates=updates), releases, world, settings)


def pending(releases: Collection[str], world: World, settings: Settings) -> list[Wanted]:
    """Every lane with the updates that Bodhi would push now: those that request it."""
    found = [
        (lane, world.bodhi.updates_in(lane.release, request=lane.request))
        for lane in settings.lanes
        if _is_in(lane, releases)
    ]
    return [Wanted(_batch(lane, updates[::-1])) for lane, updates in found if updates]  # Bodhi lists the newest first


def with_builds(
    builds: tuple[str, ...], releases: Collection[str], request: str | None, world: World, settings: Settings
) -> tuple[list[Wanted], list[str]]:
    """The lanes of the updates that these builds are in; builds without an update are planned as if they were one.

    Raises:
        SettingsError: some are in no update, and it was not said into which lane they are thought.
    """
    lanes = [lane for lane in settings.lanes if _is_in(lane, releases)]
    found = {lane: _having(builds, world.bodhi.updates_in(lane.release, request=lane.request)) for lane in lanes}
    taken = {build for updates in found.values() for update in updates for build in update.builds}
    wanted = [Wanted(_batch(lane, updates)) for lane, updates in found.items() if updates]
    others = tuple(build for build in builds if build not in taken)
    if not others:
        return wanted, []
    lane = _lane_thought_of(lanes, request, others)
    return _with(wanted, lane, _as_update(others, lane)), []


def _lane_thought_of(lanes: Iterable[Lane], request: str | None, builds: tuple[str, ...]) -> Lane:
    fitting = [lane for lane in lanes if lane.request == request]
    if len(fitting) == 1:
        return fitting[0]
    text = f"Bodhi has no update that requests a push and has {', '.join(builds)}"
    raise SettingsError(f"{text}: say into which lane they are thought, with one --release and --request")


def _with(wanted: list[Wanted], lane: Lane, update: Update) -> list[Wanted]:
    """One push a lane: what is thought of ships together with what Bodhi has."""
    there = next((each for each in wanted if each.batch.lane == lane), Wanted(Batch(lane, (), NOBODY)))
    batch = replace(there.batch, updates=(*there.batch.updates, update.title))
    return [each for each in wanted if each is not there] + [Wanted(batch, update)]


def _as_update(builds: tuple[str, ...], lane: Lane) -> Update:
    title = ",".join(builds)
    if not title:
        raise MalformedInput("no builds were named")
    return Update(title, title, "unspecified", lane.release, lane.request, True, builds)


def _having(builds: Collection[str], updates: Iterable[BodhiUpdate]) -> list[BodhiUpdate]:
    return [update for update in updates if set(builds) & set(update.builds)]


def _batch(lane: Lane, updates: Collection[BodhiUpdate]) -> Batch:
    is_security = any(update.type == "security" for update in updates)
    return Batch(lane, tuple(update.alias for update in updates), NOBODY, is_security)


def _is_in(lane: Lane, releases: Collection[str]) -> bool:
    return not releases or lane.release in releases
