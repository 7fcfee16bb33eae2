"""What was tested together, and is it so still? Builds may leave a batch, and others of its kin come through."""

from collections.abc import Iterable

from relengotron.model.gated import BuildState, GatedBuild
from relengotron.model.judgement import Judgement
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.question import is_tested_as_a_whole


def kin_on_their_way(run: GateRun) -> tuple[str, ...]:
    """Builds of the batch's kin that are being moved now: what they do together is asked once they are there."""
    return tuple(each.nvr for each in _kin(run) if each.state is BuildState.MOVING)


def kin_came_through(run: GateRun) -> tuple[str, ...]:
    """Builds of the batch's kin that came through since this round of tests began.

    The whole has failed and no part of it does: what they do together is tested once more, now that one is there.
    Koji had moved them before we saw it: what was seen when the round began was there for its tests.
    """
    began = run.engine.steps[ensure_builds_have_verdicts.__name__].started_at
    return tuple(each.nvr for each in _kin(run) if each.state is BuildState.ACCEPTED and each.since > began)


def left_since_tested(run: GateRun, builds: Iterable[GatedBuild]) -> tuple[str, ...]:
    """Builds that were tested with these and have left them: nobody has tested the others without."""
    if not is_tested_as_a_whole(run):
        return ()
    tested = run.engine.recall(ensure_builds_have_verdicts, Judgement).good
    left = {each.nvr for each in builds}
    return tuple(nvr for nvr in tested if nvr not in left)


def _kin(run: GateRun) -> Iterable[GatedBuild]:
    return (each for kin in run.batch.kin for each in run.ledger.of_batch(kin))
