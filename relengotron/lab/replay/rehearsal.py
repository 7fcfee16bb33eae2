"""Which runs would the messages open, and how do those begin?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relengotron.bootstrap import procedures_of, relation_index
from relengotron.engine.journal import evidence, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.runner import Runner
from relengotron.engine.troubled import Patience
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.lab.replay.clock import Clock
from relengotron.lab.replay.world import empty_world
from relengotron.model.run import Evidence, Run, StepRecord
from relengotron.sdk.discovery import Plugins
from relengotron.settings import Settings

MOST_RUNS: Final = 50
"""So many are advanced; each asks several stand-ins."""
_LOOKS: Final = 3


@dataclass(frozen=True, slots=True)
class RunView:
    """One run that was opened, the steps that it began, and what it noted."""

    run: Run
    steps: Sequence[StepRecord]
    notes: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class Opened:
    """Some of the runs that were opened, the oldest first, and how many there are in all."""

    views: Sequence[RunView]
    total: int


def opened_runs(database: Database, wakes: EmbeddedWakeQueue, clock: Clock, root: Path, settings: Settings) -> Opened:
    """Let the runs begin in an empty world, without any plugin; what they wait for is waited for in a hurry."""
    with database.read() as db:
        total = sum(runs.counts(db).values())
    if total:
        world = empty_world(settings, root, clock.seconds)
        patience = Patience(settings.patience.trouble, settings.patience.hold, settings.owner)
        relations = relation_index(settings, world, database, clock)
        procedures = procedures_of(settings, world, Plugins({}, {}), database, relations)
        runner = Runner(database, procedures, wakes, clock, patience)
        for _ in range(_LOOKS):
            _advance(runner, wakes)
            clock.skip(settings.patience.commit)
            _wake_what_is_due(database, wakes, clock)
    return Opened(_views(database), total)


def _advance(runner: Runner, wakes: EmbeddedWakeQueue) -> None:
    for _ in range(MOST_RUNS):
        run = wakes.take_nowait()
        if run is None:
            return
        try:
            runner.advance(run)
        finally:
            wakes.release(run)


def _wake_what_is_due(database: Database, wakes: EmbeddedWakeQueue, clock: Clock) -> None:
    with database.read() as db:
        coming = runs.due(db, MOST_RUNS)
    for run, priority, at in coming:
        if at <= clock():
            wakes.wake(run, priority)


def _views(database: Database) -> list[RunView]:
    with database.read() as db:
        shown = [*reversed(runs.newest(db, MOST_RUNS))]
        return [RunView(run, [*runs.steps_of(db, run.id).values()], evidence.of_run(db, run.id)) for run in shown]
