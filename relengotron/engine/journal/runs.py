"""Runs, their steps and what they wait for."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, select, update

from relengotron.engine.journal import asked_often
from relengotron.engine.journal.columns import insert_once
from relengotron.engine.journal.tables import runs, steps
from relengotron.engine.journal.times import moment, moment_or_none, stamp
from relengotron.model.codec import to_json
from relengotron.model.intents import Start
from relengotron.model.outcome import Watch
from relengotron.model.run import Run, RunState, StepRecord, StepState

BEGUN, UNFINISHED = asked_often.BEGUN, asked_often.UNFINISHED
GOING = (RunState.QUEUED, RunState.OPEN, RunState.HELD)
UNDO = "undo"
SHORTEST_ABBREVIATION = 4


@dataclass(frozen=True, slots=True)
class Watcher:
    """A run that waits for a fact, and when it looked at the world the last time."""

    run: str
    priority: int
    looked_at: datetime


def open_run(db: Connection, start: Start, now: datetime) -> str | None:
    """A new run, queued in its lane; None when its key is known already."""
    run = f"{now:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:8]}"
    row = {
        "id": run,
        "number": select(func.coalesce(func.max(runs.c.number), 0) + 1).scalar_subquery(),
        "workflow": start.workflow,
        "lane": start.lane,
        "key": start.key,
        "state": RunState.QUEUED,
        "request": to_json(start.request),
        "reason": "",
        "priority": start.priority,
        "attempt": 1,
        "trigger_msg_id": start.trigger_msg_id,
        "created_at": stamp(now),
        "updated_at": stamp(now),
        "look_again_at": stamp(now),
    }
    return run if insert_once(db, runs, row) else None


def find(db: Connection, run: str) -> Run | None:
    """The run with this id, or the only one whose id begins or ends with these four or more characters."""
    exact = db.execute(asked_often.RUN, {"run": run}).mappings().first()
    if exact is not None:
        return read_run(exact)
    if len(run) < SHORTEST_ABBREVIATION:
        return None
    looks_like = runs.c.id.startswith(run, autoescape=True) | runs.c.id.endswith(run, autoescape=True)
    alike = db.execute(select(runs).where(looks_like).limit(2)).mappings().all()
    return read_run(alike[0]) if len(alike) == 1 else None


def at_its_turn(db: Connection, run: str) -> Run | None:
    """The run with this id, if it is not over and it is its turn in its lane."""
    row = db.execute(asked_often.AT_ITS_TURN, {"run": run}).mappings().first()
    return read_run(row) if row is not None and row["id"] == run else None


def all_of(db: Connection, ids: Collection[str]) -> list[Run]:
    """The runs with these ids."""
    return [read_run(row) for row in db.execute(asked_often.RUNS, {"ids": list(ids)}).mappings()] if ids else []


def newest(db: Connection, limit: int, *, lane: str | None = None, states: Collection[RunState] = ()) -> list[Run]:
    """Runs, newest first."""
    query = select(runs).order_by(runs.c.number.desc()).limit(limit)
    if lane is not None:
        query = query.where(runs.c.lane == lane)
    if states:
        query = query.where(runs.c.state.in_(states))
    return [read_run(row) for row in db.execute(query).mappings()]


def opened_by(db: Connection, trigger_msg_id: str) -> list[Run]:
    """Every run that one message opened."""
    query = select(runs).where(runs.c.trigger_msg_id == trigger_msg_id).order_by(runs.c.number)
    return [read_run(row) for row in db.execute(query).mappings()]


def heads_of_lanes(db: Connection) -> list[Run]:
    """The run of every lane that may advance: the one that has begun, else the oldest that waits."""
    query = select(runs).where(asked_often.stands(UNFINISHED)).order_by(*asked_often.TURN)
    heads: dict[str, Run] = {}
    for row in db.execute(query).mappings():
        heads.setdefault(row["lane"], read_run(row))
    return list(heads.values())


def is_head_of_lane(db: Connection, run: Run) -> bool:
    """Whether it is this run's turn in its lane."""
    head = next_in_lane(db, run.lane)
    return head is not None and head.id == run.id


