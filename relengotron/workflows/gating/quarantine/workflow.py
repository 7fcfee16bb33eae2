"""Look after a build in quarantine: nobody forgets it, and it leaves by one of the ways that lead out."""

from collections.abc import Callable
from functools import wraps
from typing import Final

from relengotron.engine.attempt import Attempt
from relengotron.engine.workflow import Silence, Workflow
from relengotron.errors import Permanent
from relengotron.model.outcome import Outcome
from relengotron.model.quarantine import KEPT_BY
from relengotron.workflows.gating.quarantine.kept import Kept
from relengotron.workflows.gating.quarantine.leaving import ensure_it_has_left, ensure_the_gate_knows
from relengotron.workflows.gating.quarantine.staying import ensure_a_way_out_is_found
from relengotron.workflows.gating.unknown import UnknownGate

NAME: Final = KEPT_BY

OpenKept = Callable[[Attempt], Kept | UnknownGate]
AnyStep = Callable[[Kept | UnknownGate], Outcome]


def in_quarantine(step: Callable[[Kept], Outcome]) -> AnyStep:
    """A step that waits for people where others fail: who failed would leave a build that nobody looks after."""

    @wraps(step)
    def guarded(kept: Kept | UnknownGate) -> Outcome:
        if isinstance(kept, UnknownGate):
            return kept.hold()
        try:
            return step(kept)
        except Permanent as refused:
            kept.engine.leave_nothing_aside()
            return kept.hold((str(refused),), f"relengotron runs retry {kept.engine.run.id}")

    return guarded


STEPS: Final = tuple(
    in_quarantine(step) for step in (ensure_a_way_out_is_found, ensure_it_has_left, ensure_the_gate_knows)
)

PROMISES: Final = {step.__name__: (step.__doc__ or "").strip() for step in STEPS}


def keep_in_quarantine(open_kept: OpenKept) -> Workflow[Kept | UnknownGate]:
    """The workflow; nothing of it is undone: a build whose run was called off is looked after by the next one."""
    return Workflow(NAME, STEPS, open_kept, Silence())
