"""How a run advances: step by step, each looking at the world, until one must wait."""

import logging
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from relengotron.decisions import retrying
from relengotron.engine.attempt import Attempt, Clock, Saying
from relengotron.engine.journal import effects, holds, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.settling import (
    Passed,
    Settling,
    pass_by,
    write_sayings,
    write_step,
    write_what_was_left_aside,
)
from relengotron.engine.troubled import Patience, outcome_of, troubled
from relengotron.engine.wakes import WakeQueue
from relengotron.engine.workflow import AnyWorkflow, Catalogue
from relengotron.errors import Permanent, RelengError, StateDisagrees, Transient
from relengotron.model.outcome import Done, Failed, FailureKind, Hold, Outcome, Running, Skipped
from relengotron.model.run import EffectRecord, Run, RunState, StepState

log = logging.getLogger(__name__)


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
        self._settling = Settling(database, wakes, clock)

    def advance(self, run_id: str) -> None:
        """Let one run take every step it can take now."""
        with self._database.read() as db:
            run = runs.at_its_turn(db, run_id)
            if run is None:
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

    def _advance(self, attempt: Attempt, workflow: AnyWorkflow) -> None:
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
        passed: list[Passed] = []
        for step in workflow.steps:
            known = attempt.steps.get(step.__name__)
            if known is not None and known.state in (StepState.DONE, StepState.SKIPPED):
                continue
            attempt.begin_step(step.__name__)
            outcome = self._take(step, context, attempt)
            if isinstance(outcome, Done | Skipped) and workflow.is_brisk and attempt.has_nothing_aside:
                passed.append(pass_by(attempt, outcome, self._clock()))
                continue
            if not self._settle(attempt, workflow, outcome, passed):
                return
            passed.clear()
            # One step each in a crowd, so that what is urgent need not wait for somebody's long walk.
            if self._wakes.is_crowded and not workflow.is_brisk:
                self._wakes.wake(run.id, run.priority)
                return
        self._settling.write(attempt, workflow, passed)
        self._finish(run, RunState.DONE, "")

    def _begin(self, attempt: Attempt, workflow: AnyWorkflow) -> bool:
        """Take the lane and say so; False when it is another run's turn by now, or this one was called off."""
        run, now = attempt.run, self._clock()
        with self._database.write() as db:
            if not runs.is_head_of_lane(db, run):
                return False
            if not runs.change(db, run.id, RunState.OPEN, now, look_again_at=now, only_from=(RunState.QUEUED,)):
                return False
            write_sayings(db, attempt, workflow.voice.started(attempt))
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
            return outcome_of(attempt, raised, self._patience, self._clock())

    def _settle(self, attempt: Attempt, workflow: AnyWorkflow, outcome: Outcome, passed: Sequence[Passed]) -> bool:
        goes_on = self._settling.settle(attempt, workflow, outcome, passed)
        if isinstance(outcome, Failed):
            self._wake_next(attempt.run.lane)
        return goes_on

    def _undo(self, attempt: Attempt, workflow: AnyWorkflow, context: Any) -> None:
        """Take every effect back, the last one first, then call the run what it is: cancelled or failed."""
        attempt.begin_step(runs.UNDO)
        try:
            self._take_back(attempt, workflow, context)
        except (Transient, StateDisagrees) as trouble:
            self._undo_later(attempt, workflow, troubled(attempt, trouble, self._patience, self._clock()))
            return
        except Permanent as refused:
            self._park(attempt, f"cannot be taken back: {refused}", workflow=workflow)
            return
        with self._database.write() as db:
            write_step(db, attempt, workflow, Done(), self._clock())
            write_what_was_left_aside(db, attempt, self._clock())
            if attempt.run.state is RunState.CANCELLING:
                write_sayings(db, attempt, workflow.voice.cancelled(attempt, attempt.run.reason))
        end = RunState.CANCELLED if attempt.run.state is RunState.CANCELLING else RunState.FAILED
        self._finish(attempt.run, end, attempt.run.reason)

    def _take_back(self, attempt: Attempt, workflow: AnyWorkflow, context: Any) -> None:
        with self._database.read() as db:
            known = effects.of_run(db, attempt.run.id)
        made = [each for each in known if not each.is_decision and not each.key.startswith("undo ")]
        for effect in reversed(made):

            def take_back(effect: EffectRecord = effect) -> bool:
                workflow.undo(context, effect)
                return True

            attempt.effect(f"undo {effect.key}", f"take back: {effect.what}", take_back, lambda _intent: None)

    def _undo_later(self, attempt: Attempt, workflow: AnyWorkflow, outcome: Outcome) -> None:
        run, now = attempt.run, self._clock()
        pause = outcome.look_again if isinstance(outcome, Running | Hold) else retrying.LONGEST_PAUSE
        with self._database.write() as db:
            write_step(db, attempt, workflow, outcome, now)
            write_what_was_left_aside(db, attempt, now)
            runs.change(db, run.id, run.state, now, reason=run.reason, look_again_at=now + pause)
            if isinstance(outcome, Hold) and holds.open_hold(db, run.id, attempt.step, outcome, now):
                write_sayings(db, attempt, workflow.voice.held(attempt, outcome))

    def _finish(self, run: Run, state: RunState, reason: str) -> None:
        now = self._clock()
        with self._database.write() as db:
            if not runs.change(db, run.id, state, now, reason=reason, only_from=_standing(run)):
                return
            holds.close(db, run.id, now)
        log.info("run finished", extra={"run": run.id, "lane": run.lane, "state": str(state)})
        self._wake_next(run.lane)

    def _park(self, attempt: Attempt, reason: str, trace: str = "", workflow: AnyWorkflow | None = None) -> None:
        run, now = attempt.run, self._clock()
        sayings = _last_words(attempt, workflow, Failed(FailureKind.DEFECT, reason, {"traceback": trace}))
        told = f"{reason} (relengotron runs show {run.id})"
        with self._database.write() as db:
            if not runs.change(db, run.id, RunState.PARKED, now, reason=told, only_from=_standing(run)):
                return
            holds.close(db, run.id, now)
            if attempt.step:
                runs.write_step(db, run.id, attempt.step, StepState.FAILED, trace or reason, now)
            write_sayings(db, attempt, sayings)
        self._wake_next(run.lane)

    def _wake_next(self, lane: str) -> None:
        with self._database.read() as db:
            following = runs.next_in_lane(db, lane)
        if following is not None:
            self._wakes.wake(following.id, following.priority)


def _standing(run: Run) -> tuple[RunState, ...]:
    """Where the run may stand for what this attempt writes: a cancel that came meanwhile wins."""
    return (run.state,) if run.state.is_being_taken_back else runs.GOING


def _last_words(attempt: Attempt, workflow: AnyWorkflow | None, failed: Failed) -> list[Saying]:
    if workflow is None:
        return []
    try:
        return list(workflow.voice.failed(attempt, failed))
    except Exception:
        log.exception("a parked run could not say so", extra={"run": attempt.run.id})
        return []
