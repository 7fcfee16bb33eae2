"""How do the builds of a batch come into the target, all in one go and each once?"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from relengotron.decisions import moving
from relengotron.engine.journal import gated
from relengotron.errors import RelengError, StateDisagrees
from relengotron.model.gated import BuildState, GatedBuild
from relengotron.model.outcome import TAGS, Again, Done, Outcome, Running, Watch
from relengotron.model.run import EffectRecord, StepState
from relengotron.systems.koji.port import Task
from relengotron.workflows.gating.accepting import accept
from relengotron.workflows.gating.allowed import MAY_MOVE, allowed
from relengotron.workflows.gating.arriving import SEEN_FOR, newer_at_the_gate
from relengotron.workflows.gating.closed import Outlook
from relengotron.workflows.gating.closing import ensure_the_target_stays_closed
from relengotron.workflows.gating.elsewhere import let_go, supersede, untag
from relengotron.workflows.gating.gate import ANSWERED_FOR, GateRun
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.kin import kin_came_through, kin_on_their_way, left_since_tested
from relengotron.workflows.gating.writing import settle
from relengotron.workflows.moves import Mover, Tries, forgotten, take_back_move
from relengotron.workflows.waiting import look_again

MOST_TOLD: Final = 5
SOON: Final = timedelta(seconds=1)
"""What has come while we looked is written with the next look."""


def ensure_builds_are_in_target(run: GateRun) -> Outcome:
    """Every build of the batch is in the target, moved once, the oldest first, and the target lost nothing by it."""
    builds = run.builds()
    if any(each.state is not BuildState.MOVING for each in builds):
        outlook = Outlook(run, [each.nvr for each in builds])
        if len(run.let_through(builds)) < len(builds):
            outlook.breaks()  # it may take long to read the repos: only what has changed since is asked in our turn
        with run.turn:
            waits = _why_wait(run, builds, outlook)
            if waits is not None:
                return waits
            if changed := _may_have_changed(run, builds):
                return Again(MAY_MOVE, changed)
            _begin(run, builds)
    return _move(run, builds)


def take_back(run: GateRun, effect: EffectRecord) -> None:
    """A build that the batch moved to the target is before the gate again; in quarantine it stays, looked after.

    Once all of them are through nothing is taken back: others may have come to need them, and everybody was told.

    Raises:
        StateDisagrees: a task of Koji is still at it; look again.
    """
    moved = run.engine.steps.get(ensure_builds_are_in_target.__name__)
    is_through = moved is not None and moved.state is StepState.DONE
    if is_through or effect.old["target"] != run.gate.target:
        return
    take_back_move(run.world.koji, effect)
    build, was, reason = effect.old["build"], (BuildState.MOVING, BuildState.ACCEPTED), "its batch was called off"
    run.ledger.write(
        lambda db: gated.put(
            db,
            run.name,
            [build],
            BuildState.TESTING,
            run.now(),
            reason=reason,
            only_from=was,
            of_batch=run.batch.id,
        )
    )


def _may_have_changed(run: GateRun, builds: Sequence[GatedBuild]) -> str | None:
    """Why it is asked once more whether they may move, None where that was said a moment ago."""
    if run.engine.step in run.engine.steps:
        return "the way is free, and much may have changed while something was in it"
    if not _was_just_allowed(run):
        return "it was a while ago that the builds were free to move"
    return "the gate was closed just now" if _is_closed(run, builds) else None


def _may_not_go_on(run: GateRun, builds: Sequence[GatedBuild]) -> bool:
    """Whether nothing moves, and it is asked once more whether it may; what Koji refuses is only asked for again."""
    known = run.engine.steps.get(run.engine.step)
    is_refused = known is not None and known.state is StepState.HELD and not known.troubles
    return _is_closed(run, builds) if is_refused else not _was_just_allowed(run)


def _is_closed(run: GateRun, builds: Sequence[GatedBuild]) -> bool:
    return bool(run.ledger.closings()) and len(run.let_through(builds)) < len(builds)


def _was_just_allowed(run: GateRun) -> bool:
    seen = allowed(run)
    return seen is not None and run.now() - seen.at < SEEN_FOR


def _why_wait(run: GateRun, builds: Sequence[GatedBuild], outlook: Outlook) -> Outcome | None:
    """Whether others that move now, or have moved since these were tested, are in the way."""
    packages = {each.package for each in builds}
    moving_now = run.ledger.of_packages(packages, (BuildState.MOVING,))
    others = [each.nvr for each in moving_now if each.batch != run.batch.id]
    if others:
        words = f"{', '.join(others)} of another batch first: the last one that is moved becomes the latest"
        return Running(words, tuple(Watch(TAGS, nvr) for nvr in others), run.settings.pace.poll)
    free = run.let_through(builds)
    if len(free) == len(builds):
        return None
    if kin := kin_on_their_way(run):
        words = f"{', '.join(kin)} of a batch that failed together with this one first"
        return Running(words, tuple(Watch(TAGS, nvr) for nvr in kin), run.settings.pace.poll)
    if kin := kin_came_through(run):
        reason = f"{', '.join(kin)} came through meanwhile, and together they had failed"
        return Again(ensure_builds_have_verdicts.__name__, reason, anew=True)
    if gone := left_since_tested(run, builds):
        reason = f"what is left without {', '.join(gone)} is tested anew"
        return Again(ensure_builds_have_verdicts.__name__, reason, anew=True)
    breaks = outlook.breaks()
    if not breaks:
        return None
    words = "; ".join(map(str, breaks[:MOST_TOLD]))
    answered_at = run.engine.steps[ensure_the_target_stays_closed.__name__].finished_at
    if answered_at is not None and run.now() - answered_at < SEEN_FOR:
        return Running(words, look_again=run.settings.pace.poll)  # those on their way may have broken it just now
    return Again(ensure_the_target_stays_closed.__name__, words)


def _begin(run: GateRun, builds: Sequence[GatedBuild]) -> None:
    """Write down that these builds are on their way before the first of them moves: others count with them."""
    names = [each.nvr for each in builds]

    def write(db: Connection) -> None:
        only, batch = ANSWERED_FOR, run.batch.id
        if gated.put(db, run.name, names, BuildState.MOVING, run.now(), only_from=only, of_batch=batch) < len(names):
            raise StateDisagrees("a build has left the batch just now")

    run.ledger.write(write)


def _move(run: GateRun, builds: Sequence[GatedBuild]) -> Outcome:
    """Ask for the moves that were not asked for, and say where the others are."""
    mover = Mover(run.engine, run.world.koji, run.gate.target)
    tries = mover.tries_of(each.nvr for each in builds)
    asked = _asked(run, mover, tries)
    tags = _tags(run, builds, is_new=not any(tries.values()))
    ours = {nvr: asked.get(nvr, tried[0][1].result) for nvr, tried in tries.items() if tried}
    left = _still_on_their_way(run, builds, tags, ours)
    if not left:
        return Done(sorted(each.nvr for each in builds))
    if not asked and not _through(run, left) and _may_not_go_on(run, left):
        return _begin_anew(run, left)
    plan = moving.plan([each.nvr for each in left], tags, run.gate.target, (run.gate.pending,))
    came = mover.ask([(nvr, source) for nvr, source in plan.now if nvr not in asked], tries)
    stuck = {nvr: mover.refused(nvr, why) for nvr, why in came.items() if isinstance(why, RelengError)}
    new = {nvr: task for nvr, task in came.items() if not isinstance(task, RelengError)}
    run.arrivals.expect(new, run.now())
    failed, under_way = _looked_at(run, mover, {each.nvr: asked[each.nvr] for each in left if each.nvr in asked})
    left = _without_the_outdated(run, left, stuck | failed)
    if not left:
        return Done(sorted(each.nvr for each in builds))
    return _wait(run, left, _of(left, stuck | failed), under_way, new)


def _begin_anew(run: GateRun, builds: Sequence[GatedBuild]) -> Again:
    """Nothing of the batch moves, and much may have changed since it was free to: nobody waits for it meanwhile."""
    settle(
        run, builds, BuildState.TESTING, reason := "it was a while ago that it was to be moved, and nothing moves it"
    )
    return Again(MAY_MOVE, reason)


def _without_the_outdated(run: GateRun, builds: Sequence[GatedBuild], stuck: Collection[str]) -> list[GatedBuild]:
    """What nothing moves any more makes room for a newer build of its package, as it would before its move."""
    newer = newer_at_the_gate(run, [each for each in builds if each.nvr in stuck]) if stuck else {}
    outdated = [each for each in builds if each.nvr in stuck and each.nvr in newer]
    for each in outdated:
        supersede(run, each, newer[each.nvr])
    return [each for each in builds if each not in outdated]


def _of(builds: Iterable[GatedBuild], said: Mapping[str, str]) -> dict[str, str]:
    return {each.nvr: said[each.nvr] for each in builds if each.nvr in said}


def _asked(run: GateRun, mover: Mover, tries: Tries) -> dict[str, int]:
    """Per build the task that was asked for in this attempt, or that is under way since an earlier one."""
    attempt = run.engine.run.attempt
    newest = {nvr: tried[0] for nvr, tried in tries.items() if tried}
    known = {nvr: effect.result for nvr, (number, effect) in newest.items() if number == attempt and effect.is_finished}
    others = {nvr: tries[nvr] for nvr in newest.keys() - known.keys()}
    return known | mover.under_way(others) if others else known


def _tags(run: GateRun, builds: Sequence[GatedBuild], *, is_new: bool) -> Mapping[str, frozenset[str]]:
    """Where Koji has the builds; what the step before has seen a moment ago is not asked again."""
    if is_new and _was_just_allowed(run):
        return {each.nvr: frozenset({run.gate.pending}) for each in builds}
    names = [each.nvr for each in builds]
    return run.arrivals.tags_of(run.world.koji, names, run.gate.target, run.now())


def _still_on_their_way(
    run: GateRun, builds: Sequence[GatedBuild], tags: Mapping[str, frozenset[str]], ours: Mapping[str, int | None]
) -> list[GatedBuild]:
    """The builds that are in the pending tag still; those that have come are accepted, whatever became of the task."""
    there = [each for each in builds if run.gate.target in tags[each.nvr] and each.nvr in ours]
    twice = {each.nvr: [run.gate.pending] for each in there if run.gate.pending in tags[each.nvr]}
    untag(run, twice)
    accept(run, there, f"it was moved to {run.gate.target}", ours)
    others = [each for each in builds if each not in there]
    gone = let_go(run, others, tags)
    return [each for each in others if each.nvr not in gone]


def _looked_at(run: GateRun, mover: Mover, tasks: Mapping[str, int]) -> tuple[dict[str, str], dict[str, Task]]:
    """Per build why its task failed, and the tasks of the others."""
    states = run.world.koji.tasks(tasks.values())
    known = {nvr: states[task] for nvr, task in tasks.items() if task in states}
    over = {nvr: task for nvr, task in known.items() if task.state.is_final}
    # One that was closed between the look at the tags and this one has moved its build meanwhile.
    tags = run.world.koji.tags_of(over) if over else {}
    failed = {nvr: mover.failed(nvr, task) for nvr, task in over.items() if run.gate.target not in tags[nvr]}
    failed |= {nvr: forgotten(nvr, task) for nvr, task in tasks.items() if nvr not in known}
    return failed, {nvr: task for nvr, task in known.items() if nvr not in failed}


def _wait(
    run: GateRun,
    left: Sequence[GatedBuild],
    stuck: Mapping[str, str],
    under_way: Mapping[str, Task],
    new: Mapping[str, int],
) -> Outcome:
    """For Koji's tasks, and for people where one of them failed or takes too long."""
    patience, target = run.settings.patience.moves, run.gate.target
    watches = _last_of([*new.values(), *(task.id for task in under_way.values())])
    slow = [f"{nvr}: Koji task {task.id} is still {task.state}" for nvr, task in under_way.items()]
    if stuck or (slow and run.is_late(patience)):
        missing = [*stuck.values(), *(slow if run.is_late(patience) else ()), *_through(run, left)]
        return run.hold(missing, patience, f"relengotron runs retry {run.engine.run.id}", watches)
    words = f"{len(left)} builds on their way to {target}"
    again = look_again(watches, run.settings.pace.poll, run.engine.step_started_at + patience - run.now())
    if any(task.state.is_final for task in under_way.values()):
        again = SOON
    return Running(words, watches, again, is_fresh=bool(new) and not under_way)


def _last_of(tasks: Sequence[int]) -> tuple[Watch, ...]:
    """Koji takes them in their order: with the last one most of them are over, and one look is enough for all."""
    return (Watch("koji.task", str(max(tasks))),) if tasks else ()


def _through(run: GateRun, left: Sequence[GatedBuild]) -> list[str]:
    """What of the batch has moved although the rest has not; what came with this look is not written yet."""
    staying = {each.nvr for each in left}
    states = (BuildState.MOVING, BuildState.ACCEPTED)
    rows = [each for each in run.ledger.of_batch(run.batch.id) if each.state in states]
    there = sorted(each.nvr for each in rows if each.nvr not in staying)
    return [f"in {run.gate.target} already: {', '.join(there)}"] if there else []
