"""Good builds waited before a shut gate: do their tests still say what they said when it was asked?"""

from collections.abc import Iterable

from relengotron.decisions.suspecting import found_bad
from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH, GatedBuild
from relengotron.workflows.asking import answer_of
from relengotron.workflows.gating.arriving import SEEN_FOR
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.question import question_of, subjects_of


def speaking_against(run: GateRun, builds: Iterable[GatedBuild]) -> tuple[str, ...]:
    """What tests have found bad since these builds were found good, a sentence each; what was found just now stands."""
    found_at = run.engine.steps[ensure_builds_have_verdicts.__name__].finished_at
    free = run.let_through(builds := tuple(builds))
    asked = [each for each in builds if each.nvr not in free]
    if not asked or found_at is None or run.now() - found_at < SEEN_FOR:
        return ()
    answer = answer_of(run.engine, run.world, question_of(run, asked), subjects_of(run, asked))
    return tuple(str(each) for kind in (BUILD, BATCH) for each in found_bad(answer, kind))
