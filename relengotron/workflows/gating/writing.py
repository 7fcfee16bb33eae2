"""How is it written down what becomes of builds of a batch? With the outcome of the step, while they are its own."""

from collections.abc import Collection

from sqlalchemy import Connection

from relengotron.engine.journal import gated
from relengotron.model.gated import BuildState, GatedBuild
from relengotron.workflows.gating.gate import ANSWERED_FOR, GateRun


def settle(run: GateRun, builds: Collection[GatedBuild], state: BuildState, reason: str) -> None:
    """These builds come into a state, and why."""
    names, now = [each.nvr for each in builds], run.now()
    for nvr in names:
        run.engine.note("build", nvr, str(state), reason)

    def write(db: Connection) -> None:
        gated.put(db, run.name, names, state, now, reason=reason, only_from=ANSWERED_FOR, of_batch=run.batch.id)

    run.engine.keep(write)
