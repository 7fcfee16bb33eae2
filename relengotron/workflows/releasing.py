"""The last part of a push: the bits go live, are seen from outside, and everybody is told."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from relengotron.decisions import eligible
from relengotron.errors import Permanent, RelengError
from relengotron.messages import outgoing
from relengotron.messages.outgoing import ArtifactResult, UpdateResult
from relengotron.model.artifact import Artifact, Built, Published
from relengotron.model.batch import Update
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Done, Failed, FailureKind, Outcome, Watch
from relengotron.model.run import EffectRecord
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.systems.bodhi.port import BodhiUpdate
from relengotron.workflows.asking_the_gate import ask_the_gate, why_shut
from relengotron.workflows.bench import in_round
from relengotron.workflows.composing import all_composed, left_behind, unchanged
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.reaching import Reached, ensure_affected_artifacts_are_known
from relengotron.workflows.rolling_out import begin_rollout, keeping_the_rest, plan_rollout
from relengotron.workflows.shipping import read_update
from relengotron.workflows.signing import back_to_sign, must_be_signed

log = logging.getLogger(__name__)

LIVE = "live "
"""What the key of a publication begins with."""

COMPLETE = "complete"
"""The key under which a push says that it is over."""


@dataclass(frozen=True, slots=True)
class Live:
    """What a push has published."""

    published: tuple[Published, ...]


@with_updates_left
def ensure_updates_are_still_wanted(push: Push) -> Outcome:
    """Bodhi still wants every update of the push shipped; what it wants no more holds the push before it is live."""
    updates = push.shipment().updates
    found = {each.alias: each for each in push.world.bodhi.updates([update.alias for update in updates])}
    unwanted = [f"{update.title}: {why}" for update in updates if (why := _why_unwanted(push, update, found))]
    if not unwanted:
        return Done()
    if push.is_late(push.settings.patience.gate):
        return Failed(FailureKind.REFUSED, f"Bodhi wants it no more: {'; '.join(unwanted)}")
    command = f"relengotron runs cancel {push.engine.run.id} --reason withdrawn"
    watches = tuple(Watch("bodhi.update", update.alias) for update in updates)
    return push.hold(tuple(unwanted), push.settings.patience.gate, command, watches)


@with_updates_left
def ensure_bits_are_live(push: Push) -> Outcome:
    """Repo trees, refs and images are on the master mirror: staged, switched at once, metadata last."""
    if (unsigned := back_to_sign(push)) is not None:
        return unsigned
    if not is_begun(push) and (shut := why_shut(push, ask_the_gate(push))) is not None:
        return shut
    published = []
    for built in all_composed(push):
        artifact, _ = of(push, built.artifact)
        live = publish(push, built)
        published.append(live)
        facts = {"identity": live.identity, "kind": built.kind, "target": artifact.target, **live.links}
        push.engine.note("artifact", artifact.name, "live", f"on the master mirror below {artifact.target}", facts)
    return Done(Live(tuple(published)))


def ensure_people_are_told(push: Push) -> Outcome:
    """Bodhi and everybody else know what shipped, what was left behind and what became of every artifact."""
    shipment = push.shipment()
    updates = [UpdateResult(each.alias, each.title, "pushed", builds=each.builds) for each in shipment.updates]
    updates += [
        UpdateResult(each.alias or None, each.title, "ejected", each.reason, each.builds) for each in shipment.ejected
    ]
    reason = None if shipment.updates else "no update was left to push"
    told = outgoing.push_complete(
        push.facts(),
        results=_results(push) if shipment.updates else (),
        updates=updates,
        started_at=push.engine.run.created_at,
        reason=reason,
    )
    patience = push.settings.patience
    recipients = push.settings.systems.bodhi.acknowledges_as
    push.say(COMPLETE, told, recipients, patience.acknowledge + patience.hold)
    return Done()


@with_updates_left
def ensure_leftovers_are_gone(push: Push) -> Outcome:
    """Nothing that this push staged or replaced stays longer than the grace for its readers."""
    for built in all_composed(push):
        artifact, plugin = of(push, built.artifact)
        try:
            plugin.retire(artifact, keeping_the_rest(push, artifact, push.bench(artifact, {})))
        except RelengError as trouble:  # the push is complete and everybody knows: this must not undo it
            log.warning("leftovers stay", extra={"artifact": artifact.name, "trouble": str(trouble)})
            push.engine.note("leftover", artifact.name, "stays", str(trouble))
    return Done()


def withdraw(push: Push, effect: EffectRecord) -> None:
    """What this push published is not shown any more, also when nobody knows how far it had come."""
    built = from_json(Built, effect.old)
    artifact, plugin = of(push, built.artifact)
    keys = {in_round(f"{LIVE}{artifact.name}", number): number for number in range(1, round_of(push) + 1)}
    bench = push.bench(artifact, {}, number=keys[effect.key])
    try:
        published = (
            from_json(Published, effect.result) if effect.is_finished else plugin.publish(built, artifact, bench)
        )
    except Permanent as refused:
        reason = f"it could not go live; look whether the mirror shows a part of it: {refused}"
        push.engine.note("artifact", artifact.name, "failed", reason)
        return
    plugin.withdraw(published, artifact, bench)
    push.engine.note("artifact", artifact.name, "withdrawn", "the push was called off after it had gone live")


def round_of(push: Push) -> int:
    """How often the bits of this push go live by now: once more after each withdrawal."""
    return next(number for number in count(1) if push.engine.remembered(withdrawn(number)) is None)


def withdrawn(number: int) -> str:
    """The decision under which the journal knows that everything of a round is withdrawn."""
    return f"withdrawn in round {number}"


def is_begun(push: Push) -> bool:
    """Whether something may be live already in this round; then the rest follows, whatever the gate says meanwhile."""
    number = round_of(push)
    keys = [in_round(f"{LIVE}{built.artifact}", number) for built in all_composed(push)]
    return bool(push.engine.effect_records(keys))


def _why_unwanted(push: Push, update: Update, found: Mapping[str, BodhiUpdate]) -> str | None:
    """Why Bodhi does not want this update shipped as it was tested; None when it does, or has it shipped already."""
    now = found.get(update.alias)
    if now is not None and set(now.builds) != set(update.builds):
        return "its builds are not those that were composed and tested"
    if now is not None and now.status == push.lane.request and not now.locked:
        return None
    ejected = eligible.why_not(update.alias, read_update(now), push.lane)
    return None if ejected is None else ejected.reason


def publish(push: Push, built: Built) -> Published:
    """An effect, so that the way back knows of it; a plugin looks for itself how far an earlier attempt had come."""
    artifact, plugin = of(push, built.artifact)
    number = round_of(push)
    key, bench = in_round(f"{LIVE}{artifact.name}", number), push.bench(artifact, {}, number=number)
    if push.engine.effect_record(key) is None:
        must_be_signed(built, artifact, plugin, bench)
        plan_rollout(push, artifact, built, number)
    made = push.engine.effect(
        key,
        f"show {built.identity} below {artifact.target}",
        do=lambda: to_json(plugin.publish(built, artifact, bench)),
        find=lambda _intent: None,
        old=to_json(built),
    )
    live = from_json(Published, made)
    begin_rollout(push, artifact, live, number)
    return live


def of(push: Push, name: str) -> tuple[Artifact, ArtifactPlugin[object]]:
    """An artifact of the lane and its plugin."""
    artifact = next(each for each in push.artifacts if each.name == name)
    return artifact, push.plugins.by_kind[artifact.kind]


def _results(push: Push) -> list[ArtifactResult]:
    made, behind = {built.artifact: built for built in all_composed(push)}, left_behind(push)
    reached = push.engine.recall(ensure_affected_artifacts_are_known, Reached)
    reasons = {reach.artifact: reach.reason for reach in reached.reaches}
    reasons |= {name: f"unchanged: {reason}" for name, reason in unchanged(push).items()}
    shown = {each.artifact: each.identity for each in push.engine.recall(ensure_bits_are_live, Live).published}
    return [
        ArtifactResult(each.name, each.kind, "held", behind[each.name])
        if each.name in behind
        else _result(each, made.get(each.name), shown.get(each.name), reasons.get(each.name))
        for each in push.artifacts
    ]


def _result(artifact: Artifact, built: Built | None, shown: str | None, reason: str | None) -> ArtifactResult:
    if built is None:
        return ArtifactResult(artifact.name, artifact.kind, "skipped", reason)
    return ArtifactResult(artifact.name, artifact.kind, "published", reason, built.task_id, shown or built.identity)
