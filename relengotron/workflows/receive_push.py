"""Sort a push request into lanes: messages name updates or composes, Bodhi knows where they belong."""

from collections.abc import Callable
from dataclasses import dataclass

from relengotron.decisions import eligible, ordering
from relengotron.engine.attempt import Attempt
from relengotron.engine.workflow import Silence, Workflow
from relengotron.model.batch import Batch
from relengotron.model.events import ComposeKey, PushRequested
from relengotron.model.intents import Start
from relengotron.model.lane import Lane
from relengotron.model.outcome import Done, Outcome, Running
from relengotron.settings import Settings
from relengotron.systems.bodhi.port import Compose
from relengotron.systems.world import World
from relengotron.workflows import push_updates

NAME = "receive_push"


@dataclass(frozen=True, slots=True)
class Reception:
    """One run of ``receive_push``."""

    engine: Attempt
    asked: PushRequested
    world: World
    settings: Settings


def ensure_every_lane_has_a_run(reception: Reception) -> Outcome:
    """Each (release, request) that was asked for has its own run, and what could not be placed is named."""
    batches, homeless = _batches(reception)
    age_limit = reception.settings.patience.commit
    if homeless and eligible.may_be_too_early(reception.engine.run.created_at, reception.engine.now(), age_limit):
        return Running(f"Bodhi may not have committed yet: {'; '.join(homeless)}", look_again=age_limit / 10)
    for reason in homeless:
        reception.engine.note("request", reason[:256], "ignored", reason)
    for batch in sorted(batches, key=lambda each: ordering.priority_of(each.lane, each.is_security)):
        reception.engine.start(_start(reception, batch))
    return Done({"lanes": [str(batch.lane) for batch in batches], "left out": list(homeless)})


def receive_push(open_reception: Callable[[Attempt], Reception]) -> Workflow[Reception]:
    """The workflow; ``open_reception`` gives a run the world and the settings it works with."""
    return Workflow(NAME, (ensure_every_lane_has_a_run,), open_reception, Silence())


def _start(reception: Reception, batch: Batch) -> Start:
    trigger = reception.engine.run.trigger_msg_id
    return Start(
        workflow=push_updates.NAME,
        lane=str(batch.lane),
        key=f"push {trigger} {batch.lane}",
        request=batch,
        trigger_msg_id=trigger,
        priority=ordering.priority_of(batch.lane, batch.is_security),
    )


def _batches(reception: Reception) -> tuple[list[Batch], list[str]]:
    asked = reception.asked
    if asked.batches:
        return _listed(reception)
    if asked.composes:
        return _composed(reception)
    return _titled(reception)


def _listed(reception: Reception) -> tuple[list[Batch], list[str]]:
    """Our own form names everything; Bodhi is asked only how urgent it is."""
    batches, homeless = [], []
    for wanted in reception.asked.batches:
        lane = Lane(wanted.release, wanted.request)
        names = tuple(update.alias or update.title for update in wanted.updates)
        if lane in reception.settings.lanes:
            is_security = any(update.type == "security" for update in reception.world.bodhi.updates(names))
            batches.append(Batch(lane, names, reception.asked.agent, is_security))
        else:
            homeless.append(f"{lane} is not a lane of releases.yaml")
    return batches, homeless


def _composed(reception: Reception) -> tuple[list[Batch], list[str]]:
    """The composer form names lanes; the updates in them are those that Bodhi put into the compose."""
    rows = reception.world.bodhi.composes()
    batches, homeless = [], []
    for wanted in reception.asked.composes:
        row = next((each for each in rows if _is_meant(wanted, each)), None)
        if wanted.content_type != "rpm":
            homeless.append(f"composes of {wanted.content_type} are not pushed here")
        elif row is None:
            homeless.append(f"Bodhi has no compose {wanted.release or wanted.release_id}/{wanted.request}")
        elif Lane(row.release, row.request) not in reception.settings.lanes:
            homeless.append(f"{row.release}/{row.request} is not a lane of releases.yaml")
        else:
            lane = Lane(row.release, row.request)
            batches.append(Batch(lane, row.updates, reception.asked.agent, row.security or wanted.security))
    return batches, homeless


def _titled(reception: Reception) -> tuple[list[Batch], list[str]]:
    """The oldest form names titles; Bodhi says which lane each belongs to."""
    found = reception.world.bodhi.updates(reception.asked.updates)
    lanes: dict[Lane, list[str]] = {}
    urgent = set()
    homeless = _unknown(reception.asked.updates, {name for each in found for name in (each.alias, each.title)})
    for update in found:
        if update.request is None and not update.locked:
            homeless.append(f"{update.title}: it has no request and is not locked, there is nothing to push")
            continue
        lane = Lane(update.release, update.request or _withdrawn_request(update.status))
        if lane not in reception.settings.lanes:
            homeless.append(f"{update.title}: {lane} is not a lane of releases.yaml")
            continue
        lanes.setdefault(lane, []).append(update.alias)
        if update.type == "security":
            urgent.add(lane)
    agent = reception.asked.agent
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
