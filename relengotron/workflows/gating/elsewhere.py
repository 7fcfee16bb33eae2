"""What becomes of builds that are not before their gate any more, or should not be? They are let go, and it is told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial, wraps

from relengotron.engine.journal import gated
from relengotron.messages import gate_build
from relengotron.model.gated import LEFT, BuildState, GatedBuild, Suspicion
from relengotron.model.outcome import Again, Outcome
from relengotron.workflows.gating.accepting import accept
from relengotron.workflows.gating.facts import facts_of, say, told_of
from relengotron.workflows.gating.gate import GateRun, GateStep
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.quarantine.beginning import keeping
from relengotron.workflows.gating.question import is_tested_as_a_whole
from relengotron.workflows.gating.writing import settle

Tags = Mapping[str, frozenset[str]]


def unless_they_left(step: GateStep) -> GateStep:
    """A step that waits: it goes on without the builds that the keeper of the gate has seen to leave their tag."""

    @wraps(step)
    def guarded(run: GateRun) -> Outcome:
        builds = [each for each in run.builds() if each.reason == LEFT]
        if not builds:
            return step(run)
        gone = let_go(run, builds, run.world.koji.tags_of([each.nvr for each in builds]))
        for each in builds:
            if each.nvr not in gone:
                run.engine.keep(partial(gated.mark, gate=run.name, nvr=each.nvr, reason=""))
        words = f"builds have left {run.gate.pending}: {', '.join(gone) or 'none after all'}"
        return Again(run.engine.step, words, anew=bool(gone) and _are_tested_together(run))

    return guarded


def _are_tested_together(run: GateRun) -> bool:
    """Whether tests are under way whose result is not about what is left."""
    begun = run.engine.step in run.engine.steps
    return begun and run.engine.step == ensure_builds_have_verdicts.__name__ and is_tested_as_a_whole(run)


def let_go(run: GateRun, builds: Iterable[GatedBuild], tags: Tags) -> frozenset[str]:
    """The builds that somebody has moved: where they are now is written, and told."""
    pending, target, quarantine = run.gate.tags
    elsewhere = {
        each.nvr: each for each in builds if {target, quarantine} & tags[each.nvr] or pending not in tags[each.nvr]
    }
    untag(run, {nvr: [pending] for nvr in elsewhere if pending in tags[nvr]})
    for nvr, build in elsewhere.items():
        if target in tags[nvr]:
            accept(run, [build], f"somebody moved it to {target}")
        elif quarantine in tags[nvr]:
            _hand_over(run, build, f"somebody put it into {quarantine} by hand")
        elif newer := run.engine.remembered(_out_of_date(build)):
            supersede(run, build, newer)
        else:
            _give_up(run, build, f"somebody took it out of {pending}")
    return frozenset(elsewhere)


def supersede(run: GateRun, build: GatedBuild, newer: str) -> None:
    """A newer build takes the place of this one, which leaves the gate.

    Why is remembered before it leaves: where the answer is lost it would look as if somebody else had taken it out.
    """
    reason = f"{newer} is newer"
    run.engine.remember(_out_of_date(build), lambda: newer)
    untag(run, {build.nvr: [run.gate.pending]})
    settle(run, [build], BuildState.SUPERSEDED, reason)
    say_superseded(run, build, newer, reason)


def say_superseded(run: GateRun, build: GatedBuild, newer: str, reason: str) -> None:
    """``gate.build.superseded``."""
    message = gate_build.superseded(facts_of(run), told_of(run, [build])[0], reason, by=newer)
    say(run, f"superseded {build.nvr} {build.tries}", message)


def untag(run: GateRun, tags: Mapping[str, Collection[str]]) -> None:
    """These builds leave these tags, and stay out whatever becomes of the run; it may be repeated."""
    if tags:
        run.world.koji.untag_builds([(nvr, tag) for nvr, several in sorted(tags.items()) for tag in several])


def _out_of_date(build: GatedBuild) -> str:
    return f"superseded {build.nvr} {build.tries}"


def _hand_over(run: GateRun, build: GatedBuild, reason: str) -> None:
    settle(run, [build], BuildState.QUARANTINED, reason)
    alone = replace(build, batch=None)
    run.engine.start(keeping(alone, Suspicion(build.nvr, reason), run.engine.run.trigger_msg_id))


def _give_up(run: GateRun, build: GatedBuild, reason: str) -> None:
    settle(run, [build], BuildState.GONE, reason)
    say(run, f"gone {build.nvr}", gate_build.gone(facts_of(run), told_of(run, [build])[0], reason))
