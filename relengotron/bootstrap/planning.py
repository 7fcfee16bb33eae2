"""What only looks: the same parts as those of a run, and none of them can change anything."""

from collections.abc import Callable

from relengotron.bootstrap.memory import memory, now
from relengotron.bootstrap.procedures import deed
from relengotron.engine.attempt import Clock
from relengotron.engine.history import History
from relengotron.engine.journal.database import Database
from relengotron.engine.preview import Preview
from relengotron.engine.preview_relations import RelationsInView
from relengotron.model.batch import Batch
from relengotron.model.codec import to_json
from relengotron.model.lane import Lane
from relengotron.model.rollback import Outlook, RollbackOrder
from relengotron.sdk.discovery import Plugins
from relengotron.settings import Settings
from relengotron.systems.looking import only_looking
from relengotron.systems.world import World
from relengotron.workflows import push_updates
from relengotron.workflows.planning import Planner
from relengotron.workflows.planning_forecast import history_of
from relengotron.workflows.push import Push
from relengotron.workflows.rollback import workflow as rollback
from relengotron.workflows.rollback.way_back import Rollback, look


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
