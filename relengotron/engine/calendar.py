"""Who opens the runs that no message asks for? The calendar: one run for each moment, or for each wish of a person."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from relengotron.decisions import scheduling
from relengotron.engine.attempt import Clock
from relengotron.engine.journal import calendar as journal
from relengotron.engine.journal import runs
from relengotron.engine.journal.calendar import Remembered
from relengotron.engine.journal.database import Database
from relengotron.engine.wakes import WakeQueue
from relengotron.model.appointment import Appointment
from relengotron.model.intents import Start

log = logging.getLogger(__name__)

LOOKS_EVERY: Final = timedelta(seconds=5)


class Calendar:
    """Opens a run when an appointment is due; what was slept through is made good once.

    An appointment whose last run is still on its way, or waits for people, gets no second one: the newest moment is
    made good when that has ended. The key of a run names its moment, so that two daemons never open two.
    """

    def __init__(self, database: Database, appointments: Sequence[Appointment], clock: Clock, wakes: WakeQueue) -> None:
        """Take the journal and what the configuration wants done again and again."""
        self._database = database
        self._appointments = appointments
        self._clock = clock
        self._wakes = wakes

    def work(self) -> int:
        """Open what is due, and say how many runs that were."""
        if not self._appointments:
            return 0
        with self._database.read() as db:
            known = journal.every(db)
            wanted = [each for each in self._appointments if self._is_wanted(db, each, known.get(each.name))]
        opened = [(self._keep(each), each) for each in wanted]
        for run, each in opened:
            if run is not None:
                log.info("the calendar opened a run", extra={"appointment": each.name, "run": run})
                self._wakes.wake(run, each.priority)
        return sum(run is not None for run, _ in opened)

    def _is_wanted(self, db: Connection, each: Appointment, known: Remembered | None) -> bool:
        """Whether there is something to write: it is new, has another rhythm, is due or wished for."""
        now = self._clock()
        if known is None or known.rhythm != str(each.rhythm) or known.since > now:
            return True
        is_due = known.wish is not None or scheduling.due(each.rhythm, known.since, now) is not None
        return is_due and not _is_going_on(db, known)

    def _keep(self, each: Appointment) -> str | None:
        with self._database.write() as db:
            known = journal.find(db, each.name)
            now = self._clock()
            if known is None or known.rhythm != str(each.rhythm) or known.since > now:
                # Nothing is made good of the time before it was written down, or of a clock that was wrong.
                journal.settle(db, each.name, str(each.rhythm), now)
                return None
            moment = scheduling.due(each.rhythm, known.since, now)
            if _is_going_on(db, known) or (moment is None and known.wish is None):
                return None  # another daemon was faster
            run = runs.open_run(db, _start(each, moment, known.wish), now)
            journal.settle(db, each.name, known.rhythm, moment or known.since)
            if run is not None:
                journal.note_run(db, each.name, run)
            return run


def _is_going_on(db: Connection, known: Remembered) -> bool:
    last = runs.find(db, known.run) if known.run is not None else None
    return last is not None and not last.state.is_finished


def _start(each: Appointment, moment: datetime | None, wish: str | None) -> Start:
    """A wish that comes when something is due anyway is fulfilled by that."""
    when = wish if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    key = f"calendar {each.name} {when}"
    return Start(each.workflow, each.lane, key, each.request, trigger_msg_id=wish or key, priority=each.priority)
