"""The step of a push that composes what it changes, and the way to stop it."""

from collections.abc import Collection

from relengotron.model.artifact import Built
from relengotron.model.outcome import Outcome
from relengotron.model.run import EffectRecord
from relengotron.workflows.making import Composed, Wanted, make
from relengotron.workflows.mashing import mashed
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.reaching import Reached, ensure_affected_artifacts_are_known


@with_updates_left
def ensure_artifacts_are_composed(push: Push) -> Outcome:
    """Every affected artifact is composed, after the things it is made from, by one task each."""
    reached, repos = push.engine.recall(ensure_affected_artifacts_are_known, Reached), mashed(push)
    return make(push, wanted_of(push, reached, repos), repos)


def wanted_of(push: Push, reached: Reached, repos: Collection[str]) -> Wanted:
    """What is composed once the repos are there, in an order in which it can be made."""
    wanted = tuple(each for each in push.artifacts if each.name not in repos and reached.affects(each.name))
    return Wanted(wanted, {each.name: reached.follows(each.name) for each in wanted}, reached.sure)


def stop_compose(push: Push, effect: EffectRecord) -> None:
    """No task of this effect goes on, not even one whose answer was lost."""
    koji, asked = push.world.koji, effect.old
    known = [int(effect.result["task"])] if effect.is_finished else []
    lost = () if known else koji.find_tasks(asked["method"], effect.intended_at, asked["marker"])
    for task in koji.tasks([*known, *(each.id for each in lost)]).values():
        if not task.state.is_final:
            koji.cancel_task(task.id)


def all_composed(push: Push) -> tuple[Built, ...]:
    """Everything new that this push composed, in order."""
    return push.engine.recall(ensure_artifacts_are_composed, Composed).built


def unchanged(push: Push) -> dict[str, str]:
    """What turned out to be what users have already, and why."""
    return dict(push.engine.recall(ensure_artifacts_are_composed, Composed).unchanged)
