"""The second part of a push: what is composed, from what, and what came of it."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from relengotron.decisions import affected, ordering
from relengotron.errors import PluginBroken, RelengError, StateDisagrees, Transient
from relengotron.messages import outgoing
from relengotron.model.artifact import Artifact, Built, Plan
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import STEPS, Done, Failed, FailureKind, Outcome, Running, Watch
from relengotron.model.run import EffectRecord
from relengotron.sdk.artifact import ArtifactPlugin, Changes
from relengotron.workflows.bench import Bench
from relengotron.workflows.push import Push, with_updates_left

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Composed:
    """The finished composes of a push, in the order in which they were made."""

    built: tuple[Built, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Which artifacts the push reaches, and which not, with the reasons."""

    reaches: tuple[affected.Reach, ...]

    def affects(self, artifact: str) -> bool:
        """Whether this artifact is to be composed."""
        return any(reach.artifact == artifact and reach.is_affected for reach in self.reaches)


@dataclass(slots=True)
class Progress:
    """Where a set of composes stands after one look."""

    built: dict[str, Built]
    waiting: list[Running] = field(default_factory=list)
    troubled: list[Transient | StateDisagrees] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


@with_updates_left
def ensure_repos_are_mashed(push: Push) -> Outcome:
    """Every repo of the lane was mashed from its tag by one task each, security lanes first."""
    siblings, begun = push.siblings()
    first = ordering.lets_go_first(push.engine.run, siblings, begun, push.now())
    if first is not None:
        beginning = Watch(STEPS, f"{first.id} {ensure_repos_are_mashed.__name__}")
        waits = f"security first: {first.lane} starts its composes before this lane"
        return Running(waits, (beginning,), look_again=ordering.LOOK)
    repos = [artifact for artifact in push.artifacts if not artifact.made_from and artifact.component is None]
    return _compose(push, repos, {})


@with_updates_left
def ensure_affected_artifacts_are_known(push: Push) -> Outcome:
    """For every artifact of the lane it is known whether the push reaches it, and why or why not."""
    builds = push.world.koji.builds(push.shipment().builds)
    packages = frozenset(name for build in builds.values() for name in build.binary_names)
    changes = Changes(tuple(sorted(builds)), packages, _contained(push, packages))
    said = {artifact.name: _own_reach(push, artifact, changes) for artifact in push.artifacts}
    reaches = affected.judge(push.artifacts, said)
    kinds = {artifact.name: artifact.kind for artifact in push.artifacts}
    for reach in reaches:
        state = "affected" if reach.is_affected else "skipped"
        facts = {"packages": list(reach.packages), "kind": kinds[reach.artifact], "source": "PDC"}
        if reach.artifact not in _mashed(push):
            push.engine.note("artifact", reach.artifact, state, reach.reason, facts)
        if not reach.is_affected:
            kind = kinds[reach.artifact]
            told = outgoing.artifact_compose_skipped(push.facts(), reach.artifact, reach.reason, kind=kind)
            push.say(f"skipped {reach.artifact}", told)
    return Done(Reached(reaches))


@with_updates_left
def ensure_artifacts_are_composed(push: Push) -> Outcome:
    """Every affected artifact is composed, after the things it is made from, by one task each."""
    reached = push.engine.recall(ensure_affected_artifacts_are_known, Reached)
    mashed = _mashed(push)
    wanted = [each for each in push.artifacts if each.name not in mashed and reached.affects(each.name)]
    return _compose(push, wanted, mashed)


def stop_compose(push: Push, effect: EffectRecord) -> None:
    """No task of this effect goes on, not even one whose answer was lost."""
    koji, asked = push.world.koji, effect.old
    known = [int(effect.result["task"])] if effect.is_finished else []
    lost = () if known else koji.find_tasks(asked["method"], effect.intended_at, asked["marker"])
    for task in koji.tasks([*known, *(each.id for each in lost)]).values():
        if not task.state.is_final:
            koji.cancel_task(task.id)


def all_composed(push: Push) -> tuple[Built, ...]:
    """Everything that this push composed, in order."""
    return push.engine.recall(ensure_artifacts_are_composed, Composed).built


def _mashed(push: Push) -> dict[str, Built]:
    return {built.artifact: built for built in push.engine.recall(ensure_repos_are_mashed, Composed).built}


