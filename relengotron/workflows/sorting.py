"""Into which lanes does a push request fall? Messages name updates or composes, Bodhi knows where they belong."""

from dataclasses import dataclass

from relengotron.decisions import ordering
from relengotron.model.batch import Batch
from relengotron.model.events import ComposeKey, PushRequested
from relengotron.model.lane import Lane
from relengotron.settings import Settings
from relengotron.systems.bodhi.port import Compose
from relengotron.systems.world import World


@dataclass(frozen=True, slots=True)
class _Order:
    asked: PushRequested
    world: World
    settings: Settings


def sorted_into_lanes(asked: PushRequested, world: World, settings: Settings) -> tuple[list[Batch], list[str]]:
    """The updates that each lane is asked to push, and a sentence for everything that belongs to none."""
    order = _Order(asked, world, settings)
    if asked.batches:
        return _listed(order)
    if asked.composes:
        return _composed(order)
    return _titled(order)


def urgency(batch: Batch) -> int:
    """Where the push of a batch stands in the queue of those that one message asks for; lower goes first."""
    return ordering.priority_of(batch.lane, batch.is_security)


def _listed(order: _Order) -> tuple[list[Batch], list[str]]:
    """Our own form names everything; Bodhi is asked only how urgent it is."""
    batches, homeless = [], []
    for wanted in order.asked.batches:
        lane = Lane(wanted.release, wanted.request)
        names = tuple(update.alias or update.title for update in wanted.updates)
        if lane in order.settings.lanes:
            is_security = any(update.type == "security" for update in order.world.bodhi.updates(names))
            batches.append(Batch(lane, names, order.asked.agent, is_security))
        else:
            homeless.append(f"{lane} is not a lane of releases.yaml")
    return batches, homeless


def _composed(order: _Order) -> tuple[list[Batch], list[str]]:
    """The composer form names lanes; the updates in them are those that Bodhi put into the compose."""
    rows = order.world.bodhi.composes()
    batches, homeless = [], []
    for wanted in order.asked.composes:
        row = next((each for each in rows if _is_meant(wanted, each)), None)
        if wanted.content_type != "rpm":
            homeless.append(f"composes of {wanted.content_type} are not pushed here")
        elif row is None:
            homeless.append(f"Bodhi has no compose {wanted.release or wanted.release_id}/{wanted.request}")
        elif Lane(row.release, row.request) not in order.settings.lanes:
            homeless.append(f"{row.release}/{row.request} is not a lane of releases.yaml")
        else:
            lane = Lane(row.release, row.request)
            batches.append(Batch(lane, row.updates, order.asked.agent, row.security or wanted.security))
    return batches, homeless


def _titled(order: _Order) -> tuple[list[Batch], list[str]]:
    """The oldest form names titles; Bodhi says which lane each belongs to."""
    found = order.world.bodhi.updates(order.asked.updates)
    lanes: dict[Lane, list[str]] = {}
    urgent = set()
    homeless = _unknown(order.asked.updates, {name for each in found for name in (each.alias, each.title)})
    for update in found:
        if update.request is None and not update.locked:
            homeless.append(f"{update.title}: it has no request and is not locked, there is nothing to push")
            continue
        lane = Lane(update.release, update.request or _withdrawn_request(update.status))
        if lane not in order.settings.lanes:
            homeless.append(f"{update.title}: {lane} is not a lane of releases.yaml")
            continue
        lanes.setdefault(lane, []).append(update.alias)
        if update.type == "security":
            urgent.add(lane)
    agent = order.asked.agent
    return [Batch(lane, tuple(names), agent, lane in urgent) for lane, names in lanes.items()], homeless


def _withdrawn_request(status: str) -> str:
    """What an update was on its way to before its request was withdrawn: its lane will eject it by name."""
    return "stable" if status == "testing" else "testing"


def _unknown(asked: tuple[str, ...], known: set[str]) -> list[str]:
    builds = {build for name in known for build in name.replace(",", " ").split()}
    return [
        f"Bodhi knows no update {name}"
        for name in asked
        if name not in known and not set(name.replace(",", " ").split()) <= builds
    ]


def _is_meant(wanted: ComposeKey, row: Compose) -> bool:
    same_release = wanted.release == row.release if wanted.release is not None else wanted.release_id == row.release_id
    return same_release and wanted.request == row.request and wanted.content_type == row.content_type
