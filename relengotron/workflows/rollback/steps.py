"""The promises of a rollback, in the order in which an operator at night needs them: users first."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps

from relengotron.errors import DeadlineMissed, Permanent, RelengError, StateDisagrees
from relengotron.messages.rollback import WentBack, rollback_complete
from relengotron.model.artifact import Artifact, Published
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Done, Failed, FailureKind, Hold, Outcome, Running, Skipped, Watch
from relengotron.model.run import EffectRecord
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.workflows.moves import take_back_move
from relengotron.workflows.reading_back import say_withdrawn
from relengotron.workflows.rollback.way_back import BACK, HOME, Rollback, look, shown_now, stays
from relengotron.workflows.seeing_caches import late_in_caches
from relengotron.workflows.telling_mirrors import tell_of, tell_what_is_left

log = logging.getLogger(__name__)

MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class GoneBack:
    """One artifact that went back: what was taken back, and what users get now, as far as its plugin says it."""

    artifact: str
    replaced: str
    now: Published | None


@dataclass(frozen=True, slots=True)
class Gone:
    """Everything that went back, the last one that had gone live first."""

    artifacts: tuple[GoneBack, ...]

    @property
    def published(self) -> tuple[Published, ...]:
        """What must be seen from outside now."""
        return tuple(each.now for each in self.artifacts if each.now is not None)


RollbackStep = Callable[[Rollback], Outcome]


def without_turning_round(step: RollbackStep) -> RollbackStep:
    """A step that waits for a person where others fail: what fails is undone, and here that is the bad bits again."""

    @wraps(step)
    def guarded(rollback: Rollback) -> Outcome:
        try:
            return step(rollback)
        except (Permanent, DeadlineMissed) as refused:
            return hold_on(rollback, (str(refused),), f"relengotron runs retry {rollback.push.engine.run.id}")

    return guarded


def ensure_a_way_back_is_open(rollback: Rollback) -> Outcome:
    """What the run had published is live, nothing newer is, and everything that was there before can be shown again."""
    outlook = look(rollback)
    if outlook.refusals:
        return Failed(FailureKind.REFUSED, "; ".join(outlook.refusals), {"command": outlook.command})
    return Done(outlook)


@without_turning_round
def ensure_bits_of_before_are_live(rollback: Rollback) -> Outcome:
    """Users get what they got before, artifact by artifact, the last one that had gone live first."""
    gone, troubles = list[GoneBack](), dict[str, RelengError]()
    for published in reversed(rollback.deed.published):
        try:
            gone.append(_go_back(rollback, published))
        except RelengError as trouble:  # the others go back all the same, also when one master is away
            troubles[published.artifact] = trouble
    if any(isinstance(why, Permanent) for why in troubles.values()):
        stuck = tuple(f"{name} cannot go back: {why}" for name, why in troubles.items())
        return hold_on(rollback, stuck, f"relengotron runs retry {rollback.push.engine.run.id}")
    if troubles:
        raise next(iter(troubles.values()))
    return Done(Gone(tuple(gone)))


@without_turning_round
def ensure_builds_came_home(rollback: Rollback) -> Outcome:
    """The builds that the run had moved are in the tags they came from, if that was asked for."""
    if not rollback.order.untag:
        return Skipped("nobody asked to untag its builds")
    on_their_way = {}
    for effect in rollback.deed.moves:
        try:
            _bring_home(rollback, effect)
        except StateDisagrees as moving:
            on_their_way[effect.old["build"]] = str(moving)
    if not on_their_way:
        return Done(sorted(rollback.deed.moved))
    watches = tuple(Watch("koji.build", build) for build in on_their_way)
    if rollback.push.is_late(rollback.push.settings.patience.moves):
        run = rollback.push.engine.run.id
        return hold_on(rollback, tuple(on_their_way.values()), f"relengotron runs retry {run}", watches)
    again = rollback.push.settings.pace.poll
    return Running(f"{len(on_their_way)} builds on their way back", watches, look_again=again)


@without_turning_round
def ensure_mirrors_know_of_the_way_back(rollback: Rollback) -> Outcome:
    """The download page and the mirrors' file lists say what is live now; every cache was told to forget the rest."""
    published = rollback.push.engine.recall(ensure_bits_of_before_are_live, Gone).published
    rollback.push.engine.effect(
        "tell mirrors",
        "tell page, file lists and caches what is live again",
        do=lambda: tell_of(rollback.push, published),
        find=lambda _intent: None,
    )
    return Done()


@without_turning_round
def ensure_bits_of_before_are_seen_from_outside(rollback: Rollback) -> Outcome:
    """A reader outside, and one behind each cache, gets what was there before."""
    push, missing = rollback.push, list[str]()
    published = push.engine.recall(ensure_bits_of_before_are_live, Gone).published
    for each in published:
        if (parts := rollback.parts(each.artifact)) is not None:
            artifact, plugin = parts
            probe = plugin.probe(each, push.bench(artifact, {}))
            missing += [f"{artifact.name}: {sentence}" for sentence in probe.missing]
    if not missing and push.world.cdn is not None:
        missing += late_in_caches(push, push.world.cdn, published)
    if not missing:
        return Done()
    if push.is_late(push.settings.patience.doubt):
        return hold_on(rollback, tuple(missing[:MOST_TOLD]), "relengotron doctor")
    return Running(f"not seen from outside yet: {'; '.join(missing[:3])}", look_again=push.settings.pace.poll)


