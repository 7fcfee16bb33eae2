"""Can what a run published be taken back by a rollback, as far as the journal knows? The world is asked later."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, select

from relengotron.engine.journal.asked_often import UNFINISHED
from relengotron.engine.journal.tables import runs
from relengotron.model.run import Run, RunState

WORKFLOW: Final = "rollback"
PUBLISH: Final = ("push_updates", WORKFLOW)
"""The workflows that show something to users."""
CAME_TO_NOTHING: Final = (str(RunState.FAILED), str(RunState.CANCELLED))


def why_not(db: Connection, run: Run) -> str | None:
    """Why a rollback of this run would be nothing, None when it may be tried."""
    if run.workflow not in PUBLISH:
        return f"{run.workflow} publishes nothing"
    if run.state is RunState.PARKED:
        return f"it is parked half-way: relengotron runs cancel {run.id} takes back what it did"
    if not run.state.is_finished:
        return f"it is not over: relengotron runs cancel {run.id} takes back what it did"
    if run.state is not RunState.DONE:
        return f"it is {run.state}: what it did was taken back then"
    other = under_way(db, run.lane, run.id)
    return None if other is None else f"{other} does so already"


def taken_back(db: Connection, lane: str) -> frozenset[str]:
    """The runs of a lane that a rollback took back, or is about to, where no later rollback took back that one."""
    return frozenset(_by(db, lane, runs.c.state.not_in(CAME_TO_NOTHING)))


def took_back(db: Connection, run: Run) -> str | None:
    """The rollback that has taken this run back, as long as no later one took back that."""
    return _by(db, run.lane, runs.c.state == str(RunState.DONE)).get(run.id)


def under_way(db: Connection, lane: str, of: str) -> str | None:
    """The rollback of this run that is not over yet."""
    query = select(runs.c.id, runs.c.request).where(
        runs.c.lane == lane, runs.c.workflow == WORKFLOW, runs.c.state.in_(UNFINISHED)
    )
    return next((run for run, request in db.execute(query) if request["run"] == of), None)


def _by(db: Connection, lane: str, stands: ColumnElement[bool]) -> dict[str, str]:
    query = (
        select(runs.c.id, runs.c.request)
        .where(runs.c.lane == lane, runs.c.workflow == WORKFLOW, stands)
        .order_by(runs.c.number.desc())
    )
    gone = dict[str, str]()
    for run, request in db.execute(query):
        if run not in gone:
            gone.setdefault(request["run"], run)
    return gone
