"""The moving parts of the daemon: a few threads, each turning one wheel until it is told to stop."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.runner import Runner
from relengotron.engine.wakes import LEISURE, WakeQueue

log = logging.getLogger(__name__)

CALENDAR_LOOKS_EVERY = timedelta(seconds=5)
SHORTEST_CALENDAR_PAUSE = timedelta(milliseconds=100)
PAUSE_AFTER_A_STUMBLE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Wheel:
    """One kind of work: it turns when pushed, and every so often by itself.

    ``work`` says how much it did. A wheel that ``drains`` turns again at once until there is nothing left to do. Who
    ``rests`` does not turn again before that, however often it is pushed: one turn for all that came meanwhile.
    """

    name: str
    work: Callable[[], int]
    every: timedelta
    drains: bool = True
    rests: timedelta = timedelta(0)
    pushed: Event = field(default_factory=Event)


class Works:
    """Everything that runs beside the bus: the wheels, the calendar and the workers that advance runs."""

    def __init__(
        self,
        database: Database,
        runner: Runner,
        wakes: WakeQueue,
        clock: Clock,
        wheels: tuple[Wheel, ...],
        workers: int = 4,
    ) -> None:
        """Take the parts; nothing moves before ``start``."""
        self._database = database
        self._runner = runner
        self._wakes = wakes
        self._clock = clock
        self._wheels = wheels
        self._workers = workers
        self._stopping = Event()
        self._calendar_changed = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Set every wheel going.

        Runs that were on their way go on. Those that wait need not all look at the world: the poll, which begins at
        once, asks about everything that they wait for, and the calendar calls those whose time came meanwhile.
        """
        with self._database.read() as db:
            on_their_way = [run for run in runs.heads_of_lanes(db) if run.is_on_its_way]
        for run in on_their_way:
            self._wakes.wake(run.id, run.priority)
        for wheel in self._wheels:
            self._spawn(wheel.name, self._turn, wheel)
        self._spawn("calendar", self._keep_calendar)
        for number in range(self._workers):
            self._spawn(f"worker-{number}", self._advance_runs)

    def stop_soon(self) -> None:
        """Begin nothing any more; returns at once."""
        self._stopping.set()
        self._wakes.close()
        self._calendar_changed.set()
        for wheel in self._wheels:
            wheel.pushed.set()

    def stop(self, patience: timedelta = timedelta(seconds=30)) -> None:
        """Let every wheel finish its turn; what is not begun stays in the journal for the next start."""
        self.stop_soon()
        end = time.monotonic() + patience.total_seconds()
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
            if thread.is_alive():
                log.warning("still at work, left behind", extra={"thread": thread.name})

    def _spawn(self, name: str, target: Callable[..., None], *arguments: object) -> None:
        thread = Thread(target=target, args=arguments, name=f"relengotron-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _turn(self, wheel: Wheel) -> None:
        while not self._stopping.is_set():
            wheel.pushed.clear()
            try:
                while wheel.work() and wheel.drains and not self._stopping.is_set():
                    pass
            except Exception:
                log.exception("a wheel stumbled and goes on", extra={"wheel": wheel.name})
                self._stopping.wait(PAUSE_AFTER_A_STUMBLE.total_seconds())
            self._stopping.wait(wheel.rests.total_seconds())
            if not self._stopping.is_set():  # stop() may have pushed before the wheel was cleared
                wheel.pushed.wait(wheel.every.total_seconds())

    def _advance_runs(self) -> None:
        while (run := self._wakes.take()) is not None:
            try:
                self._runner.advance(run)
            except Exception:
                log.exception("a run could not be advanced now", extra={"run": run})
                self._stopping.wait(PAUSE_AFTER_A_STUMBLE.total_seconds())
            finally:
                self._wakes.release(run)
                self._calendar_changed.set()

    def _keep_calendar(self) -> None:
        while not self._stopping.is_set():
            self._calendar_changed.clear()
            pause = CALENDAR_LOOKS_EVERY
            try:
                pause = self._wake_what_is_due()
            except Exception:
                log.exception("the calendar stumbled and goes on")
            if not self._stopping.wait(SHORTEST_CALENDAR_PAUSE.total_seconds()):
                self._calendar_changed.wait(pause.total_seconds())

    def _wake_what_is_due(self) -> timedelta:
        """Wake each run that wanted to look again by now; say how long until the next one wants to."""
        with self._database.read() as db:
            coming = runs.due(db, 100)
        now = self._clock()
        for run, priority, at in coming:
            if at > now:
                return min(at - now, CALENDAR_LOOKS_EVERY)
            self._wakes.remind(run, priority + LEISURE)
        return CALENDAR_LOOKS_EVERY
