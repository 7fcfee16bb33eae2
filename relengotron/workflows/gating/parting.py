"""How do some builds of a batch go on without the others? In a batch of their own, which answers for them."""

from sqlalchemy import Connection

from relengotron.engine.journal import gated
from relengotron.model.gated import GateBatch, lane_of_batch
from relengotron.model.intents import Start
from relengotron.workflows.gating.gate import GateRun


def part(run: GateRun, batch: GateBatch) -> None:
    """The batch, and that it answers for its builds, are written together with the outcome of this step."""
    known, lane, now = run.engine.run, lane_of_batch(run.name, batch.id), run.now()
    key, trigger = f"batch {batch.id}", known.trigger_msg_id
    run.engine.start(Start(known.workflow, lane, key, batch, trigger, known.priority))

    def give(db: Connection) -> None:
        """What the keeper of the gate has given to others meanwhile is theirs."""
        own = {each.nvr for each in gated.of_batch(db, run.batch.id)}
        gated.assign(db, run.name, own.intersection(batch.builds), batch.id, now)

    run.engine.keep(give)
