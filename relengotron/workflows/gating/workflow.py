"""Bring a batch through a gate: what is good comes into the target, the rest out of the way with a reason."""

from collections.abc import Callable
from functools import wraps
from typing import Final

from relengotron.engine.workflow import Workflow
from relengotron.errors import DeadlineMissed, Permanent
from relengotron.model.gated import TAKEN_THROUGH_BY
from relengotron.model.outcome import Outcome, Skipped
from relengotron.model.run import EffectRecord
from relengotron.workflows.gating.allowing import ensure_builds_may_move
from relengotron.workflows.gating.arriving import ensure_builds_are_pending, ensure_older_builds_are_out
from relengotron.workflows.gating.closing import ensure_the_target_stays_closed
from relengotron.workflows.gating.dividing import ensure_the_rest_is_tried_again
from relengotron.workflows.gating.elsewhere import unless_they_left
from relengotron.workflows.gating.gate import GateRun, GateStep
from relengotron.workflows.gating.gate_voice import GateVoice, OpenGate
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.moving import ensure_builds_are_in_target, take_back
from relengotron.workflows.gating.quarantining import ensure_suspects_are_in_quarantine
from relengotron.workflows.gating.regenerating import ensure_the_repo_is_made_anew
from relengotron.workflows.gating.telling import ensure_people_know
from relengotron.workflows.gating.unknown import UnknownGate
from relengotron.workflows.moves import MOVE

NAME: Final = TAKEN_THROUGH_BY

AnyStep = Callable[[GateRun | UnknownGate], Outcome]


def at_the_gate(step: GateStep) -> AnyStep:
    """A step that waits for people where others fail: a failed batch would leave builds that nobody answers for."""

    @wraps(step)
    def guarded(run: GateRun | UnknownGate) -> Outcome:
        if isinstance(run, UnknownGate):
            return run.hold()
        try:
            outcome = step(run)
            if run.engine.writes:
                run.look_anew()
            return outcome
        except (Permanent, DeadlineMissed) as refused:
            run.engine.leave_nothing_aside()
            command = f"relengotron runs retry {run.engine.run.id}"
            return run.hold((str(refused),), run.settings.patience.hold, command)

    return guarded


def with_builds_left(step: GateStep) -> GateStep:
    """A step that has nothing to promise once the batch answers for no build any more."""

    @wraps(step)
    def guarded(run: GateRun) -> Outcome:
        if not run.builds():
            return Skipped("the batch answers for no build any more")
        return step(run)

    return guarded


_BATCH: Final = (
    with_builds_left(ensure_builds_are_pending),
    ensure_older_builds_are_out,
    with_builds_left(unless_they_left(ensure_the_target_stays_closed)),
    with_builds_left(unless_they_left(ensure_builds_have_verdicts)),
    with_builds_left(ensure_the_rest_is_tried_again),  # the innocent do not wait until Koji has moved the suspects
    with_builds_left(ensure_suspects_are_in_quarantine),
    with_builds_left(unless_they_left(ensure_builds_may_move)),
    with_builds_left(ensure_builds_are_in_target),
    ensure_the_repo_is_made_anew,
    ensure_people_know,
)

STEPS: Final = tuple(at_the_gate(step) for step in _BATCH)

PROMISES: Final = {step.__name__: (step.__doc__ or "").strip() for step in STEPS}


def gate_rawhide(open_gate: OpenGate) -> Workflow[GateRun | UnknownGate]:
    """The workflow; ``open_gate`` gives a run the world, the settings and the ledger of its gate."""
    return Workflow(NAME, STEPS, open_gate, GateVoice(open_gate), undo, is_brisk=True)


def undo(run: GateRun | UnknownGate, effect: EffectRecord) -> None:
    """Take one effect of a batch back, whether its result is known or not.

    Only moves to the target go back: builds that are in quarantine or superseded have somebody else to look after them.
    """
    if not effect.key.startswith(MOVE):
        return
    if isinstance(run, UnknownGate):
        words = f"gate {run.name} is not in gates.yaml any more: nobody knows where it belongs"
        run.engine.note("build", effect.old["build"], "stays", words)
    else:
        take_back(run, effect)
