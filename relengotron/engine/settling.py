"""How is the outcome of a step written down? With all that the step left aside, in one transaction."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from relengotron.decisions.spreading import spread
from relengotron.engine.attempt import Attempt, Clock, Saying
from relengotron.engine.journal import evidence, holds, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.troubled import Troubled, TroubledHold
from relengotron.engine.wakes import WakeQueue
from relengotron.engine.workflow import AnyWorkflow
from relengotron.model.codec import to_json
from relengotron.model.outcome import STEPS, Again, Done, Failed, Hold, Outcome, Running, Skipped
from relengotron.model.run import RunState, StepRecord, StepState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that kept its promise and left nothing aside; it is written with the next one that is not so brief."""

    step: str
    outcome: Done | Skipped
    began: datetime
    at: datetime
    is_new: bool
    """Whether the journal does not know of the step yet."""


class Settling:
    """Writes what came of steps; whoever waits for it is woken."""

    def __init__(self, database: Database, wakes: WakeQueue, clock: Clock) -> None:
        """Take the journal."""
        self._database = database
        self._wakes = wakes
        self._clock = clock

    def settle(self, attempt: Attempt, workflow: AnyWorkflow, outcome: Outcome, passed: Sequence[Passed] = ()) -> bool:
        """Write the outcome of a step, and those of the brief ones before it; True when the next may follow."""
        run, now = attempt.run, self._clock()
        with self._database.write() as db:
            write_passed(db, attempt, workflow, passed)
            write_step(db, attempt, workflow, outcome, now)
            started = write_what_was_left_aside(db, attempt, now)
            goes_on = _write_run(db, attempt, workflow, outcome, now)
            waiting = [] if workflow.is_brisk else _those_who_wait(db, f"{run.id} {attempt.step}", now)
        for opened, priority in started + waiting:
            self._wakes.wake(opened, priority)
        if attempt.must_look_again or isinstance(outcome, Again):
            self._wakes.wake(run.id, run.priority)
        if not isinstance(outcome, Done | Skipped):
            return False
        pass_by(attempt, outcome, now)
        return goes_on

    def write(self, attempt: Attempt, workflow: AnyWorkflow, passed: Sequence[Passed]) -> None:
        """Write what is left of brief steps where no other one followed."""
        if not passed:
            return
        with self._database.write() as db:
            write_passed(db, attempt, workflow, passed)


def pass_by(attempt: Attempt, outcome: Done | Skipped, now: datetime) -> Passed:
    """The next steps know of it at once, the journal a little later; after a crash in between it is looked at anew."""
    is_new = attempt.step not in attempt.steps
    passed = Passed(attempt.step, outcome, attempt.step_started_at, now, is_new)
    attempt.steps[attempt.step] = _record(attempt.run.id, passed)
    return passed


def write_passed(db: Connection, attempt: Attempt, workflow: AnyWorkflow, passed: Sequence[Passed]) -> None:
    """Write steps that left nothing aside; all that are new with one word."""
    run = attempt.run.id
    runs.add_steps(db, [_record(run, each) for each in passed if each.is_new])
    for each in passed:
        record = _record(run, each)
        if not each.is_new:
            runs.write_step(
                db, run, each.step, record.state, record.note, each.at, output=record.output, began=each.began
            )
        write_sayings(db, attempt, workflow.voice.stepped(attempt, each.step, record.state, record.note))


def _record(run: str, passed: Passed) -> StepRecord:
    state, note = _step_state(passed.outcome)
    output = to_json(passed.outcome.output) if isinstance(passed.outcome, Done) else None
    return StepRecord(run, passed.step, state, note, output, 0, None, started_at=passed.began, finished_at=passed.at)


def write_step(db: Connection, attempt: Attempt, workflow: AnyWorkflow, outcome: Outcome, now: datetime) -> None:
    """Write where a step stands now, and what is told of it."""
    if isinstance(outcome, Again):
        _go_back(db, attempt, workflow, outcome)
        return
    known = attempt.steps.get(attempt.step)
    troubles, since = 0, None
    if isinstance(outcome, Troubled | TroubledHold):
        troubles = (known.troubles if known is not None else 0) + 1
        since = (known.trouble_since if known is not None else None) or now
    state, note = _step_state(outcome)
    if _is_blip(outcome, known) and known is not None:
        state, note = known.state, known.note
    output = outcome.output if isinstance(outcome, Done) else None
    runs.write_step(
        db,
        attempt.run.id,
        attempt.step,
        state,
        note,
        now,
        output=output,
        troubles=troubles,
        trouble_since=since,
        began=attempt.step_started_at,
    )
    is_news = known is None or known.state is not state or known.note != note
    if _is_told(outcome, is_news):
        write_sayings(db, attempt, workflow.voice.stepped(attempt, attempt.step, state, note))