def next_in_lane(db: Connection, lane: str) -> Run | None:
    """The run of a lane whose turn it is."""
    row = db.execute(asked_often.HEAD_OF_LANE, {"lane": lane}).mappings().first()
    return None if row is None else read_run(row)


def overtaken_by(db: Connection, run: Run) -> Run | None:
    """The newest later run of the lane that has begun: what an older one did may be part of it by now."""
    own = select(runs.c.number).where(runs.c.id == run.id).scalar_subquery()
    query = (
        select(runs)
        .where(runs.c.lane == run.lane, runs.c.number > own, runs.c.state.not_in((RunState.QUEUED,)))
        .order_by(runs.c.number.desc())
        .limit(1)
    )
    row = db.execute(query).mappings().first()
    return None if row is None else read_run(row)


def why_over(db: Connection, run: Run) -> str | None:
    """Why neither retry nor cancel can do anything about a run any more, None when they can."""
    if run.state in (RunState.DONE, RunState.CANCELLED):
        return f"it is {run.state}"
    if run.state.is_being_taken_back:
        return "what it did is being taken back already"
    if not run.state.is_finished:
        return None
    later = overtaken_by(db, run)
    if later is not None:
        return f"{later.id} began in its lane after it and may ship what it left"
    if run.state is RunState.FAILED and UNDO in steps_of(db, run.id):
        return "what it did was taken back when it failed; order the push again"
    return None


def change(
    db: Connection,
    run: str,
    state: RunState,
    now: datetime,
    *,
    reason: str = "",
    look_again_at: datetime | None = None,
    only_from: Collection[RunState] = (),
) -> bool:
    """Write down where a run stands and when it looks at the world again by itself.

    False, and nothing is written, when the run does not stand ``only_from`` any more: somebody cancelled it meanwhile.
    """
    values = {
        "state": state,
        "reason": reason,
        "updated_at": stamp(now),
        "finished_at": stamp(now) if state.is_finished else None,
        "look_again_at": None if look_again_at is None else stamp(look_again_at),
    }
    changed = db.execute(asked_often.change_run(tuple(only_from)), {"the_run": run, **values})
    if changed.rowcount and state.is_finished:
        watch(db, run, ())
    return bool(changed.rowcount)


def begin_attempt(db: Connection, run: str, now: datetime) -> None:
    """Let a run try again; steps that failed or hold are pending again.

    A finished run gave its lane away: it queues for it anew. One that stumbled while it was taken back is taken back.
    """
    state = RunState(db.execute(select(runs.c.state).where(runs.c.id == run)).scalar_one())
    again = RunState.QUEUED if state.is_finished else RunState.OPEN
    is_taken_back = UNDO in steps_of(db, run)
    count_attempt(db, run)
    change(db, run, RunState.CANCELLING if is_taken_back else again, now, look_again_at=now)
    unfinished = (StepState.FAILED, StepState.HELD, StepState.RUNNING)
    db.execute(delete(steps).where(steps.c.run == run, steps.c.state.in_(unfinished)))


def count_attempt(db: Connection, run: str) -> None:
    """One more attempt of a run begins: what it does from now on has a number of its own."""
    db.execute(update(runs).where(runs.c.id == run).values(attempt=runs.c.attempt + 1))


def counts(db: Connection) -> dict[RunState, int]:
    """How many runs stand where."""
    return {
        RunState(state): count for state, count in db.execute(select(runs.c.state, func.count()).group_by(runs.c.state))
    }


def steps_of(db: Connection, run: str) -> dict[str, StepRecord]:
    """The steps that a run has begun, by name."""
    rows = db.execute(asked_often.STEPS, {"run": run}).mappings()
    return {row["name"]: read_step(row) for row in rows}


def write_step(
    db: Connection,
    run: str,
    name: str,
    state: StepState,
    note: str,
    now: datetime,
    *,
    output: Any = None,
    troubles: int = 0,
    trouble_since: datetime | None = None,
    began: datetime | None = None,
) -> None:
    """Write down where a step stands; its start, which is ``began`` or else now, is kept."""
    is_over = state in (StepState.DONE, StepState.SKIPPED, StepState.FAILED)
    values = {
        "state": state,
        "note": note,
        "output": to_json(output),
        "troubles": troubles,
        "trouble_since": None if trouble_since is None else stamp(trouble_since),
        "finished_at": stamp(now) if is_over else None,
    }
    changed = db.execute(asked_often.CHANGE_STEP, {"the_run": run, "the_name": name, **values})
    if changed.rowcount == 0:
        db.execute(asked_often.ADD_STEP, {"run": run, "name": name, "started_at": stamp(began or now), **values})


