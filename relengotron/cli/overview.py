"""What is going on, what waits, and who must act? Read from the journal in a few short queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from relengotron.engine.journal import audit, evidence, holds, inbox, outbox, refusals, runs
from relengotron.engine.journal.inbox import MessageState, StoredMessage
from relengotron.engine.journal.outbox import OutboxMessage
from relengotron.engine.journal.parked import Wanted, count
from relengotron.engine.journal.refusals import Refusal
from relengotron.messages.orders import ORDERS
from relengotron.model.gated import gate_of_lane
from relengotron.model.run import Evidence, HoldRecord, Run, RunState, StepRecord, StepState

OVERDUE_AFTER: Final = timedelta(minutes=2)
"""A daemon that is up looks at everything that is due much sooner."""

_MOST_WAITING: Final = 10_000
_NEEDS_A_PERSON: Final = (RunState.FAILED, RunState.PARKED)
_SETBACKS: Final = ("ejected", "failed", "given up", "ignored", "left behind", "missing")
_RECENT: Final = 50


@dataclass(frozen=True, slots=True)
class LaneView:
    """One lane: the run that has it, how many wait behind it, and what it waits for."""

    lane: str
    run: Run | None
    step: StepRecord | None
    hold: HoldRecord | None
    queued: int
    setbacks: Sequence[Evidence] = ()

    @property
    def needs_a_person(self) -> bool:
        """Whether nothing happens here until somebody acts."""
        return self.hold is not None or (self.run is not None and self.run.state in _NEEDS_A_PERSON)

    @property
    def command(self) -> str | None:
        """What a person can type to get it going again."""
        if self.hold is not None:
            return self.hold.command
        if self.run is not None and self.run.state in _NEEDS_A_PERSON:
            return f"relengotron runs retry {self.run.id}"
        return None


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole daemon at one moment."""

    at: datetime
    runs: dict[RunState, int]
    messages: dict[MessageState, int]
    last_received: datetime | None
    parked: Sequence[StoredMessage]
    refused: Sequence[Refusal]
    unsent: int
    unsent_since: datetime | None
    not_accepted: Sequence[OutboxMessage]
    lanes: Sequence[LaneView]
    parked_orders: int = 0
    daemon_runs: bool = True
    is_outdated: bool = False
    """Whether the running daemon has read another configuration than the one on disk."""

    @property
    def overdue_since(self) -> datetime | None:
        """Since when something is due that a running daemon would have done; None when all is in time."""
        due = [view.run.look_again_at for view in self.lanes if view.run and not view.run.state.is_finished]
        late = [moment for moment in due if moment is not None and self.at - moment > OVERDUE_AFTER]
        return min(late, default=None)


def overview(
    db: Connection,
    configured: Sequence[str],
    now: datetime,
    *,
    daemon_runs: bool = True,
    configuration: str | None = None,
    parked: int = 3,
) -> Overview:
    """Look at everything once; ``configured`` lanes are shown even when they are idle."""
    heads = {run.lane: run for run in runs.heads_of_lanes(db) if gate_of_lane(run.lane) is None}
    waiting: dict[str, int] = {}
    for run in runs.newest(db, _MOST_WAITING, states=runs.UNFINISHED) if heads else ():
        waiting[run.lane] = waiting.get(run.lane, 0) + 1
    lanes = list(dict.fromkeys([*configured, *sorted(heads), *_lanes_with_news(db)]))
    unsent = outbox.unsent(db, 1)
    return Overview(
        at=now,
        runs=runs.counts(db),
        messages=inbox.counts(db),
        last_received=inbox.last_received(db),
        parked=inbox.parked(db, parked),
        refused=refusals.of_all(db),
        unsent=outbox.backlog(db),
        unsent_since=unsent[0].written_at if unsent else None,
        not_accepted=outbox.refused(db),
        lanes=[_lane(db, lane, heads.get(lane), waiting.get(lane, 0)) for lane in lanes],
        parked_orders=sum(count(db, Wanted(topic=order)) for order in ORDERS),
        daemon_runs=daemon_runs,
        is_outdated=daemon_runs and _is_outdated(db, configuration),
    )


def _is_outdated(db: Connection, configuration: str | None) -> bool:
    """Nobody knows of a daemon that never wrote down what it had read."""
    started_with = audit.started_with(db)
    return configuration is not None and started_with is not None and started_with != configuration


def _lanes_with_news(db: Connection) -> list[str]:
    """Lanes that no configuration names, such as those of requests, whose last run tells of something gone wrong.

    What goes wrong at gates has a page of its own.
    """
    last = {run.lane: run for run in reversed(runs.newest(db, _RECENT)) if gate_of_lane(run.lane) is None}
    return [lane for lane, run in last.items() if run.state in _NEEDS_A_PERSON or _setbacks(db, run)]


def _lane(db: Connection, lane: str, head: Run | None, waiting: int) -> LaneView:
    if head is not None:
        step, hold = current_step(runs.steps_of(db, head.id)), holds.open_of(db, head.id)
        return LaneView(lane, head, step, hold, waiting - 1, _setbacks(db, head))
    last = next(iter(runs.newest(db, 1, lane=lane)), None)
    if last is None:
        return LaneView(lane, None, None, None, 0)
    step = current_step(runs.steps_of(db, last.id)) if last.state in _NEEDS_A_PERSON else None
    return LaneView(lane, last, step, None, 0, _setbacks(db, last))


def _setbacks(db: Connection, run: Run) -> list[Evidence]:
    """What a run left behind or lost on its way; its other parts go on."""
    newest = {(each.subject_kind, each.subject): each for each in evidence.of_run(db, run.id)}
    return [each for each in newest.values() if each.state in _SETBACKS]


def current_step(steps: dict[str, StepRecord]) -> StepRecord | None:
    """The step that a run is at, or stopped at."""
    unfinished = [each for each in steps.values() if each.state not in (StepState.DONE, StepState.SKIPPED)]
    return unfinished[-1] if unfinished else None
