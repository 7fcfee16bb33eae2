"""How does somebody begin to answer for builds? A run is opened and the builds are given to it in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count

from sqlalchemy import Connection

from relengotron.decisions.batching import Together
from relengotron.decisions.ordering import AT_A_GATE
from relengotron.engine.journal import gated, runs
from relengotron.model.gated import (
    TAKEN_THROUGH_BY,
    BuildState,
    GateBatch,
    GatedBuild,
    Suspicion,
    batch_id,
    lane_of_batch,
)
from relengotron.model.intents import Start
from relengotron.workflows.gating.quarantine.beginning import keeping, keeping_again

Woken = tuple[str, int]
"""A run that is to advance, and its priority."""


def open_batches(db: Connection, gate: str, groups: Sequence[Together], now: datetime) -> list[Woken]:
    """For each group a run that answers for its builds, unless one of them is not free any more; who is to be woken."""
    rows = gated.of_names(db, gate, {each.nvr for group in groups for each in group.builds})
    return [woken for group in groups if _are_free(group, rows) for woken in _open_batch(db, gate, group, rows, now)]


def _open_batch(
    db: Connection, gate: str, group: Together, rows: Mapping[str, GatedBuild], now: datetime
) -> list[Woken]:
    names = tuple(each.nvr for each in group.builds)
    run, batch = _opened(db, gate, names, sum(rows[nvr].tries for nvr in names), group.why, now)
    gated.assign(db, gate, names, batch, now)
    left = [woken for each in group.takes for woken in waken(db, lane_of_batch(gate, each), now)]
    return [(run, AT_A_GATE), *left]


def open_quarantine(db: Connection, gate: str, build: GatedBuild, reason: str, now: datetime) -> list[Woken]:
    """A run looks after this build, which was put into quarantine by hand."""
    return _begun(db, keeping(build, Suspicion(build.nvr, reason), f"gate {gate}"), now)


def open_quarantine_again(db: Connection, build: GatedBuild, now: datetime) -> list[Woken]:
    """Another run looks after this build: the one that did was called off."""
    return _begun(db, keeping_again(db, build), now)


def waken(db: Connection, lane: str, now: datetime) -> list[Woken]:
    """Let the run of a lane look at the world now, if there is one that could."""
    run = runs.next_in_lane(db, lane)
    if run is None:
        return []
    runs.look_now(db, [run.id], now)
    return [(run.id, run.priority)]


def _begun(db: Connection, start: Start, now: datetime) -> list[Woken]:
    run = runs.open_run(db, start, now)
    return [] if run is None else [(run, start.priority)]


def _are_free(group: Together, rows: Mapping[str, GatedBuild]) -> bool:
    """Whether nobody answers for the builds, or only the batches that give them away."""
    found = [rows.get(each.nvr) for each in group.builds]
    return all(
        row is not None
        and (row.state is BuildState.ARRIVED or (row.state is BuildState.TESTING and row.batch in group.takes))
        for row in found
    )


def _opened(db: Connection, gate: str, names: tuple[str, ...], tries: int, why: str, now: datetime) -> tuple[str, str]:
    """The run and its batch: opened now, or by another daemon a moment ago; one that has ended answers for nobody."""
    for number in count(tries):
        batch = batch_id(gate, names, None, number)
        lane, key = lane_of_batch(gate, batch), f"batch {batch}"
        start = Start(TAKEN_THROUGH_BY, lane, key, GateBatch(gate, batch, names, why), key, AT_A_GATE)
        run = runs.open_run(db, start, now)
        if run is not None:
            return run, batch
        going = runs.next_in_lane(db, lane)
        if going is not None:
            return going.id, batch
    raise AssertionError("there is always one more number")