def add_steps(db: Connection, records: Collection[StepRecord]) -> None:
    """Write down steps that are over and of which nothing is known yet."""
    if records:
        db.execute(asked_often.ADD_STEP, [_row_of(each) for each in records])


def forget_steps(db: Connection, run: str, names: Collection[str]) -> None:
    """These steps of a run are pending again: what they put out, noted and when they began is forgotten."""
    db.execute(delete(steps).where(steps.c.run == run, steps.c.name.in_(list(names))))


def due(db: Connection, limit: int) -> list[tuple[str, int, datetime]]:
    """The heads of lanes that look at the world again by themselves, the next one first: id, priority, when."""
    return [(run, priority, moment(at)) for run, priority, at in db.execute(asked_often.DUE, {"limit": limit})]


def watch(db: Connection, run: str, wanted: Iterable[Watch]) -> bool:
    """Let the run wait for these facts and no others; True when there is one among them that it did not wait for."""
    known = {Watch(system, key) for system, key in db.execute(asked_often.WATCHES, {"run": run})}
    asked = set(wanted)
    if asked != known:
        if known:
            db.execute(asked_often.FORGET_WATCHES, {"the_run": run})
        rows = [{"run": run, "system": each.system, "key": each.key} for each in asked]
        if rows:
            db.execute(asked_often.ADD_WATCHES, rows)
    return not asked <= known


def watchers(db: Connection, system: str, keys: Iterable[str]) -> list[str]:
    """The runs that wait for one of these facts of a system."""
    found = db.execute(asked_often.WATCHERS, {"system": system, "keys": list(keys)}).scalars()
    return list(dict.fromkeys(found))


def watched(db: Connection) -> dict[Watch, list[Watcher]]:
    """Everything that any run waits for, and who waits."""
    everything: dict[Watch, list[Watcher]] = {}
    for system, key, run, priority, at in db.execute(asked_often.ALL_WATCHES):
        everything.setdefault(Watch(system, key), []).append(Watcher(run, priority, moment(at)))
    return everything


def look_now(db: Connection, wanted: Collection[str], now: datetime) -> None:
    """Let these runs look at the world now, also when the wake in memory is lost with the process."""
    if wanted:
        db.execute(asked_often.LOOK_NOW, [{"the_run": run, "now": stamp(now)} for run in wanted])


def read_run(row: RowMapping) -> Run:
    """The run in a row of its table."""
    return Run(
        id=row["id"],
        workflow=row["workflow"],
        lane=row["lane"],
        key=row["key"],
        state=RunState(row["state"]),
        request=row["request"],
        reason=row["reason"],
        priority=row["priority"],
        attempt=row["attempt"],
        trigger_msg_id=row["trigger_msg_id"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        finished_at=moment_or_none(row["finished_at"]),
        look_again_at=moment_or_none(row["look_again_at"]),
    )


def read_step(row: RowMapping) -> StepRecord:
    """The step in a row of its table."""
    return StepRecord(
        run=row["run"],
        name=row["name"],
        state=StepState(row["state"]),
        note=row["note"],
        output=row["output"],
        troubles=row["troubles"],
        trouble_since=moment_or_none(row["trouble_since"]),
        started_at=moment(row["started_at"]),
        finished_at=moment_or_none(row["finished_at"]),
    )


def _row_of(step: StepRecord) -> dict[str, Any]:
    return {
        "run": step.run,
        "name": step.name,
        "state": step.state,
        "note": step.note,
        "output": step.output,
        "troubles": step.troubles,
        "trouble_since": None if step.trouble_since is None else stamp(step.trouble_since),
        "started_at": stamp(step.started_at),
        "finished_at": None if step.finished_at is None else stamp(step.finished_at),
    }
