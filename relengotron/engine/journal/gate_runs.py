"""The runs that answer for what stands at a gate, all of them in a few queries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, or_, select

from relengotron.engine.journal import holds, runs
from relengotron.engine.journal.tables import holds as hold_table
from relengotron.engine.journal.tables import runs as run_table
from relengotron.engine.journal.tables import steps as step_table
from relengotron.model.gated import lane_of_batch, lane_of_quarantine
from relengotron.model.run import HoldRecord, Run, RunState, StepRecord


@dataclass(frozen=True, slots=True)
class Answering:
    """A run at a gate: the steps that it has begun, by name, and what it waits for people for."""

    run: Run
    steps: Mapping[str, StepRecord]
    hold: HoldRecord | None


def under_way(db: Connection, gate: str) -> dict[str, Answering]:
    """By lane the run at this gate that is not over, else the one that a defect has stopped."""
    is_parked = run_table.c.state == str(RunState.PARKED)
    wanted = _at(gate) & (run_table.c.state.in_(runs.UNFINISHED) | is_parked)
    the_foremost_last = select(run_table).where(wanted).order_by(is_parked.desc(), run_table.c.number.desc())
    found = {row["id"]: runs.read_run(row) for row in db.execute(the_foremost_last).mappings()}
    steps: dict[str, dict[str, StepRecord]] = {}
    query = select(step_table).join(run_table, step_table.c.run == run_table.c.id).where(wanted)
    for row in db.execute(query.order_by(step_table.c.started_at)).mappings():
        steps.setdefault(row["run"], {})[row["name"]] = runs.read_step(row)
    waiting = select(hold_table).join(run_table, hold_table.c.run == run_table.c.id)
    waiting = waiting.where(wanted, hold_table.c.closed_at.is_(None))
    held = {row["run"]: holds.read_hold(row) for row in db.execute(waiting).mappings()}
    return {run.lane: Answering(run, steps.get(name, {}), held.get(name)) for name, run in found.items()}


def last_of(db: Connection, lanes: Collection[str]) -> dict[str, Answering]:
    """The newest run of each of these lanes, whatever became of it."""
    newest = {lane: next(iter(runs.newest(db, 1, lane=lane)), None) for lane in lanes}
    return {
        lane: Answering(run, runs.steps_of(db, run.id), holds.open_of(db, run.id))
        for lane, run in newest.items()
        if run is not None
    }


def _at(gate: str) -> ColumnElement[bool]:
    lanes = (lane_of_batch(gate, f"{gate}-"), lane_of_quarantine(gate, ""))
    return or_(*(run_table.c.lane.startswith(lane, autoescape=True) for lane in lanes))
