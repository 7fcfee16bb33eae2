"""How are the innocent of a failed batch tried again, and the parts of one whose tests blame nobody?"""

from relengotron.model.gated import BuildState, GateBatch
from relengotron.model.judgement import Judgement
from relengotron.model.outcome import Done, Outcome, Skipped
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts, next_batches
from relengotron.workflows.gating.parting import part


def ensure_the_rest_is_tried_again(run: GateRun) -> Outcome:
    """Nothing of a failed batch is left to it: its innocent builds, or its parts, are batches of their own."""
    judgement = run.engine.recall(ensure_builds_have_verdicts, Judgement)
    if judgement.is_good:
        return Skipped("nothing failed")
    here = {each.nvr for each in run.builds() if each.state is BuildState.TESTING}
    batches = [each for each in _batches(run, judgement, here) if each.builds]
    for batch in batches:
        part(run, batch)
    return Done([each.id for each in batches])


def _batches(run: GateRun, judgement: Judgement, here: set[str]) -> list[GateBatch]:
    """Parts are kin where nobody was to blame for what they did together; who was parted from suspects has no kin."""
    coming = next_batches(run, judgement)
    return [
        GateBatch(
            gate=run.name,
            id=each.id,
            builds=tuple(nvr for nvr in each.builds if nvr in here),
            why=_why(run, judgement),
            parent=run.batch.id,
            round=judgement.round + 1,
            kin=tuple(other.id for other in coming if other is not each and judgement.is_bisected),
        )
        for each in coming
    ]


def _why(run: GateRun, judgement: Judgement) -> str:
    if judgement.suspects:
        return f"what is left of {run.batch.id} without its suspects"
    return f"a part of {run.batch.id}: {judgement.why}"
