"""Which run do people mean?"""

from sqlalchemy import Connection

from relengotron.cli.exits import Exit, Refusal
from relengotron.engine.journal import gated, runs
from relengotron.model.gated import BuildState, GatedBuild, lane_of_batch, lane_of_quarantine
from relengotron.model.run import Run


def the_run(db: Connection, name: str) -> Run:
    """The run with this id or with this part of an id; at a gate the one of a batch, or of a build that stands there.

    Raises:
        Refusal: there is none, or there are several.
    """
    found = (runs.find(db, name) or of_batch(db, name) or of_build(db, name)) if name else None
    if found is not None:
        return found
    newest = "\n".join(f"  {run.id}  {run.lane}  {run.state}" for run in runs.newest(db, 5))
    text = f"{name!r} names no run, or more than one; the end of an id is enough. The newest runs:"
    raise Refusal(f"{text}\n{newest or '  none yet'}", Exit.NOT_FOUND)


def of_batch(db: Connection, name: str) -> Run | None:
    """The newest run of the batch of this id, None when there is none."""
    gate = name.rpartition("-")[0]
    return next(iter(runs.newest(db, 1, lane=lane_of_batch(gate, name))), None) if gate else None


def of_build(db: Connection, nvr: str) -> Run | None:
    """The run that answers for a build at a gate, or answered last; None when no gate knows it, or no run yet."""
    lanes = [lane for build in gated.named(db, nvr) if (lane := lane_of(build)) is not None]
    found = (next(iter(runs.newest(db, 1, lane=lane)), None) for lane in lanes)
    return next((run for run in found if run is not None), None)


def lane_of(build: GatedBuild) -> str | None:
    """Where the run is that answers for the build now, or answered last."""
    if build.state is BuildState.QUARANTINED:
        return lane_of_quarantine(build.gate, build.nvr)
    return None if build.batch is None else lane_of_batch(build.gate, build.batch)
