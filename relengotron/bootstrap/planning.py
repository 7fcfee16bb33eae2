"""What only looks: the same parts as those of a run, and none of them can change anything."""

from collections.abc import Callable
from threading import Lock
from typing import Final

from relengotron.bootstrap.memory import memory, now
from relengotron.bootstrap.procedures import deed
from relengotron.engine.attempt import Clock
from relengotron.engine.history import History
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.preview import Preview
from relengotron.engine.preview_ledger import LedgerInView
from relengotron.engine.preview_relations import RelationsInView
from relengotron.model.batch import Batch
from relengotron.model.codec import from_json, to_json
from relengotron.model.gated import GateBatch, lane_of_batch
from relengotron.model.lane import Lane
from relengotron.model.rollback import Outlook, RollbackOrder
from relengotron.sdk.discovery import Plugins
from relengotron.settings import Settings
from relengotron.settings.gates import Gate
from relengotron.systems.looking import only_looking
from relengotron.systems.world import World
from relengotron.workflows import push_updates
from relengotron.workflows.gating import workflow as gate_rawhide
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.planning import GatePlanner
from relengotron.workflows.gating.target_sight import TargetSight
from relengotron.workflows.planning import Planner
from relengotron.workflows.planning_forecast import history_of
from relengotron.workflows.push import Push
from relengotron.workflows.rollback import workflow as rollback
from relengotron.workflows.rollback.way_back import Rollback, look

POLICY_NOT_ASKED: Final = "systems.koji names neither user nor principal: Koji's own policy was not asked"


def planner(
    settings: Settings,
    world: World,
    plugins: Plugins,
    database: Database,
    clock: Clock = now,
    on_progress: Callable[[str], object] = lambda _what: None,
) -> Planner:
    """What plans pushes: the same parts as those of a run, and none of them can change anything."""
    world, plugins, history = only_looking(world), plugins.guarded(), History(database)
    relations = RelationsInView(database, world.pdc, clock, memory(settings))

    def open_push(batch: Batch) -> Push:
        attempt = Preview(push_updates.NAME, str(batch.lane), to_json(batch), database, clock)
        return Push(attempt, batch, world, settings, plugins, lambda: ((), frozenset()), history, relations)

    return Planner(open_push, lambda push: history_of(database, push.lane), clock, on_progress)


def gate_planner(
    settings: Settings,
    name: str,
    gate: Gate,
    world: World,
    database: Database,
    clock: Clock = now,
    on_progress: Callable[[str], object] = lambda _what: None,
) -> GatePlanner:
    """What looks at a gate: the same parts as those of a batch, and none of them can change anything."""
    world, turn, ledger = only_looking(world), Lock(), LedgerInView(name, database, clock)
    sight = TargetSight()

    def open_run(batch: GateBatch) -> GateRun:
        attempt = Preview(gate_rawhide.NAME, lane_of_batch(name, batch.id), to_json(batch), database, clock)
        with database.read() as db:
            present = runs.next_in_lane(db, attempt.run.lane)
            if present is not None:
                attempt.steps = runs.steps_of(db, present.id)
        if present is not None:
            attempt.run, batch = present, from_json(GateBatch, present.request)
        return GateRun(attempt, batch, gate, world, settings, ledger, turn, sight=sight)

    koji = settings.systems.koji
    notes = () if koji.user or koji.principal else (POLICY_NOT_ASKED,)
    return GatePlanner(name, gate, world.koji, ledger, open_run, on_progress, notes)


def rollback_outlook(
    settings: Settings, world: World, plugins: Plugins, database: Database, order: RollbackOrder, clock: Clock = now
) -> Outlook:
    """What a rollback would do now: looked at by the code of the run, which cannot change anything here."""
    taken_back = deed(database, order.run)
    lane = Lane.parse(taken_back.run.lane)
    batch = Batch(lane, tuple(each.title for each in taken_back.updates), order.agent)
    attempt = Preview(rollback.NAME, str(lane), to_json(order), database, clock)
    relations = RelationsInView(database, world.pdc, clock, memory(settings))
    nobody = (), frozenset[str]()
    push = Push(
        attempt, batch, only_looking(world), settings, plugins.guarded(), lambda: nobody, History(database), relations
    )
    return look(Rollback(push, order, taken_back))
