"""What is told when a batch has come to its end? What becomes of its builds was told when it happened."""

from collections.abc import Sequence

from relengotron.messages import gate
from relengotron.model.gated import BuildState, GatedBuild
from relengotron.model.judgement import Judgement
from relengotron.model.outcome import Done, Outcome, Skipped
from relengotron.workflows.gating.allowed import allowed
from relengotron.workflows.gating.facts import facts_of, say, told_of
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.regenerating import ensure_the_repo_is_made_anew


def ensure_people_know(run: GateRun) -> Outcome:
    """Everybody knows that the batch has come through, unless nothing of it has or it was bad."""
    builds = [each for each in run.ledger.of_batch(run.batch.id) if each.state is BuildState.ACCEPTED]
    if not builds:
        return Skipped("nothing of the batch has come through")
    if not _is_good(run):
        return Skipped("that the batch is bad was told when that was found")
    _say_passed(run, builds)
    return Done([each.nvr for each in builds])


def _say_passed(run: GateRun, builds: Sequence[GatedBuild]) -> None:
    seen = allowed(run)
    told = told_of(run, builds, {} if seen is None else seen.before)
    asked = run.engine.steps[ensure_the_repo_is_made_anew.__name__].output or {}
    began = run.engine.run.created_at
    say(
        run,
        "passed",
        gate.batch_passed(facts_of(run), run.batch, told, started_at=began, regenerated=sorted(asked)),
    )


def _is_good(run: GateRun) -> bool:
    """Where nothing was left to be judged, nothing was bad."""
    step = run.engine.steps.get(ensure_builds_have_verdicts.__name__)
    if step is None or step.output is None:
        return True
    return run.engine.recall(ensure_builds_have_verdicts, Judgement).is_good
