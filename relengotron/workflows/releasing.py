"""The last part of a push: the bits go live, are seen from outside, and everybody is told."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from relengotron.decisions import eligible
from relengotron.errors import Permanent, RelengError
from relengotron.messages import outgoing
from relengotron.messages.outgoing import ArtifactResult, UpdateResult
from relengotron.model.artifact import Artifact, Built, Published
from relengotron.model.batch import Update
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Done, Failed, FailureKind, Outcome, Running, Watch
from relengotron.model.run import EffectRecord
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.systems.bodhi.port import BodhiUpdate
from relengotron.workflows.asking_the_gate import ask_the_gate, why_shut
from relengotron.workflows.composing import all_composed, unchanged
from relengotron.workflows.push import Push, with_updates_left
from relengotron.workflows.reaching import Reached, ensure_affected_artifacts_are_known
from relengotron.workflows.shipping import read_update

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
    if not _is_begun(push) and (shut := why_shut(push, ask_the_gate(push))) is not None:
        return shut
    published = []
    for built in all_composed(push):
        artifact, _ = _of(push, built.artifact)
        live = _publish(push, built)
        published.append(live)
        facts = {"identity": live.identity, "kind": built.kind, "target": artifact.target, **live.links}
        push.engine.note("artifact", artifact.name, "live", f"on the master mirror below {artifact.target}", facts)
    return Done(Live(tuple(published)))


@with_updates_left
def ensure_publication_is_seen_from_outside(push: Push) -> Outcome:
    """A reader outside gets every published bit with the checksum it was tested with."""
    missing: list[str] = []
    for published in push.engine.recall(ensure_bits_are_live, Live).published:
        artifact, plugin = _of(push, published.artifact)
        probe = plugin.probe(published, push.bench(artifact, {}))
        missing += [f"{published.artifact}: {each}" for each in probe.missing]
        if probe.is_live:
            _say_published(push, artifact, published, len(probe.seen))
    if not missing:
        return Done()
    if push.is_late(push.settings.patience.probe):
        patience = push.settings.patience.probe + push.settings.patience.hold
        if push.is_late(patience):
            return Failed(FailureKind.DEADLINE, f"never seen from outside: {'; '.join(missing)}")
        return push.hold(tuple(missing), patience, "relengotron doctor")
    return Running(f"not seen from outside yet: {'; '.join(missing[:3])}", look_again=push.settings.pace.poll)


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
        artifact, plugin = _of(push, built.artifact)
        try:
            plugin.retire(artifact, push.bench(artifact, {}))
        except RelengError as trouble:  # the push is complete and everybody knows: this must not undo it
            log.warning("leftovers stay", extra={"artifact": artifact.name, "trouble": str(trouble)})
            push.engine.note("leftover", artifact.name, "stays", str(trouble))
    return Done()


def withdraw(push: Push, effect: EffectRecord) -> None:
    """What this push published is not shown any more, also when nobody knows how far it had come."""
    built = from_json(Built, effect.old)
    artifact, plugin = _of(push, built.artifact)
    bench = push.bench(artifact, {})
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


def _is_begun(push: Push) -> bool:
    """Whether something may be live already; then the rest follows, whatever the gate says meanwhile."""
    keys = [f"{LIVE}{built.artifact}" for built in all_composed(push)]
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


def _publish(push: Push, built: Built) -> Published:
    """An effect, so that the way back knows of it; a plugin looks for itself how far an earlier attempt had come."""
    artifact, plugin = _of(push, built.artifact)
    made = push.engine.effect(
        f"{LIVE}{artifact.name}",
        f"show {built.identity} below {artifact.target}",
        do=lambda: to_json(plugin.publish(built, artifact, push.bench(artifact, {}))),
        find=lambda _intent: None,
        old=to_json(built),
    )
    return from_json(Published, made)


def _of(push: Push, name: str) -> tuple[Artifact, ArtifactPlugin[object]]:
    artifact = next(each for each in push.artifacts if each.name == name)
    return artifact, push.plugins.by_kind[artifact.kind]


def _say_published(push: Push, artifact: Artifact, published: Published, seen: int) -> None:
    url = f"{push.settings.systems.mirror.url}/{published.links.get('path', artifact.target)}"
    place = f"{url} as {published.links['ref']}" if "ref" in published.links else url
    told = outgoing.artifact_published(
        push.facts(),
        artifact.name,
        kind=artifact.kind,
        identity=published.identity,
        reason=f"{seen} files were read from outside with the expected checksums",
    )
    push.say(f"published {artifact.name}", told)
    facts = {"identity": published.identity, "kind": artifact.kind, "url": url, **published.links}
    push.engine.note("artifact", artifact.name, "published", f"{seen} files seen from outside at {place}", facts)


def _results(push: Push) -> list[ArtifactResult]:
    made = {built.artifact: built for built in all_composed(push)}
    reached = push.engine.recall(ensure_affected_artifacts_are_known, Reached)
    reasons = {reach.artifact: reach.reason for reach in reached.reaches}
    reasons |= {name: f"unchanged: {reason}" for name, reason in unchanged(push).items()}
    return [_result(artifact, made.get(artifact.name), reasons.get(artifact.name)) for artifact in push.artifacts]


def _result(artifact: Artifact, built: Built | None, reason: str | None) -> ArtifactResult:
    if built is None:
        return ArtifactResult(artifact.name, artifact.kind, "skipped", reason)
    return ArtifactResult(artifact.name, artifact.kind, "published", reason, built.task_id, built.identity)