@without_turning_round
def ensure_people_know_of_the_way_back(rollback: Rollback) -> Outcome:
    """Everybody knows what users get now, and what the rollback left as it is."""
    push, order = rollback.push, rollback.order
    gone = push.engine.recall(ensure_bits_of_before_are_live, Gone).artifacts
    told = rollback_complete(
        push.facts(),
        order.run,
        order.reason,
        results=[_result(rollback, each) for each in gone],
        untagged=sorted(rollback.deed.moved) if order.untag else (),
        stays=stays(rollback),
        started_at=push.engine.run.created_at,
    )
    push.say("complete", told)
    if sentences := stays(rollback):
        push.engine.note("rollback", order.run, "complete", f"stays as it is: {'; '.join(sentences)}")
    return Done()


@without_turning_round
def ensure_nothing_of_it_is_left(rollback: Rollback) -> Outcome:
    """What was taken back stays on the mirror only as long as an earlier state does."""
    for published in rollback.deed.published:
        if (parts := rollback.parts(published.artifact)) is not None:
            _retire(rollback, *parts)
    tell_what_is_left(rollback.push)
    return Done()


def take_back(rollback: Rollback, effect: EffectRecord) -> None:
    """A rollback that is called off: what it had taken back is live again, and its builds are where they were."""
    if effect.key.startswith(HOME):
        take_back_move(rollback.push.world.koji, effect)
    elif effect.key.startswith(BACK):
        published = from_json(Published, effect.old)
        artifact, plugin = rollback.those_of(published.artifact)
        bench = rollback.push.bench(artifact, {}, number=2)
        shown = from_json(Published, effect.result) if effect.result else plugin.withdraw(published, artifact, bench)
        if shown is None:
            told = "the rollback was called off, and its plugin knows no way forward again"
            rollback.push.engine.note("artifact", artifact.name, "stays", told)
            return
        again = plugin.withdraw(shown, artifact, bench)
        tell_of(rollback.push, () if again is None else (again,))
        rollback.push.engine.note(
            "artifact", artifact.name, "live", "the rollback was called off", _facts(artifact, again)
        )


def hold_on(rollback: Rollback, missing: tuple[str, ...], command: str, watches: tuple[Watch, ...] = ()) -> Hold:
    """Wait for a person as long as it takes: what fails would be undone, and that would bring the bad bits back."""
    push = rollback.push
    deadline = push.until(push.settings.patience.hold)
    while deadline <= push.now():
        deadline += push.settings.patience.hold  # nobody came: ask again, aloud
    again: timedelta = push.settings.pace.poll
    return Hold(missing, deadline, push.settings.owner, command, watches, look_again=again)


def _go_back(rollback: Rollback, published: Published) -> GoneBack:
    """An effect; the way forward again is kept with it."""
    push = rollback.push
    artifact, plugin = rollback.those_of(published.artifact)
    kept = push.engine.effect_record(f"{BACK}{artifact.name}")
    shown = shown_now(rollback, published) if kept is None else from_json(Published, kept.old)
    made = push.engine.effect(
        f"{BACK}{artifact.name}",
        f"show below {artifact.target} what was there before {shown.identity}",
        do=lambda: to_json(plugin.withdraw(shown, artifact, push.bench(artifact, {}))),
        find=lambda _intent: None,
        old=to_json(shown),
    )
    now = None if made is None else from_json(Published, made)
    say_withdrawn(push, artifact, shown, f"rolled back by {rollback.order.agent}: {rollback.order.reason}")
    told = f"rolled back to what was there before {shown.identity}"
    push.engine.note("artifact", artifact.name, "live", told, _facts(artifact, now))
    return GoneBack(artifact.name, shown.identity, now)


def _facts(artifact: Artifact, now: Published | None) -> dict[str, object]:
    facts: dict[str, object] = {"kind": artifact.kind, "target": artifact.target}
    return facts if now is None else {**facts, "identity": now.identity, **now.links}


def _bring_home(rollback: Rollback, effect: EffectRecord) -> None:
    """The move the other way round, as an effect that is written down in the direction in which it goes."""
    old = effect.old
    rollback.push.engine.effect(
        f"{HOME}{old['build']}",
        f"move {old['build']} from {old['target']} back to {old['source']}",
        do=lambda: take_back_move(rollback.push.world.koji, effect),
        find=lambda _intent: None,
        old={"build": old["build"], "source": old["target"], "target": old["source"]},
    )


def _result(rollback: Rollback, gone: GoneBack) -> WentBack:
    artifact, _ = rollback.those_of(gone.artifact)
    return WentBack(gone.artifact, artifact.kind, gone.replaced, None if gone.now is None else gone.now.identity)


def _retire(rollback: Rollback, artifact: Artifact, plugin: ArtifactPlugin[object]) -> None:
    try:
        plugin.retire(artifact, rollback.push.bench(artifact, {}))
    except RelengError as trouble:  # users have what they had before: this must not undo it
        log.warning("leftovers stay", extra={"artifact": artifact.name, "trouble": str(trouble)})
        rollback.push.engine.note("leftover", artifact.name, "stays", str(trouble))
