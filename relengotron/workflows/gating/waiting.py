"""Which batches would break others, and wait for what mends that?"""

from collections.abc import Container, Iterable

from sqlalchemy import Connection, select

from relengotron.decisions.batching import Arrival, Waiting
from relengotron.decisions.passing import is_let_through
from relengotron.engine.journal import evidence, gate_orders, gated
from relengotron.engine.journal.runs import BEGUN
from relengotron.engine.journal.tables import runs, steps
from relengotron.model.closure import WAITS_FOR
from relengotron.model.gated import BuildState, GatedBuild, Pass, lane_of_batch
from relengotron.model.run import StepState

STEP = "ensure_the_target_stays_closed"


def waiting_batches(db: Connection, gate: str) -> list[Waiting]:
    """Every batch of a gate that waits so now, with its builds and what it noted last."""
    found = []
    for run, batch in _waiting_runs(db, gate):
        noted, rows = evidence.newest_of(db, run, "batch", batch), gated.of_batch(db, batch)
        if noted is not None and noted.state == WAITS_FOR and _is_whole(rows):
            wants = frozenset(map(str, noted.facts.get("packages", ())))
            found.append(Waiting(batch, tuple(arrivals(rows)), wants))
    return found


def _waiting_runs(db: Connection, gate: str) -> list[tuple[str, str]]:
    """The runs that stand in that step, with the ids of their batches."""
    lanes = runs.c.lane.startswith(lane_of_batch(gate, f"{gate}-"), autoescape=True)
    waits = steps.c.state.in_([str(StepState.RUNNING), str(StepState.HELD)])
    query = (
        select(runs.c.id, runs.c.lane)
        .join(steps, (steps.c.run == runs.c.id) & (steps.c.name == STEP))
        .where(runs.c.state.in_(BEGUN), lanes, waits)
        .order_by(runs.c.number)
    )
    return [(run, lane.partition("/")[2]) for run, lane in db.execute(query)]


def arrivals(rows: Iterable[GatedBuild], let_through: Container[str] = ()) -> list[Arrival]:
    """The builds as the decision on batches wants to know them."""
    return [
        Arrival(row.nvr, row.package, row.owner, row.arrived_at, row.group, row.nvr in let_through)
        for row in rows
        if _is_here(row)
    ]


def let_through(db: Connection, gate: str) -> frozenset[str]:
    """The builds that two people let through a gate."""
    passes: dict[str, list[Pass]] = {}
    for each in gate_orders.all_passes(db, gate):
        passes.setdefault(each.nvr, []).append(each)
    return frozenset(nvr for nvr, several in passes.items() if is_let_through(several))


def _is_here(row: GatedBuild) -> bool:
    return row.state in (BuildState.ARRIVED, BuildState.TESTING)


def _is_whole(rows: Iterable[GatedBuild]) -> bool:
    """Whether there is something to give away, and nothing of it is on its way already."""
    return any(map(_is_here, rows)) and not any(row.state is BuildState.MOVING for row in rows)
