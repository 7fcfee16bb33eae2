"""How a run advances: step by step, each looking at the world, until one must wait."""

import logging
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from relengotron.decisions import retrying
from relengotron.decisions.spreading import spread
from relengotron.engine.attempt import Attempt, Clock, Saying
from relengotron.engine.journal import effects, evidence, holds, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.wakes import WakeQueue
from relengotron.engine.workflow import Catalogue, Workflow
from relengotron.errors import DeadlineMissed, Permanent, PluginBroken, RelengError, StateDisagrees, Transient
from relengotron.model.outcome import STEPS, Again, Done, Failed, FailureKind, Hold, Outcome, Running, Skipped, Watch
from relengotron.model.run import EffectRecord, Run, RunState, StepRecord, StepState

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long trouble may last before a person is asked, who that is, and how long the hold lasts then."""

    trouble: timedelta = timedelta(minutes=30)
    hold: timedelta = timedelta(hours=24)
    owner: str = "releng"


class Runner:
    """Advances runs; every call looks at the world anew and may be repeated after any crash."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        wakes: WakeQueue,
        clock: Clock,
        patience: Patience | None = None,
        on_written: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the journal, the procedures and the clock; ``on_written`` is called when there may be news to send."""
        self._database = database
        self._catalogue = catalogue
        self._wakes = wakes
        self._clock = clock
        self._patience = patience or Patience()
        self._on_written = on_written

    def advance(self, run_id: str) -> None:
        """Let one run take every step it can take now."""
        with self._database.read() as db:
            run = runs.find(db, run_id)
            if run is None or run.state.is_finished or not runs.is_head_of_lane(db, run):
                return
            attempt = Attempt(run, self._database, self._clock, runs.steps_of(db, run.id))
        workflow = self._catalogue.get(run.workflow)
        if workflow is None:
            self._park(attempt, f"there is no workflow named {run.workflow!r} any more")
            return
        try:
            self._advance(attempt, workflow)
        except Transient:
            raise  # the journal is in trouble, not the run: it stays as it is and is woken again
        except (Exception, SystemExit):
            log.exception("run parked: a defect in a step", extra={"run": run.id, "step": attempt.step})
            self._park(attempt, f"a defect in {attempt.step or 'the engine'}", traceback.format_exc(), workflow)
        self._on_written()

    def _advance(self, attempt: Attempt, workflow: Workflow[Any]) -> None:
        run = attempt.run
        try:
            context = workflow.context(attempt)
        except (Transient, StateDisagrees) as trouble:
            self._look_later(run, trouble)
            return
        if run.state.is_being_taken_back:
            self._undo(attempt, workflow, context)
            return
        if run.state is RunState.QUEUED and not self._begin(attempt, workflow):
            return
        for step in workflow.steps:
            known = attempt.steps.get(step.__name__)
            if known is not None and known.state in (StepState.DONE, StepState.SKIPPED):
                continue
            attempt.begin_step(step.__name__)
            if not self._settle(attempt, workflow, self._take(step, context, attempt)):
                return
            if self._wakes.is_crowded:  # one step each, so that what is urgent need not wait for somebody's long walk
                self._wakes.wake(run.id, run.priority)
                return
        self._finish(run, RunState.DONE, "")

    def _begin(self, attempt: Attempt, workflow: Workflow[Any]) -> bool:
        """Take the lane and say so; False when it is another run's turn by now, or this one was called off."""
        run, now = attempt.run, self._clock()
        with self._database.write() as db:
            if not runs.is_head_of_lane(db, run):
                return False
            if not runs.change(db, run.id, RunState.OPEN, now, look_again_at=now, only_from=(RunState.QUEUED,)):
                return False
            self._write_sayings(db, attempt, workflow.voice.started(attempt))
        return True

    def _look_later(self, run: Run, trouble: Exception) -> None:
        now = self._clock()
        with self._database.write() as db:
            again = now + retrying.LONGEST_PAUSE / 10
            runs.change(db, run.id, run.state, now, reason=str(trouble), look_again_at=again, only_from=(run.state,))

    def _take(self, step: Callable[[Any], Outcome], context: Any, attempt: Attempt) -> Outcome:
        try:
            return step(context)
        except RelengError as raised:
            attempt.leave_nothing_aside()
            return self._outcome_of(attempt, raised)

    def _outcome_of(self, attempt: Attempt, raised: RelengError) -> Outcome:
        match raised:
            case Transient() | StateDisagrees():
                return self._trouble(attempt, raised)
            case PluginBroken():
                return Failed(FailureKind.PLUGIN, str(raised))
            case DeadlineMissed():
                return Failed(FailureKind.DEADLINE, str(raised))
            case _:
                return Failed(FailureKind.REFUSED, str(raised))

    def _trouble(self, attempt: Attempt, trouble: Exception) -> Outcome:
        """Ask again later, with growing pauses; after a while a person is asked too."""
        known = attempt.steps.get(attempt.step)
        since = (known.trouble_since if known is not None else None) or self._clock()
        pause = retrying.pause_after(known.troubles if known is not None else 0)
        log.info("asking again later", extra={"run": attempt.run.id, "step": attempt.step, "trouble": str(trouble)})
        if retrying.needs_a_person(since, self._clock(), self._patience.trouble):
            deadline = since + self._patience.trouble + self._patience.hold
            while deadline <= self._clock():
                deadline += self._patience.hold  # nobody came: ask again, aloud
            return _TroubledHold(
                (str(trouble),),
                deadline,
                self._patience.owner,
                "relengotron doctor",
                look_again=pause,
            )
        return _Troubled(f"{trouble}", look_again=pause)

    def _settle(self, attempt: Attempt, workflow: Workflow[Any], outcome: Outcome) -> bool:
        """Write the outcome of a step and all it left aside in one transaction; True when the next may follow."""
        run, now = attempt.run, self._clock()
        with self._database.write() as db:
            self._write_step(db, attempt, workflow, outcome, now)
            started = self._write_what_was_left_aside(db, attempt, now)
            goes_on = self._write_run(db, attempt, workflow, outcome, now)
            attempt.steps = runs.steps_of(db, run.id)
            watching = runs.watchers(db, Watch(STEPS, f"{run.id} {attempt.step}"))
            runs.look_now(db, watching, now)
            waiting = [runs.find(db, each) for each in watching]
        for opened, priority in started + [(each.id, each.priority) for each in waiting if each is not None]:
            self._wakes.wake(opened, priority)
        if attempt.must_look_again or isinstance(outcome, Again):
            self._wakes.wake(run.id, run.priority)
        if isinstance(outcome, Failed):
            self._wake_next(run.lane)
        return goes_on and isinstance(outcome, (Done, Skipped))

    def _write_step(
        self, db: Connection, attempt: Attempt, workflow: Workflow[Any], outcome: Outcome, now: datetime
    ) -> None:
        if isinstance(outcome, Again):
            self._go_back(db, attempt, workflow, outcome)
            return
        known = attempt.steps.get(attempt.step)
        troubles, since = 0, None
        if isinstance(outcome, _Troubled | _TroubledHold):
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
            self._write_sayings(db, attempt, workflow.voice.stepped(attempt, attempt.step, state, note))

    def _go_back(self, db: Connection, attempt: Attempt, workflow: Workflow[Any], again: Again) -> None:
        """The steps from there on up to the present one are walked once more; why is kept with each of them."""
        undone = workflow.between(again.step, attempt.step)
        for step in undone:
            attempt.note("step", step, "again", again.reason)
        runs.forget_steps(db, attempt.run.id, undone)
        if again.anew:
            runs.count_attempt(db, attempt.run.id)
        log.info("going back", extra={"run": attempt.run.id, "step": again.step, "reason": again.reason})

    def _write_what_was_left_aside(self, db: Connection, attempt: Attempt, now: datetime) -> list[tuple[str, int]]:
        """Write what a step noted, said, kept and started; the runs that it opened, with their priorities."""
        for item in attempt.notes:
            evidence.add(db, item)
        for write in attempt.writes:
            write(db)
        self._write_sayings(db, attempt, attempt.sayings)
        started = [(runs.open_run(db, start, now), start.priority) for start in attempt.starts]
        return [(opened, priority) for opened, priority in started if opened is not None]

    def _write_run(
        self, db: Connection, attempt: Attempt, workflow: Workflow[Any], outcome: Outcome, now: datetime
    ) -> bool:
        """Write where the run stands now; False when it was cancelled during the step, and stays so."""
        state, reason, again = self._run_state(attempt, outcome, now)
        run = attempt.run.id
        if not runs.change(db, run, state, now, reason=reason, look_again_at=again, only_from=runs.GOING):
            return False
        if not isinstance(outcome, _Troubled | _TroubledHold | Failed):
            wanted = outcome.watches if isinstance(outcome, Running | Hold) else ()
            attempt.must_look_again = runs.watch(db, run, wanted)
        if isinstance(outcome, Hold):
            if _is_told(outcome, holds.open_hold(db, run, attempt.step, outcome, now)):
                self._write_sayings(db, attempt, workflow.voice.held(attempt, outcome))
        elif state is not RunState.HELD:
            holds.close(db, run, now)
        if isinstance(outcome, Failed):
            self._write_sayings(db, attempt, workflow.voice.failed(attempt, outcome))
            log.error("run failed", extra={"run": run, "lane": attempt.run.lane, "reason": outcome.reason})
        return True

    def _run_state(self, attempt: Attempt, outcome: Outcome, now: datetime) -> tuple[RunState, str, datetime | None]:
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

    def _undo(self, attempt: Attempt, workflow: Workflow[Any], context: Any) -> None:
        """Take every effect back, the last one first, then call the run what it is: cancelled or failed."""
        attempt.begin_step(runs.UNDO)
        try:
            self._take_back(attempt, workflow, context)
        except (Transient, StateDisagrees) as trouble:
            self._undo_later(attempt, workflow, self._trouble(attempt, trouble))
            return
        except Permanent as refused:
            self._park(attempt, f"cannot be taken back: {refused}", workflow=workflow)
            return
        with self._database.write() as db:
            self._write_step(db, attempt, workflow, Done(), self._clock())
            self._write_what_was_left_aside(db, attempt, self._clock())
            if attempt.run.state is RunState.CANCELLING:
                self._write_sayings(db, attempt, workflow.voice.cancelled(attempt, attempt.run.reason))
        end = RunState.CANCELLED if attempt.run.state is RunState.CANCELLING else RunState.FAILED
        self._finish(attempt.run, end, attempt.run.reason)

    def _take_back(self, attempt: Attempt, workflow: Workflow[Any], context: Any) -> None:
        with self._database.read() as db:
            known = effects.of_run(db, attempt.run.id)
        made = [each for each in known if not each.is_decision and not each.key.startswith("undo ")]
        for effect in reversed(made):

            def take_back(effect: EffectRecord = effect) -> bool:
                workflow.undo(context, effect)
                return True

            attempt.effect(f"undo {effect.key}", f"take back: {effect.what}", take_back, lambda _intent: None)

    def _undo_later(self, attempt: Attempt, workflow: Workflow[Any], outcome: Outcome) -> None:
        run, now = attempt.run, self._clock()
        pause = outcome.look_again if isinstance(outcome, Running | Hold) else retrying.LONGEST_PAUSE
        with self._database.write() as db:
            self._write_step(db, attempt, workflow, outcome, now)
            self._write_what_was_left_aside(db, attempt, now)
            runs.change(db, run.id, run.state, now, reason=run.reason, look_again_at=now + pause)
            if isinstance(outcome, Hold) and holds.open_hold(db, run.id, attempt.step, outcome, now):
                self._write_sayings(db, attempt, workflow.voice.held(attempt, outcome))

    def _finish(self, run: Run, state: RunState, reason: str) -> None:
        now = self._clock()
        with self._database.write() as db:
            if not runs.change(db, run.id, state, now, reason=reason, only_from=_standing(run)):
                return
            holds.close(db, run.id, now)
        log.info("run finished", extra={"run": run.id, "lane": run.lane, "state": str(state)})
        self._wake_next(run.lane)

    def _park(self, attempt: Attempt, reason: str, trace: str = "", workflow: Workflow[Any] | None = None) -> None:
        run, now = attempt.run, self._clock()
        sayings = _last_words(attempt, workflow, Failed(FailureKind.DEFECT, reason, {"traceback": trace}))
        told = f"{reason} (relengotron runs show {run.id})"
        with self._database.write() as db:
            if not runs.change(db, run.id, RunState.PARKED, now, reason=told, only_from=_standing(run)):
                return
            holds.close(db, run.id, now)
            if attempt.step:
                runs.write_step(db, run.id, attempt.step, StepState.FAILED, trace or reason, now)
            self._write_sayings(db, attempt, sayings)
        self._wake_next(run.lane)

    def _wake_next(self, lane: str) -> None:
        with self._database.read() as db:
            following = runs.next_in_lane(db, lane)
        if following is not None:
            self._wakes.wake(following.id, following.priority)

    def _write_sayings(self, db: Connection, attempt: Attempt, sayings: Iterable[Saying]) -> None:
        now = self._clock()
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


class _Troubled(Running):
    """Running only because the outside is in trouble."""


class _TroubledHold(Hold):
    """Held only because the outside is in trouble for so long that a person should look."""


def _is_told(outcome: Outcome, is_news: bool) -> bool:
    """Whether everybody hears of it: a step may keep its news to itself until they have settled."""
    tell = outcome.tell if isinstance(outcome, Running | Hold) else None
    return is_news if tell is None else tell


def _is_blip(outcome: Outcome, known: StepRecord | None) -> bool:
    """Whether a wait for people goes on, and only could not be looked at just now."""
    return isinstance(outcome, _Troubled) and known is not None and known.state is StepState.HELD


def _standing(run: Run) -> tuple[RunState, ...]:
    """Where the run may stand for what this attempt writes: a cancel that came meanwhile wins."""
    return (run.state,) if run.state.is_being_taken_back else runs.GOING


def _last_words(attempt: Attempt, workflow: Workflow[Any] | None, failed: Failed) -> list[Saying]:
    if workflow is None:
        return []
    try:
        return list(workflow.voice.failed(attempt, failed))
    except Exception:
        log.exception("a parked run could not say so", extra={"run": attempt.run.id})
        return []


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
