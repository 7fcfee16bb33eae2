"""How is a set of composes brought to its end? One look at each, after the things it is made from."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from relengotron.errors import PluginBroken, RelengError, StateDisagrees, Transient
from relengotron.model.artifact import Artifact, Built, Plan
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Done, Failed, FailureKind, Outcome, Running
from relengotron.sdk.artifact import ArtifactPlugin, Detected
from relengotron.workflows import telling
from relengotron.workflows.bench import Bench
from relengotron.workflows.older_rows import as_written_now
from relengotron.workflows.push import Push
from relengotron.workflows.trying import first_that_counts, was_begun

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Composed:
    """The finished composes of a push, in the order in which they were made.

    ``unchanged`` names what turned out to be what users have already, and why; none of it is published. ``failed`` is
    what the push goes on without, and why: all of it may lag.
    """

    built: tuple[Built, ...]
    unchanged: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A try that ended without anything new."""

    reason: str


Try = Built | Running | Failed | Unchanged


def _nothing_against_it(_built: Built) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be composed; ``follows`` says per artifact whose change it is only composed for, if there are any.

    Of what is ``sure`` to change nobody asks the own detection. ``why_not`` looks at what was made and says why it
    cannot be what was wanted; None when it can.
    """

    artifacts: tuple[Artifact, ...]
    follows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sure: frozenset[str] = frozenset()
    why_not: Callable[[Built], str | None] = _nothing_against_it

    def names(self) -> frozenset[str]:
        """The names of all of them."""
        return frozenset(each.name for each in self.artifacts)


@dataclass(slots=True)
class Progress:
    """Where a set of composes stands after one look."""

    wanted: Wanted
    built: dict[str, Built]
    unchanged: dict[str, str] = field(default_factory=dict)
    waiting: list[Running] = field(default_factory=list)
    troubled: list[Transient | StateDisagrees] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def is_on_its_way(self, name: str) -> bool:
        """Whether it is to be composed and there is nothing to show yet."""
        return name in self.wanted.names() and name not in self.built and name not in self.unchanged


def make(push: Push, wanted: Wanted, done: Mapping[str, Built]) -> Outcome:
    """Look at every compose once; Done when each has come to its end, whatever end."""
    progress = Progress(wanted, dict(done))
    for artifact in wanted.artifacts:
        _make_one(push, artifact, progress)
    if progress.waiting:
        return _wait(push, progress)
    if progress.troubled:
        raise progress.troubled[0]
    may_lag = {each.name for each in wanted.artifacts if each.may_lag}
    if not may_lag.issuperset(progress.failed):
        return _failed(push, progress)
    return Done(Composed(tuple(progress.built.values()), dict(progress.unchanged), dict(progress.failed)))


def _failed(push: Push, progress: Progress) -> Outcome:
    missing = tuple(f"{name}: {why}" for name, why in progress.failed.items())
    patience = push.settings.patience.compose + push.settings.patience.hold
    if push.is_late(patience):
        return Failed(FailureKind.COMPOSE_FAILED, "; ".join(missing), {"failed": dict(progress.failed)})
    return push.hold(missing, patience, f"relengotron runs retry {push.engine.run.id}")


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


def _make_one(push: Push, artifact: Artifact, progress: Progress) -> None:
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


def _record(push: Push, artifact: Artifact, outcome: Try | None, progress: Progress) -> None:
    match outcome:
        case Built(same_as=str(reason)):
            progress.unchanged[artifact.name] = reason
            telling.note_built(push, artifact, outcome)
            telling.note_unchanged(push, artifact, reason)
        case Built():
            progress.built[artifact.name] = outcome
            telling.note_built(push, artifact, outcome)
        case Unchanged():
            progress.unchanged[artifact.name] = outcome.reason
            telling.note_unchanged(push, artifact, outcome.reason)
        case Running():
            progress.waiting.append(
                Running(f"{artifact.name}: {outcome.waiting_for}", outcome.watches, outcome.look_again)
            )
            push.engine.note("artifact", artifact.name, "composing", outcome.waiting_for, {"kind": artifact.kind})
        case Failed():
            progress.failed[artifact.name] = outcome.reason
            telling.note_failed(push, artifact, outcome)
        case None:
            names = ", ".join(artifact.made_from)
            push.engine.note("artifact", artifact.name, "waiting", f"for {names}", {"kind": artifact.kind})


def _latest_try(push: Push, artifact: Artifact, progress: Progress) -> Try | None:
    """The outcome of the newest try (a retry by a person gives each failed artifact one more), None before its turn."""
    plugin = push.plugins.by_kind.get(artifact.kind)
    if plugin is None:
        return Failed(FailureKind.PLUGIN, f"no plugin for kind {artifact.kind!r} is installed")
    inputs = _inputs(push, artifact, progress)
    if inputs is None:
        return None
    follows = progress.wanted.follows.get(artifact.name, ())
    if follows and all(name in progress.unchanged for name in follows):
        return Unchanged(f"made from {', '.join(follows)}, which did not change after all")
    outcome: Try = Failed(FailureKind.COMPOSE_FAILED, "never tried")
    for attempt in range(_first_try(push, artifact), push.engine.run.attempt + 1):
        outcome = _weighed(_try(push, plugin, artifact, attempt, inputs, progress.wanted), progress.wanted)
        if not isinstance(outcome, Failed):
            break
    telling.say_start(push, artifact, attempt)
    return outcome


def _first_try(push: Push, artifact: Artifact) -> int:
    """The first that was begun; where people let the run try again before there was one, the present one."""
    tries = range(first_that_counts(push, artifact.name), push.engine.run.attempt)
    return next((each for each in tries if was_begun(push, artifact.name, each)), push.engine.run.attempt)


def _weighed(outcome: Try, wanted: Wanted) -> Try:
    """The outcome, or a failure where what was made cannot be what was wanted."""
    reason = wanted.why_not(outcome) if isinstance(outcome, Built) else None
    if reason is None or not isinstance(outcome, Built):
        return outcome
    return Failed(FailureKind.COMPOSE_FAILED, reason, {"koji_task_id": outcome.task_id})


def _try(
    push: Push,
    plugin: ArtifactPlugin[object],
    artifact: Artifact,
    attempt: int,
    inputs: dict[str, Built],
    wanted: Wanted,
) -> Try:
    """One look at one try; what is finished is not looked at again: its identity is checked when it goes live."""
    key = f"built {artifact.name} try {attempt}"
    finished = push.engine.remembered(key)
    if finished is not None:
        return as_written_now(from_json(Built, finished))
    bench = push.bench(artifact, _inputs_of_try(push, artifact, attempt, inputs), attempt)
    plan = _plan(push, plugin, artifact, bench)
    detected = None if artifact.name in wanted.sure else _detected(push, plugin, plan, bench)
    if detected is not None and not (isinstance(detected, Detected) and detected.is_changed):
        return Unchanged(detected.reason) if isinstance(detected, Detected) else detected
    outcome = plugin.compose(plan, bench)
    if isinstance(outcome, Built):
        push.engine.remember(key, lambda: to_json(outcome))
    return outcome


def _detected(
    push: Push, plugin: ArtifactPlugin[object], plan: Plan, bench: Bench
) -> Detected | Running | Failed | None:
    """What the artifact's own change detection says; an answer that was given holds for this try."""
    key = f"detected {plan.artifact.name} try {bench.attempt}"
    remembered = push.engine.remembered(key)
    if remembered is not None:
        return from_json(Detected, remembered)
    found = plugin.detect(plan, bench)
    if isinstance(found, Detected):
        push.engine.remember(key, lambda: to_json(found))
        telling.note_detected(push, plan.artifact, found)
    return found


