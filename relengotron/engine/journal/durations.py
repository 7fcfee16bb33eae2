"""How long did it take before? Read from the newest runs that ended well."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, or_, select, true

from relengotron.engine.journal.tables import effects, holds, runs, steps
from relengotron.engine.journal.times import moment, moment_or_none
from relengotron.model.estimate import Compose, Past, PastComposes, Scope
from relengotron.model.gated import gate_of_lane
from relengotron.model.run import DECISION, RunState, StepState

RECENT: Final = 20
"""So many former runs are compared with: enough for a range, and few enough to follow a service that became slower."""

_TRY = " try "
_BEGAN = {"built": "compose", "detected": "detect"}
_KEYS = ("compose ", "detect ", f"{DECISION}built ", f"{DECISION}detected ")
"""What a plugin asks Koji for, and what the workflow remembers of the results; each ends in ``NAME try N``."""


def past(db: Connection, workflow: str, lane: str) -> Past:
    """What the newest runs that ended well, of this lane or else of those most like it, did in which time."""
    scope, found = _recent(db, workflow, lane)
    waited = _waited(db, found)
    walks: dict[str, dict[str, timedelta]] = {run: {} for run in found}
    done = select(steps.c.run, steps.c.name, steps.c.started_at, steps.c.finished_at).where(
        steps.c.run.in_(found), steps.c.state == StepState.DONE, steps.c.finished_at.is_not(None)
    )
    for run, step, started, finished in db.execute(done) if found else ():
        took = timedelta(seconds=finished - started) - waited.get((run, step), timedelta())
        walks[run][step] = max(took, timedelta())
    return Past(scope, tuple(walks.values()))


def past_composes(db: Connection, workflow: str, lane: str) -> PastComposes:
    """The composes of the same runs: from the moment a Koji task was to be asked for until its result was seen.

    That is what somebody who waits for it lives through: Koji's queue and our own poll are part of it. The evidence of
    a run is no such measure: its first word on an artifact may be about a former try, or about waiting for its turn.
    """
    scope, found = _recent(db, workflow, lane)
    begun: dict[tuple[str, str], dict[tuple[str, str], datetime]] = {}
    ended: dict[tuple[str, str], dict[tuple[str, str], datetime]] = {}
    kinds: dict[tuple[str, str], str] = {}
    for run, key, kind, intended, finished in db.execute(_composes(found)) if found else ():
        match key.removeprefix(DECISION).rpartition(_TRY)[0].partition(" "), key.rpartition(_TRY)[2]:
            case ("compose" | "detect" as verb, _, artifact), attempt:
                begun.setdefault((run, artifact), {})[verb, attempt] = moment(intended)
            case ("built" | "detected" as end, _, artifact), attempt:
                ended.setdefault((run, artifact), {})[_BEGAN[end], attempt] = moment(finished)
                kinds[run, artifact] = kind or kinds.get((run, artifact), "")
    composes: dict[str, list[Compose]] = {}
    for (run, artifact), kind in kinds.items():
        made = _compose(kind, begun.get((run, artifact), {}), ended[run, artifact])
        if made is not None:
            composes.setdefault(artifact, []).append(made)
    return PastComposes(scope, {artifact: tuple(each) for artifact, each in composes.items()})


def time_on_hold(db: Connection, run: str, step: str, now: datetime) -> timedelta:
    """For how long a step of a run has waited for people up to now."""
    waits = select(holds.c.since, holds.c.closed_at).where(holds.c.run == run, holds.c.step == step)
    found = [(moment(since), moment_or_none(closed) or now) for since, closed in db.execute(waits)]
    return sum((until - since for since, until in found), timedelta())


def _recent(db: Connection, workflow: str, lane: str) -> tuple[Scope, list[str]]:
    """The newest runs that ended well, of the first scope that has any."""
    for scope, is_alike in _scopes(lane):
        well = (runs.c.workflow == workflow, runs.c.state == RunState.DONE)
        query = select(runs.c.id).where(*well, is_alike).order_by(runs.c.number.desc()).limit(RECENT)
        found = list(db.execute(query).scalars())
        if found:
            return scope, found
    return Scope.ANY, []


def _scopes(lane: str) -> Iterable[tuple[Scope, ColumnElement[bool]]]:
    gate = gate_of_lane(lane)
    if gate is not None:  # the lane of a batch is that of one run: its like are all others of the workflow there
        yield Scope.LANE, runs.c.lane.startswith(f"{gate}/", autoescape=True)
    yield Scope.LANE, runs.c.lane == lane
    yield Scope.REQUEST, runs.c.lane.endswith(f"/{lane.rpartition('/')[2]}", autoescape=True)
    yield Scope.ANY, true()


def _waited(db: Connection, found: Collection[str]) -> Mapping[tuple[str, str], timedelta]:
    """How long each step of these runs waited for people."""
    waited: dict[tuple[str, str], timedelta] = {}
    query = select(holds.c.run, holds.c.step, holds.c.since, holds.c.closed_at).where(
        holds.c.run.in_(found), holds.c.closed_at.is_not(None)
    )
    for run, step, since, closed in db.execute(query) if found else ():
        waited[run, step] = waited.get((run, step), timedelta()) + timedelta(seconds=closed - since)
    return waited


def _composes(found: Collection[str]) -> Select[Any]:
    kind = effects.c.result["kind"].as_string()
    is_compose = or_(*(effects.c.key.startswith(key) for key in _KEYS))
    return (
        select(effects.c.run, effects.c.key, kind, effects.c.intended_at, effects.c.finished_at)
        .where(effects.c.run.in_(found), is_compose, effects.c.is_finished)
        .order_by(effects.c.id)
    )


def _compose(
    kind: str, begun: Mapping[tuple[str, str], datetime], ended: Mapping[tuple[str, str], datetime]
) -> Compose | None:
    """What came of all tries of one artifact in one run; None where nothing was composed, or not by us."""
    took = {each: max(ended[each] - began, timedelta()) for each, began in begun.items() if each in ended}
    composed = [span for (verb, _), span in took.items() if verb == "compose"]
    return Compose(kind, composed[-1], len(begun), sum(took.values(), timedelta())) if composed else None