def write_what_was_left_aside(db: Connection, attempt: Attempt, now: datetime) -> list[tuple[str, int]]:
    """Write what a step noted, said, kept and started; the runs that it opened, with their priorities."""
    for item in attempt.notes:
        evidence.add(db, item)
    for write in attempt.writes:
        write(db)
    write_sayings(db, attempt, attempt.sayings)
    started = [(runs.open_run(db, start, now), start.priority) for start in attempt.starts]
    return [(opened, priority) for opened, priority in started if opened is not None]


def write_sayings(db: Connection, attempt: Attempt, sayings: Iterable[Saying]) -> None:
    """Let everybody hear of it, once for each key."""
    now = attempt.now()
    for each in sayings:
        answer_by = now + each.answer_within if each.answer_within is not None else None
        outbox.write(
            db,
            attempt.run.id,
            each.key,
            each.topic,
            each.body,
            now,
            recipients=each.recipients,
            answer_by=answer_by,
        )


def _go_back(db: Connection, attempt: Attempt, workflow: AnyWorkflow, again: Again) -> None:
    """The steps from there on up to the present one are walked once more; why is kept with each of them."""
    undone = workflow.between(again.step, attempt.step)
    for step in undone:
        attempt.note("step", step, "again", again.reason)
    runs.forget_steps(db, attempt.run.id, undone)
    if again.anew:
        runs.count_attempt(db, attempt.run.id)
    log.info("going back", extra={"run": attempt.run.id, "step": again.step, "reason": again.reason})


def _write_run(db: Connection, attempt: Attempt, workflow: AnyWorkflow, outcome: Outcome, now: datetime) -> bool:
    """Write where the run stands now; False when it was cancelled during the step, and stays so."""
    state, reason, again = _run_state(attempt, outcome, now)
    run = attempt.run.id
    if not runs.change(db, run, state, now, reason=reason, look_again_at=again, only_from=runs.GOING):
        return False
    if isinstance(outcome, Done | Skipped):
        if attempt.run.state is RunState.HELD:
            holds.close(db, run, now)
        return True  # what it waited for is forgotten with the next wait, or with its end
    if not isinstance(outcome, Troubled | TroubledHold | Failed):
        wanted = outcome.watches if isinstance(outcome, Running | Hold) else ()
        is_fresh = isinstance(outcome, Running) and outcome.is_fresh
        attempt.must_look_again = runs.watch(db, run, wanted) and not is_fresh
    if isinstance(outcome, Hold):
        if _is_told(outcome, holds.open_hold(db, run, attempt.step, outcome, now)):
            write_sayings(db, attempt, workflow.voice.held(attempt, outcome))
    elif state is not RunState.HELD:
        holds.close(db, run, now)
    if isinstance(outcome, Failed):
        write_sayings(db, attempt, workflow.voice.failed(attempt, outcome))
        log.error("run failed", extra={"run": run, "lane": attempt.run.lane, "reason": outcome.reason})
    return True


def _run_state(attempt: Attempt, outcome: Outcome, now: datetime) -> tuple[RunState, str, datetime | None]:
    known, run = attempt.steps.get(attempt.step), attempt.run.id
    match outcome:
        case Done() | Skipped():
            return RunState.OPEN, "", now
        case Again():
            return RunState.OPEN, outcome.reason, now
        case Running() if _is_blip(outcome, known) and known is not None:
            return RunState.HELD, known.note, now + outcome.look_again
        case Running():
            return RunState.OPEN, outcome.waiting_for, now + spread(run, outcome.look_again)
        case Hold():
            again = now + spread(run, outcome.look_again)
            if now < outcome.deadline:
                again = min(again, outcome.deadline)
            return RunState.HELD, "; ".join(outcome.missing), again
        case Failed():
            return RunState.FAILING, f"{outcome.kind}: {outcome.reason}", now


def _those_who_wait(db: Connection, step: str, now: datetime) -> list[tuple[str, int]]:
    """The runs that wait for a step, with their priorities; nobody waits for those of brisk procedures."""
    watching = runs.watchers(db, STEPS, [step])
    runs.look_now(db, watching, now)
    return [(each.id, each.priority) for each in runs.all_of(db, watching)]


def _is_told(outcome: Outcome, is_news: bool) -> bool:
    """Whether everybody hears of it: a step may keep its news to itself until they have settled."""
    tell = outcome.tell if isinstance(outcome, Running | Hold) else None
    return is_news if tell is None else tell


def _is_blip(outcome: Outcome, known: StepRecord | None) -> bool:
    """Whether a wait for people goes on, and only could not be looked at just now."""
    return isinstance(outcome, Troubled) and known is not None and known.state is StepState.HELD


def _step_state(outcome: Outcome) -> tuple[StepState, str]:
    match outcome:
        case Done():
            return StepState.DONE, ""
        case Skipped():
            return StepState.SKIPPED, outcome.reason
        case Running():
            return StepState.RUNNING, outcome.waiting_for
        case Hold():
            return StepState.HELD, "; ".join(outcome.missing)
        case Failed():
            return StepState.FAILED, f"{outcome.kind}: {outcome.reason}"
        case Again():
            return StepState.PENDING, outcome.reason
