"""How a run advances: step by step, each looking at the world, until one must wait."""

import logging
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from relengotron.decisions import retrying
from relengotron.engine.attempt import Attempt, Clock, Saying
from relengotron.engine.journal import effects, evidence, holds, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.wakes import WakeQueue
from relengotron.engine.workflow import Catalogue, Workflow
from relengotron.errors import DeadlineMissed, Permanent, PluginBroken, StateDisagrees, Transient
from relengotron.model.outcome import Done, Failed, FailureKind, Hold, Outcome, Running, Skipped
from relengotron.model.run import Run, RunState, StepState

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
        except Exception:
            log.exception("run parked: a defect in a step", extra={"run": run.id, "step": attempt.step})
            self._park(attempt, f"a defect in {attempt.step or 'the engine'}", traceback.format_exc(), workflow)
        self._on_written()

    def _advance(self, attempt: Attempt, workflow: Workflow[Any]) -> None:
        run = attempt.run
        context = workflow.context(attempt)
        if run.state is RunState.CANCELLING:
            self._undo(attempt, workflow, context)
            return
        if run.state is RunState.QUEUED:
            with self._database.write() as db:
                runs.change(db, run.id, RunState.OPEN, self._clock(), look_again_at=self._clock())
                self._write_sayings(db, attempt, workflow.voice.started(attempt))
        for step in workflow.steps:
            known = attempt.steps.get(step.__name__)
            if known is not None and known.state in (StepState.DONE, StepState.SKIPPED):
                continue
            attempt.begin_step(step.__name__)
            if not self._settle(attempt, workflow, self._take(step, context, attempt)):
                return
        self._finish(run, RunState.DONE, "")

    def _take(self, step: Callable[[Any], Outcome], context: Any, attempt: Attempt) -> Outcome:
        try:
            return step(context)
        except (Transient, StateDisagrees) as trouble:
            return self._trouble(attempt, trouble)
        except PluginBroken as broken:
            return Failed(FailureKind.PLUGIN, str(broken))
        except DeadlineMissed as late:
            return Failed(FailureKind.DEADLINE, str(late))
        except Permanent as refused:
            return Failed(FailureKind.REFUSED, str(refused))

    def _trouble(self, attempt: Attempt, trouble: Exception) -> Outcome:
        """Ask again later, with growing pauses; after a while a person is asked too."""
        known = attempt.steps.get(attempt.step)
        since = (known.trouble_since if known is not None else None) or self._clock()
        pause = retrying.pause_after(known.troubles if known is not None else 0)
        log.info("asking again later", extra={"run": attempt.run.id, "step": attempt.step, "trouble": str(trouble)})
        if retrying.needs_a_person(since, self._clock(), self._patience.trouble):
            return Hold(
                (str(trouble),),
                since + self._patience.trouble + self._patience.hold,
                self._patience.owner,
                "relengotron doctor",
                look_again=pause,
            )
        return _Troubled(f"{trouble}", look_again=pause)

    def _settle(self, attempt: Attempt, workflow: Workflow[Any], outcome: Outcome) -> bool:
        """Write the outcome of a step and all it left aside in one transaction; True when the next may follow."""
        run, now = attempt.run, self._clock()
        known = attempt.steps.get(attempt.step)
        troubles, since = 0, None
        if isinstance(outcome, _Troubled) or (isinstance(outcome, Hold) and known is not None and known.trouble_since):
            troubles = (known.troubles if known is not None else 0) + 1
            since = (known.trouble_since if known is not None else None) or now
        state, note = _step_state(outcome)
        with self._database.write() as db:
            output = outcome.output if isinstance(outcome, Done) else None
            runs.write_step(
                db, run.id, attempt.step, state, note, now, output=output, troubles=troubles, trouble_since=since
            )
            for item in attempt.notes:
                evidence.add(db, item)
            self._write_sayings(db, attempt, attempt.sayings)
            started = [(runs.open_run(db, start, now), start.priority) for start in attempt.starts]
            if known is None or known.state is not state or known.note != note:
                self._write_sayings(db, attempt, workflow.voice.stepped(attempt, attempt.step, state, note))
            self._write_run(db, attempt, workflow, outcome, now)
            attempt.steps = runs.steps_of(db, run.id)
        for opened, priority in started:
            if opened is not None:
                self._wakes.wake(opened, priority)
        if isinstance(outcome, Failed):
            self._wake_next(run.lane)
        return isinstance(outcome, (Done, Skipped))

    def _write_run(
        self, db: Connection, attempt: Attempt, workflow: Workflow[Any], outcome: Outcome, now: datetime
    ) -> None:
        run = attempt.run
        match outcome:
            case Done() | Skipped():
                holds.close(db, run.id, now)
                runs.change(db, run.id, RunState.OPEN, now, look_again_at=now)
                runs.watch(db, run.id, ())
            case Running():
                holds.close(db, run.id, now)
                runs.change(
                    db, run.id, RunState.OPEN, now, reason=outcome.waiting_for, look_again_at=now + outcome.look_again
                )
                runs.watch(db, run.id, outcome.watches)
            case Hold():
                is_news = holds.open_hold(db, run.id, attempt.step, outcome, now)
                again = min(now + outcome.look_again, max(outcome.deadline, now + timedelta(seconds=1)))
                runs.change(db, run.id, RunState.HELD, now, reason="; ".join(outcome.missing), look_again_at=again)
                runs.watch(db, run.id, outcome.watches)
                if is_news:
                    self._write_sayings(db, attempt, workflow.voice.held(attempt, outcome))
            case Failed():
                holds.close(db, run.id, now)
                runs.change(db, run.id, RunState.FAILED, now, reason=f"{outcome.kind}: {outcome.reason}")
                self._write_sayings(db, attempt, workflow.voice.failed(attempt, outcome))
                log.error("run failed", extra={"run": run.id, "lane": run.lane, "reason": outcome.reason})

    def _undo(self, attempt: Attempt, workflow: Workflow[Any], context: Any) -> None:
        """Take every effect back, the last one first, then call the run cancelled."""
        with self._database.read() as db:
            done = [each for each in effects.of_run(db, attempt.run.id) if not each.key.startswith("undo ")]
        attempt.begin_step("undo")
        for effect in reversed(done):

            def take_back(effect: Any = effect) -> bool:
                workflow.undo(context, effect)
                return True

            try:
                attempt.effect(f"undo {effect.key}", f"take back: {effect.what}", take_back, lambda _intent: None)
            except (Transient, StateDisagrees) as trouble:
                again = self._clock() + retrying.pause_after(3)
                with self._database.write() as db:
                    runs.change(
                        db, attempt.run.id, RunState.CANCELLING, self._clock(), reason=str(trouble), look_again_at=again
                    )
                return
        self._finish(attempt.run, RunState.CANCELLED, attempt.run.reason)

    def _finish(self, run: Run, state: RunState, reason: str) -> None:
        with self._database.write() as db:
            holds.close(db, run.id, self._clock())
            runs.change(db, run.id, state, self._clock(), reason=reason)
        log.info("run finished", extra={"run": run.id, "lane": run.lane, "state": str(state)})
        self._wake_next(run.lane)

    def _park(self, attempt: Attempt, reason: str, trace: str = "", workflow: Workflow[Any] | None = None) -> None:
        run, now = attempt.run, self._clock()
        failed = Failed(FailureKind.DEFECT, reason, {"traceback": trace})
        with self._database.write() as db:
            holds.close(db, run.id, now)
            runs.change(db, run.id, RunState.PARKED, now, reason=f"{reason} (relengotron runs show {run.id})")
            if attempt.step:
                runs.write_step(db, run.id, attempt.step, StepState.FAILED, trace or reason, now)
            if workflow is not None:
                self._write_sayings(db, attempt, workflow.voice.failed(attempt, failed))
        self._wake_next(run.lane)

    def _wake_next(self, lane: str) -> None:
        with self._database.read() as db:
            following = runs.next_in_lane(db, lane)
        if following is not None:
            self._wakes.wake(following.id, following.priority)

    def _write_sayings(self, db: Connection, attempt: Attempt, sayings: Iterable[Saying]) -> None:
        for saying in sayings:
            outbox.write(db, attempt.run.id, saying.key, saying.topic, saying.body, self._clock())


class _Troubled(Running):
    """Running only because the outside is in trouble."""


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
