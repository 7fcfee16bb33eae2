"""What does every look of a run ask of the journal? Put together once: that takes longer than the answer."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Update,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from relengotron.engine.journal.tables import runs, steps, watches
from relengotron.model.run import RunState

TAKEN_BACK = (RunState.CANCELLING, RunState.FAILING)
BEGUN = (RunState.OPEN, RunState.HELD, *TAKEN_BACK)
UNFINISHED = (RunState.QUEUED, *BEGUN)


def stands(states: Collection[RunState]) -> ColumnElement[bool]:
    """Whether a run stands there. Our own words, written out: parameters of a list are put together anew each time."""
    return runs.c.state.in_([literal_column(f"'{state}'") for state in states])


TURN: tuple[ColumnElement[Any], ...] = (
    case((stands((RunState.OPEN, RunState.HELD)), 0), (stands(TAKEN_BACK), 1), else_=2),
    case((runs.c.priority < 0, 0), else_=1),
    runs.c.number,
    runs.c.id,
)
"""The order in which the runs of a lane advance: what has begun, what is urgent, then the oldest."""

_same = runs.alias()
RUN = select(runs).where(runs.c.id == bindparam("run"))
HEAD_OF_LANE = select(runs).where(runs.c.lane == bindparam("lane"), stands(UNFINISHED)).order_by(*TURN).limit(1)
AT_ITS_TURN = (
    select(runs)
    .where(
        runs.c.lane == select(_same.c.lane).where(_same.c.id == bindparam("run")).scalar_subquery(), stands(UNFINISHED)
    )
    .order_by(*TURN)
    .limit(1)
)
"""The run whose turn it is in the lane of this one."""
RUNS = select(runs).where(runs.c.id.in_(bindparam("ids", expanding=True))).order_by(runs.c.number)
LOOK_NOW = (
    update(runs)
    .where(runs.c.id == bindparam("the_run"), stands(UNFINISHED), runs.c.look_again_at > bindparam("now"))
    .values(look_again_at=bindparam("now"))
)

STEPS = select(steps).where(steps.c.run == bindparam("run")).order_by(steps.c.started_at)
CHANGE_STEP = update(steps).where(steps.c.run == bindparam("the_run"), steps.c.name == bindparam("the_name"))
ADD_STEP = insert(steps)

WATCHES = select(watches.c.system, watches.c.key).where(watches.c.run == bindparam("run"))
FORGET_WATCHES = delete(watches).where(watches.c.run == bindparam("the_run"))
ADD_WATCHES = insert(watches)
WATCHERS = select(watches.c.run).where(
    watches.c.system == bindparam("system"), watches.c.key.in_(bindparam("keys", expanding=True))
)
ALL_WATCHES = select(watches.c.system, watches.c.key, runs.c.id, runs.c.priority, runs.c.updated_at).join_from(
    watches, runs
)


@cache
def change_run(only_from: tuple[RunState, ...]) -> Update:
    """Write other values into a run that stands there."""
    query = update(runs).where(runs.c.id == bindparam("the_run"))
    return query.where(stands(only_from)) if only_from else query


def _due() -> Select[Any]:
    turn = func.row_number().over(partition_by=runs.c.lane, order_by=TURN).label("turn")
    columns = (runs.c.id, runs.c.priority, runs.c.look_again_at)
    unfinished = select(*columns, turn).where(stands(UNFINISHED)).subquery()
    return (
        select(unfinished.c.id, unfinished.c.priority, unfinished.c.look_again_at)
        .where(unfinished.c.turn == 1, unfinished.c.look_again_at.is_not(None))
        .order_by(unfinished.c.look_again_at)
        .limit(bindparam("limit", type_=Integer))
    )


DUE = _due()
