"""How do suspects come into quarantine, each with a reason and with somebody who looks after it?"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from shlex import quote
from typing import Final

from sqlalchemy import Connection

from relengotron.engine.journal import gated
from relengotron.messages import gate_build
from relengotron.model.gated import BuildState, GatedBuild, Suspicion
from relengotron.model.judgement import Judgement
from relengotron.model.outcome import Done, Outcome, Running, Skipped, Watch
from relengotron.systems.koji.port import Task
from relengotron.workflows.gating.elsewhere import let_go, untag
from relengotron.workflows.gating.facts import facts_of, say, told_of
from relengotron.workflows.gating.gate import ANSWERED_FOR, GateRun
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.quarantine.beginning import keeping
from relengotron.workflows.moves import Mover
from relengotron.workflows.waiting import look_again

PUT_AWAY: Final = "put away "
"""What the keys of these moves begin with: whoever is let through meanwhile is moved elsewhere by the same run."""


def ensure_suspects_are_in_quarantine(run: GateRun) -> Outcome:
    """Every suspect is in quarantine, with its reason, and a run of its own looks after it."""
    suspected = {each.nvr: each for each in run.engine.recall(ensure_builds_have_verdicts, Judgement).suspects}
    builds = _still_suspected(run, suspected)
    if not builds:
        return Skipped("nothing is suspected")
    tags = run.world.koji.tags_of(builds)
    there = _in_quarantine(run, tags)
    gone = let_go(run, [each for nvr, each in builds.items() if nvr not in there], tags)
    under_way, stuck = _moved(run, [nvr for nvr in builds if nvr not in there and nvr not in gone])
    for nvr, build in builds.items():
        if nvr not in gone and nvr not in under_way and nvr not in stuck:
            _hand_over(run, build, suspected[nvr])
    return _wait(run, under_way, stuck) or Done([nvr for nvr in builds if nvr not in gone])


def _still_suspected(run: GateRun, suspected: Collection[str]) -> dict[str, GatedBuild]:
    """Those of them that the batch still answers for, and that no people let through before Koji moves them."""
    here = [each for each in run.builds() if each.nvr in suspected]
    free = run.let_through(here) if here else ()
    too_late = _moved_or_moving(run, free)
    return {each.nvr: each for each in here if each.nvr not in free or each.nvr in too_late}


def _moved_or_moving(run: GateRun, builds: Collection[str]) -> frozenset[str]:
    """Those of them that Koji was asked to move, unless the move has failed."""
    tries = {nvr: tried for nvr, tried in _mover(run).tries_of(builds).items() if tried}
    if not tries:
        return frozenset()
    under_way, tags = _mover(run).under_way(tries), run.world.koji.tags_of(tries)
    return frozenset(nvr for nvr in tries if nvr in under_way or run.gate.quarantine in tags[nvr])


def _in_quarantine(run: GateRun, tags: Mapping[str, Collection[str]]) -> frozenset[str]:
    """What is there already, and nowhere else any more."""
    pending, target, quarantine = run.gate.tags
    there = frozenset(nvr for nvr, found in tags.items() if quarantine in found and target not in found)
    untag(run, {nvr: [pending] for nvr in there if pending in tags[nvr]})
    return there


def _moved(run: GateRun, builds: Sequence[str]) -> tuple[Mapping[str, Task], Mapping[str, str]]:
    """Per build the task that moves it, or why Koji does not."""
    if not builds:
        return {}, {}
    return _mover(run).asked_for([(nvr, run.gate.pending) for nvr in builds])


def _mover(run: GateRun) -> Mover:
    return Mover(run.engine, run.world.koji, run.gate.quarantine, PUT_AWAY)


def _wait(run: GateRun, under_way: Mapping[str, Task], stuck: Mapping[str, str]) -> Outcome | None:
    """For people where Koji refuses or is slow, else for its tasks; None where it has moved all."""
    if not under_way and not stuck:
        return None
    watches = tuple(Watch("koji.task", str(task.id)) for task in under_way.values())
    patience = run.settings.patience.moves
    if stuck or run.is_late(patience):
        slow = (f"{nvr}: Koji task {task.id} is still {task.state}" for nvr, task in under_way.items())
        return run.hold((*stuck.values(), *slow), patience, f"relengotron runs retry {run.engine.run.id}", watches)
    left = run.engine.step_started_at + patience - run.now()
    again = look_again(watches, run.settings.pace.poll, left)
    return Running(f"moving to {run.gate.quarantine}: {', '.join(under_way)}", watches, again)


def _hand_over(run: GateRun, build: GatedBuild, suspicion: Suspicion) -> None:
    """From now on a run of its own answers for it; its row keeps the batch, for whoever asks how it came there."""
    run.engine.note("build", build.nvr, str(BuildState.QUARANTINED), suspicion.reason)
    run.engine.keep(partial(_put, run, suspicion))
    run.engine.start(keeping(build, suspicion, run.engine.run.trigger_msg_id))
    owner = build.owner or run.owner
    command = f"relengotron quarantine release {quote(build.nvr)} --gate {run.name} --reason TEXT"
    told = gate_build.quarantined(facts_of(run), told_of(run, [build])[0], suspicion, owner=owner, command=command)
    say(run, f"quarantined {build.nvr} {build.tries}", told)


def _put(run: GateRun, suspicion: Suspicion, db: Connection) -> None:
    gated.put(
        db,
        run.name,
        [suspicion.nvr],
        BuildState.QUARANTINED,
        run.now(),
        reason=suspicion.reason,
        only_from=ANSWERED_FOR,
        of_batch=run.batch.id,
    )
