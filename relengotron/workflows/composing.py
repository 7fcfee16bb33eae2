"""The step of a push that composes what it changes."""

from collections.abc import Collection
from functools import partial

from relengotron.model.artifact import Built
from relengotron.model.outcome import Done, Outcome
from relengotron.workflows.lagging import caught_up, left_at_the_gate
from relengotron.workflows.making import Composed, Wanted, make
from relengotron.workflows.mashing import mashed
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.reaching import Reached, ensure_affected_artifacts_are_known
from relengotron.workflows.untouched import weigh_what_was_begun
from relengotron.workflows.without import ejected_in


@with_updates_left
def ensure_artifacts_are_composed(push: Push) -> Outcome:
    """Every affected artifact is composed, after the things it is made from, by one task each."""
    reached, repos = push.engine.recall(ensure_affected_artifacts_are_known, Reached), mashed(push)
    wanted = wanted_of(push, reached, repos)
    weigh_what_was_begun(push, wanted.names(), repos)
    outcome = make(push, wanted, repos)
    if isinstance(outcome, Done):
        for name, why in outcome.output.failed.items():
            push.engine.note("artifact", name, "left behind", why)
    return outcome


def wanted_of(push: Push, reached: Reached, repos: Collection[str]) -> Wanted:
    """What is composed once the repos are there, in an order in which it can be made."""
    wanted = tuple(each for each in push.artifacts if each.name not in repos and reached.affects(each.name))
    follows = {each.name: reached.follows(each.name) for each in wanted}
    return Wanted(wanted, follows, reached.sure, partial(ejected_in, push))


def all_composed(push: Push) -> tuple[Built, ...]:
    """Everything new that this push composed and that goes live with it, in order."""
    behind, late = left_behind(push), caught_up(push)
    built = {each.artifact: each for each in _composed(push).built}
    built |= {name: each for name, each in late.items() if each is not None}
    return tuple(each for name, each in built.items() if name not in behind)


def left_behind(push: Push) -> dict[str, str]:
    """What this push goes on without, and why: it was not composed, or the gate was shut for it, and it may lag."""
    behind, late = {**_composed(push).failed, **left_at_the_gate(push)}, caught_up(push)
    return {name: why for name, why in behind.items() if name not in late}


def waiting_behind(push: Push) -> dict[str, Built]:
    """What is left behind and was composed."""
    behind = left_behind(push)
    return {each.artifact: each for each in _composed(push).built if each.artifact in behind}


def unchanged(push: Push) -> dict[str, str]:
    """What turned out to be what users have already, and why."""
    return dict(_composed(push).unchanged)


def _composed(push: Push) -> Composed:
    return push.engine.recall(ensure_artifacts_are_composed, Composed)
