"""A push shows a new version that is to reach machines little by little: what is written down before and after?"""

from dataclasses import replace

from relengotron.decisions import rolling_out
from relengotron.model.artifact import Artifact, Built, Published
from relengotron.model.codec import from_json, to_json
from relengotron.model.intents import Start
from relengotron.model.rollout import BEGUN, FOLLOWED_BY, PLANNED, BegunRollout, PlannedRollout, RolloutOrder, lane_of
from relengotron.workflows.bench import Bench, in_round
from relengotron.workflows.push import Push
from relengotron.workflows.website import run_of, shown_before


def plan_rollout(push: Push, artifact: Artifact, built: Built, number: int) -> None:
    """The schedule is decided, and what all other machines keep, before anybody can see anything new."""
    if artifact.rollout:
        key = in_round(f"{PLANNED}{artifact.name}", number)
        push.engine.remember(key, lambda: to_json(_planned(push, artifact, built)))


def begin_rollout(push: Push, artifact: Artifact, live: Published, number: int) -> None:
    """The time runs from now on, and a run of its own follows it."""
    said = push.engine.remembered(in_round(f"{PLANNED}{artifact.name}", number))
    if said is None:
        return
    run, planned = push.engine.run, from_json(PlannedRollout, said)
    name = in_round(artifact.name, number)
    push.engine.remember(f"{BEGUN}{name}", lambda: to_json(BegunRollout(artifact.name, live.identity, push.now())))
    told = "; ".join(rolling_out.in_words(planned.shares))
    rest = planned.rest["identity"]
    push.engine.note("rollout", artifact.name, "begun", f"{told}; until then the others are offered {rest}")
    push.engine.start(
        Start(
            FOLLOWED_BY,
            lane=lane_of(run.id, name),
            key=f"rollout {run.id} {name}",
            request=RolloutOrder(run.id, artifact.name, name, live.identity, str(push.lane)),
            trigger_msg_id=run.trigger_msg_id,
        )
    )


def keeping_the_rest(push: Push, artifact: Artifact, bench: Bench) -> Bench:
    """A workbench on which no state is swept away that a part of the machines is still offered."""
    found = push.history.rollout(push.engine.run.id, artifact.name)
    if found is None:
        return bench
    known = [each.identity for each in push.history.publications(str(push.lane), artifact.name)]
    rest = found.planned.rest["identity"]
    older = known.index(rest) if rest in known else 0
    return replace(bench, states_kept=max(bench.states_kept, older))


def _planned(push: Push, artifact: Artifact, built: Built) -> PlannedRollout | None:
    """None where there is nothing that the others could keep."""
    before = shown_before(push, artifact)
    if before is None or before["identity"] == built.identity:
        return None
    run = run_of(push, artifact, before["identity"])
    earlier = None if run is None else push.history.rollout(run, artifact.name)
    if earlier is None or earlier.begun.identity != before["identity"]:
        return PlannedRollout(artifact.name, artifact.rollout, before)
    # A version that was on its way to everybody never became what most machines have.
    is_whole = rolling_out.standing(earlier, push.now()).is_whole
    return PlannedRollout(artifact.name, artifact.rollout, before if is_whole else earlier.planned.rest)
