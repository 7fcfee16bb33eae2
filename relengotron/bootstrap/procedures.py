"""Every workflow, joined with the world and the settings it works with."""

from functools import partial
from threading import Lock, Semaphore

from relengotron.engine.attempt import Attempt
from relengotron.engine.history import History
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.deeds import deed_of
from relengotron.engine.ledger import Ledger
from relengotron.engine.relations import RelationIndex
from relengotron.engine.workflow import Catalogue
from relengotron.errors import RequestRefused
from relengotron.model.batch import Batch
from relengotron.model.codec import from_json
from relengotron.model.events import PushRequested
from relengotron.model.gated import GateBatch, Quarantine
from relengotron.model.lane import Lane
from relengotron.model.rollback import Deed, RollbackOrder
from relengotron.model.rollout import RolloutOrder
from relengotron.model.run import Run
from relengotron.model.tree_care import TreeCare
from relengotron.sdk.discovery import Plugins
from relengotron.settings import Settings
from relengotron.systems.world import World
from relengotron.workflows.catalogue import catalogue
from relengotron.workflows.following_rollouts import RollOut
from relengotron.workflows.gating.arrivals import Arrivals
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.quarantine.kept import Kept
from relengotron.workflows.gating.target_sight import TargetSight
from relengotron.workflows.gating.unknown import UnknownGate
from relengotron.workflows.push import Push
from relengotron.workflows.receive_push import Reception
from relengotron.workflows.rollback.way_back import MOVED_BY, SHIPMENT, SHOWN_BY, Rollback
from relengotron.workflows.trees.care import Care


def procedures_of(
    settings: Settings, world: World, plugins: Plugins, database: Database, relations: RelationIndex
) -> Catalogue:
    """Every workflow with the world and the settings it works with."""
    plugins, history = plugins.guarded(), History(database)

    def open_push(attempt: Attempt) -> Push:
        batch = from_json(Batch, attempt.run.request)
        siblings = partial(_siblings, database, attempt.run)
        return Push(attempt, batch, world, settings, plugins, siblings, history, relations)

    def open_reception(attempt: Attempt) -> Reception:
        return Reception(attempt, from_json(PushRequested, attempt.run.request), world, settings)

    def open_rollback(attempt: Attempt) -> Rollback:
        order = from_json(RollbackOrder, attempt.run.request)
        taken_back = deed(database, order.run)
        batch = Batch(Lane.parse(taken_back.run.lane), tuple(each.title for each in taken_back.updates), order.agent)
        push = Push(attempt, batch, world, settings, plugins, lambda: ((), frozenset()), history, relations)
        return Rollback(push, order, taken_back)

    reading = Semaphore()

    def open_care(attempt: Attempt) -> Care:
        return Care(attempt, from_json(TreeCare, attempt.run.request), world, settings, reading)

    def open_rollout(attempt: Attempt) -> RollOut:
        order = from_json(RolloutOrder, attempt.run.request)
        batch = Batch(Lane.parse(order.lane), (), "")
        push = Push(attempt, batch, world, settings, plugins, lambda: ((), frozenset()), history, relations)
        return RollOut(push, order)

    turns = {name: (Lock(), Arrivals(), TargetSight()) for name in settings.gates}

    def open_gate(attempt: Attempt) -> GateRun | UnknownGate:
        batch = from_json(GateBatch, attempt.run.request)
        gate = settings.gates.get(batch.gate)
        if gate is None:
            return UnknownGate(attempt, batch.gate, settings)
        ledger = Ledger(batch.gate, database, attempt.now)
        return GateRun(attempt, batch, gate, world, settings, ledger, *turns[batch.gate])

    def open_kept(attempt: Attempt) -> Kept | UnknownGate:
        kept = from_json(Quarantine, attempt.run.request)
        gate = settings.gates.get(kept.gate)
        if gate is None:
            return UnknownGate(attempt, kept.gate, settings)
        return Kept(attempt, kept, gate, world, settings, Ledger(kept.gate, database, attempt.now))

    return catalogue(open_push, open_reception, open_rollback, open_care, open_rollout, open_gate, open_kept)


def deed(database: Database, name: str) -> Deed:
    """What a run did that can be taken back."""
    with database.read() as db:
        run = runs.find(db, name)
        if run is None:
            raise RequestRefused(f"there is no run {name}")
        return deed_of(db, run, SHOWN_BY, MOVED_BY, SHIPMENT)


def _siblings(database: Database, run: Run) -> tuple[tuple[Run, ...], frozenset[str]]:
    """The other runs of the same message, and which of them have begun their composes."""
    with database.read() as db:
        others = tuple(each for each in runs.opened_by(db, run.trigger_msg_id) if each.id != run.id)
        pushes = tuple(each for each in others if each.workflow == run.workflow)
        begun = frozenset(each.id for each in pushes if "ensure_repos_are_mashed" in runs.steps_of(db, each.id))
    return pushes, begun