def _contained(push: Push, packages: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """What PDC says: per artifact component the changed packages it contains."""
    types = push.settings.systems.pdc.relation_types
    release = push.settings.release(push.lane.release).pdc_release
    rows = push.world.pdc.artifacts_containing(release, sorted(packages), sorted(set(types.values())))
    contained: dict[str, set[str]] = {}
    for row in rows:
        contained.setdefault(row.artifact, set()).add(row.package)
    return {artifact: tuple(sorted(found)) for artifact, found in contained.items()}


def _own_reach(push: Push, artifact: Artifact, changes: Changes) -> affected.Reach:
    plugin = push.plugins.by_kind.get(artifact.kind)
    if plugin is None:
        return affected.Reach(artifact.name, True, f"no plugin for {artifact.kind}: in doubt it is affected")
    try:
        found = plugin.affected_by(artifact, changes)
    except PluginBroken as broken:
        log.exception("a plugin could not say whether it is affected", extra={"artifact": artifact.name})
        return affected.Reach(artifact.name, True, f"{broken}: in doubt it is affected")
    return affected.Reach(artifact.name, found.is_affected, found.reason, found.packages)


def _compose(push: Push, artifacts: Iterable[Artifact], done: Mapping[str, Built]) -> Outcome:
    progress = Progress(dict(done))
    for artifact in artifacts:
        _compose_one(push, artifact, progress)
    if progress.waiting:
        return _wait(push, progress)
    if progress.troubled:
        raise progress.troubled[0]
    if progress.failed:
        missing = tuple(f"{name}: {why}" for name, why in progress.failed.items())
        if push.is_late(push.settings.patience.compose + push.settings.patience.hold):
            return Failed(FailureKind.COMPOSE_FAILED, "; ".join(missing), {"failed": dict(progress.failed)})
        patience = push.settings.patience.compose + push.settings.patience.hold
        return push.hold(missing, patience, f"relengotron runs retry {push.engine.run.id}")
    return Done(Composed(tuple(progress.built.values())))


def _wait(push: Push, progress: Progress) -> Outcome:
    watches = tuple(watch for running in progress.waiting for watch in running.watches)
    reasons = tuple(running.waiting_for for running in progress.waiting) + tuple(map(str, progress.troubled))
    if push.is_late(push.settings.patience.compose):
        overdue = tuple(f"unusually long: {reason}" for reason in reasons)
        patience = push.settings.patience.compose + push.settings.patience.hold
        if push.is_late(patience):
            return Failed(FailureKind.DEADLINE, "; ".join(overdue))
        return push.hold(overdue, patience, f"relengotron explain {push.engine.run.id}", watches)
    net = push.look_again(push.settings.patience.compose, () if progress.troubled else watches)
    again = min(net, *(running.look_again for running in progress.waiting))
    return Running("; ".join(reasons), watches, look_again=again)


def _compose_one(push: Push, artifact: Artifact, progress: Progress) -> None:
    """Let the plugin look at its compose once; whatever it raises concerns this artifact alone."""
    blocked = [name for name in artifact.made_from if name in progress.failed]
    if blocked:
        progress.failed[artifact.name] = f"not composed: {', '.join(blocked)} failed"
        return
    try:
        outcome = _latest_try(push, artifact, progress)
    except (Transient, StateDisagrees) as trouble:
        progress.troubled.append(trouble)
        push.engine.note("artifact", artifact.name, "waiting", str(trouble), {"kind": artifact.kind})
        return
    except PluginBroken as broken:
        log.exception("an artifact plugin broke", extra={"artifact": artifact.name})
        outcome = Failed(FailureKind.PLUGIN, str(broken))
    except RelengError as refused:
        outcome = Failed(FailureKind.REFUSED, str(refused))
    _record(push, artifact, outcome, progress)


def _latest_try(push: Push, artifact: Artifact, progress: Progress) -> Built | Running | Failed | None:
    """The outcome of the newest try (a retry by a person gives each failed artifact one more), None before its turn."""
    plugin = push.plugins.by_kind.get(artifact.kind)
    if plugin is None:
        return Failed(FailureKind.PLUGIN, f"no plugin for kind {artifact.kind!r} is installed")
    inputs = _inputs(push, artifact, progress)
    if inputs is None:
        return None
    outcome: Built | Running | Failed = Failed(FailureKind.COMPOSE_FAILED, "never tried")
    for attempt in range(1, push.engine.run.attempt + 1):
        outcome = _try(push, plugin, artifact, attempt, inputs)
        if not isinstance(outcome, Failed):
            break
    _say_start(push, artifact, attempt)
    return outcome


def _try(
    push: Push, plugin: ArtifactPlugin[object], artifact: Artifact, attempt: int, inputs: dict[str, Built]
) -> Built | Running | Failed:
    """One look at one try; what is finished is not looked at again: its identity is checked when it goes live."""
    key = f"built {artifact.name} try {attempt}"
    finished = push.engine.remembered(key)
    if finished is not None:
        return from_json(Built, finished)
    bench = push.bench(artifact, _inputs_of_try(push, artifact, attempt, inputs), attempt)
    outcome = plugin.compose(_plan(push, plugin, artifact, bench), bench)
    if isinstance(outcome, Built):
        push.engine.remember(key, lambda: to_json(outcome))
    return outcome


def _inputs_of_try(push: Push, artifact: Artifact, attempt: int, inputs: dict[str, Built]) -> dict[str, Built]:
    """What this try was begun with: what is live may change under it, and its evidence must not."""
    remembered = push.engine.remember(
        f"inputs {artifact.name} try {attempt}", lambda: {name: to_json(built) for name, built in inputs.items()}
    )
    return {name: from_json(Built, built) for name, built in remembered.items()}


def _plan(push: Push, plugin: ArtifactPlugin[object], artifact: Artifact, bench: Bench) -> Plan:
    key = f"plan {artifact.name} try {bench.attempt}"
    return from_json(Plan, push.engine.remember(key, lambda: to_json(plugin.plan(artifact, bench))))


def _inputs(push: Push, artifact: Artifact, progress: Progress) -> dict[str, Built] | None:
    """What the artifact is made from: as composed in this push, else as it is live; None while one is on its way."""
    inputs: dict[str, Built] = {}
    for name in artifact.made_from:
        if name in progress.built:
            inputs[name] = progress.built[name]
        elif _is_on_its_way(push, name):
            return None
        else:
            source = next(each for each in push.artifacts if each.name == name)
            plugin = push.plugins.by_kind.get(source.kind)
            live = plugin.live(source, push.bench(source, {})) if plugin is not None else None
            if live is not None:
                inputs[name] = live
    return inputs


def _is_on_its_way(push: Push, name: str) -> bool:
    return push.engine.recall(ensure_affected_artifacts_are_known, Reached).affects(name)


def _record(push: Push, artifact: Artifact, outcome: Built | Running | Failed | None, progress: Progress) -> None:
    match outcome:
        case Built():
            progress.built[artifact.name] = outcome
            _note_built(push, artifact, outcome)
        case Running():
            progress.waiting.append(
                Running(f"{artifact.name}: {outcome.waiting_for}", outcome.watches, outcome.look_again)
            )
            push.engine.note("artifact", artifact.name, "composing", outcome.waiting_for, {"kind": artifact.kind})
        case Failed():
            progress.failed[artifact.name] = outcome.reason
            _note_failed(push, artifact, outcome)
        case None:
            names = ", ".join(artifact.made_from)
            push.engine.note("artifact", artifact.name, "waiting", f"for {names}", {"kind": artifact.kind})


def _say_start(push: Push, artifact: Artifact, attempt: int) -> None:
    made = push.engine.effect_record(f"compose {artifact.name} try {attempt}")
    if made is None or not made.is_finished:
        return
    task = made.result.get("task") if isinstance(made.result, dict) else None
    told = outgoing.artifact_compose_start(
        push.facts(),
        artifact.name,
        kind=artifact.kind,
        koji_task_id=task,
        reason=made.what,
        made_from=artifact.made_from,
        attempt=attempt,
    )
    push.say(f"compose start {artifact.name} {attempt}", told)


def _note_built(push: Push, artifact: Artifact, built: Built) -> None:
    told = outgoing.artifact_compose_complete(
        push.facts(), artifact.name, kind=artifact.kind, koji_task_id=built.task_id, identity=built.identity
    )
    push.say(f"compose complete {artifact.name}", told)
    facts = {"identity": built.identity, "koji_task_id": built.task_id, "kind": artifact.kind}
    push.engine.note("artifact", artifact.name, "composed", f"Koji task {built.task_id} made {built.identity}", facts)


def _note_failed(push: Push, artifact: Artifact, failed: Failed) -> None:
    task, run = failed.evidence.get("koji_task_id"), push.engine.run
    told = outgoing.artifact_compose_failed(
        push.facts(),
        artifact.name,
        failed.reason,
        kind=artifact.kind,
        koji_task_id=task,
        state=failed.evidence.get("state"),
        owner=push.settings.owner,
        command=f"relengotron runs retry {run.id}",
        attempt=run.attempt,
    )
    push.say(f"compose failed {artifact.name} {run.attempt}", told)
    facts = {"kind": artifact.kind, "failure": str(failed.kind), **failed.evidence}
    push.engine.note("artifact", artifact.name, "failed", failed.reason, facts)
