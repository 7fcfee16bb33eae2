"""Every procedure that exists; adding one here gives it plans, progress, undo and crash tests."""

from collections.abc import Callable, Mapping
from typing import Final

from relengotron.engine.attempt import Attempt
from relengotron.engine.workflow import Catalogue
from relengotron.workflows import following_rollouts, push_updates, receive_push
from relengotron.workflows.following_rollouts import RollOut
from relengotron.workflows.gating import workflow as gating
from relengotron.workflows.gating.gate_voice import OpenGate
from relengotron.workflows.gating.quarantine import workflow as quarantine
from relengotron.workflows.gating.quarantine.workflow import OpenKept
from relengotron.workflows.push import Push
from relengotron.workflows.receive_push import Reception
from relengotron.workflows.rollback import workflow as rollback
from relengotron.workflows.rollback.way_back import Rollback
from relengotron.workflows.trees import looking_after
from relengotron.workflows.trees.care import Care

PROMISES: Final[Mapping[str, Mapping[str, str]]] = {
    push_updates.NAME: push_updates.PROMISES,
    receive_push.NAME: receive_push.PROMISES,
    rollback.NAME: rollback.PROMISES,
    looking_after.NAME: looking_after.PROMISES,
    following_rollouts.NAME: following_rollouts.PROMISES,
    gating.NAME: gating.PROMISES,
    quarantine.NAME: quarantine.PROMISES,
}
"""By workflow every step in order, and what holds once it is done."""


def catalogue(
    open_push: Callable[[Attempt], Push],
    open_reception: Callable[[Attempt], Reception],
    open_rollback: Callable[[Attempt], Rollback],
    open_care: Callable[[Attempt], Care],
    open_rollout: Callable[[Attempt], RollOut],
    open_gate: OpenGate,
    open_kept: OpenKept,
) -> Catalogue:
    """Every workflow by its name."""
    procedures = (
        push_updates.push_updates(open_push),
        receive_push.receive_push(open_reception),
        rollback.rollback(open_rollback),
        looking_after.look_after_trees(open_care),
        following_rollouts.roll_out(open_rollout),
        gating.gate_rawhide(open_gate),
        quarantine.keep_in_quarantine(open_kept),
    )
    return {procedure.name: procedure for procedure in procedures}