def _inputs_of_try(push: Push, artifact: Artifact, attempt: int, inputs: dict[str, Built]) -> dict[str, Built]:
    """What this try was begun with: what is live may change under it, and its evidence must not."""
    remembered = push.engine.remember(
        f"inputs {artifact.name} try {attempt}", lambda: {name: to_json(built) for name, built in inputs.items()}
    )
    return {name: as_written_now(from_json(Built, built)) for name, built in remembered.items()}


def _plan(push: Push, plugin: ArtifactPlugin[object], artifact: Artifact, bench: Bench) -> Plan:
    key = f"plan {artifact.name} try {bench.attempt}"
    return from_json(Plan, push.engine.remember(key, lambda: to_json(plugin.plan(artifact, bench))))


def _inputs(push: Push, artifact: Artifact, progress: Progress) -> dict[str, Built] | None:
    """What the artifact is made from: as composed in this push, else as it is live; None while one is on its way."""
    inputs: dict[str, Built] = {}
    for name in artifact.made_from:
        if name in progress.built:
            inputs[name] = progress.built[name]
        elif progress.is_on_its_way(name):
            return None
        elif (found := live(push, name)) is not None:
            inputs[name] = found
    return inputs


def live(push: Push, name: str) -> Built | None:
    """An artifact of the lane as users get it now."""
    source = next(each for each in push.artifacts if each.name == name)
    plugin = push.plugins.by_kind.get(source.kind)
    return plugin.live(source, push.bench(source, {})) if plugin is not None else None
