"""Sort a push request into lanes: messages name updates or composes, Bodhi knows where they belong."""

from collections.abc import Callable
from dataclasses import dataclass

from relengotron.decisions import eligible
from relengotron.engine.attempt import Attempt
from relengotron.engine.workflow import Silence, Workflow
from relengotron.model.batch import Batch
from relengotron.model.events import PushRequested
from relengotron.model.intents import Start
from relengotron.model.outcome import Done, Outcome, Running
from relengotron.settings import Settings
from relengotron.systems.world import World
from relengotron.workflows import push_updates
from relengotron.workflows.sorting import sorted_into_lanes, urgency

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
    batches, homeless = sorted_into_lanes(reception.asked, reception.world, reception.settings)
    age_limit = reception.settings.patience.commit
    if homeless and eligible.may_be_too_early(reception.engine.run.created_at, reception.engine.now(), age_limit):
        return Running(f"Bodhi may not have committed yet: {'; '.join(homeless)}", look_again=age_limit / 10)
    for reason in homeless:
        reception.engine.note("request", reason[:256], "ignored", reason)
    for batch in sorted(batches, key=urgency):
        reception.engine.start(_start(reception, batch))
    return Done({"lanes": [str(batch.lane) for batch in batches], "left out": list(homeless)})


PROMISES = {ensure_every_lane_has_a_run.__name__: (ensure_every_lane_has_a_run.__doc__ or "").strip()}


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
        priority=urgency(batch),
    )
