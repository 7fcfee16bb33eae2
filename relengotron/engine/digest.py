"""How a stored message becomes intents: understood once, carried out in the same transaction."""

import logging
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import audit, effects, holds, inbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState, StoredMessage
from relengotron.engine.wakes import WakeQueue
from relengotron.errors import MalformedInput, Transient
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.model.events import Event, Ignored
from relengotron.model.intents import Cancel, Intent, Retry, Start, Wake
from relengotron.model.run import Run, RunState

log = logging.getLogger(__name__)

Route = Callable[[Event, str], Iterable[Intent]]


class Digest:
    """Works through the inbox, oldest first; one bad message never stands in the way of the next."""

    def __init__(self, database: Database, route: Route, wakes: WakeQueue, clock: Clock) -> None:
        """Take the journal and the table that says what an event leads to."""
        self._database = database
        self._route = route
        self._wakes = wakes
        self._clock = clock

    def work(self, limit: int = 200) -> int:
        """Settle up to ``limit`` messages and say how many there were."""
        with self._database.read() as db:
            messages = inbox.unsettled(db, limit)
        for message in messages:
            self._settle(message)
        return len(messages)

    def _settle(self, message: StoredMessage) -> None:
        state, reason, intents = self._understand(message)
        try:
            woken = self._write(message, state, reason, intents)
        except Transient:
            raise  # the journal is in trouble, not the message
        except Exception as defect:
            log.exception("message parked: a defect in what it leads to", extra={"msg_id": message.msg_id})
            woken = self._write(message, MessageState.PARKED, f"defect: {defect!r}", [])
        for run in woken:
            self._wakes.wake(run.id, run.priority)

    def _write(self, message: StoredMessage, state: MessageState, reason: str, intents: Iterable[Intent]) -> list[Run]:
        with self._database.write() as db:
            woken = [run for intent in intents for run in self._carry_out(db, intent)]
            inbox.settle(db, message.id, state, reason, self._clock())
        return woken

    def _understand(self, message: StoredMessage) -> tuple[MessageState, str, list[Intent]]:
        try:
            event = understand(Envelope.read(message.raw))
            if isinstance(event, Ignored):
                return MessageState.IGNORED, event.reason, []
            intents = list(self._route(event, message.msg_id))
        except MalformedInput as broken:
            log.warning("message parked", extra={"msg_id": message.msg_id, "reason": str(broken)})
            return MessageState.PARKED, str(broken), []
        except Exception as defect:
            log.exception("message parked: a defect in its handler", extra={"msg_id": message.msg_id})
            return MessageState.PARKED, f"defect: {defect!r}", []
        if not intents:
            return MessageState.IGNORED, f"{type(event).__name__} that no run waits for", []
        return MessageState.HANDLED, ", ".join(type(intent).__name__ for intent in intents), intents

    def _carry_out(self, db: Connection, intent: Intent) -> list[Run]:
        match intent:
            case Start():
                opened = runs.open_run(db, intent, self._clock())
                return _found(db, opened)
            case Wake():
                return [run for each in runs.watchers(db, intent.watch) for run in _found(db, each)]
            case Retry():
                return self._retry(db, intent)
            case Cancel():
                return self._cancel(db, intent)

    def _retry(self, db: Connection, intent: Retry) -> list[Run]:
        run = runs.find(db, intent.run)
        if run is None or run.state is RunState.QUEUED or runs.why_over(db, run) is not None:
            return []
        audit.note(db, intent.agent, "retry", run.id, self._clock())
        runs.begin_attempt(db, run.id, self._clock())
        return _found(db, run.id)

    def _cancel(self, db: Connection, intent: Cancel) -> list[Run]:
        run = runs.find(db, intent.run)
        if run is None or runs.why_over(db, run) is not None:
            return []
        audit.note(db, intent.agent, f"cancel: {intent.reason}", run.id, self._clock())
        holds.close(db, run.id, self._clock())
        reason = f"cancelled by {intent.agent}: {intent.reason}"
        if run.state is RunState.QUEUED and not effects.of_run(db, run.id):
            runs.change(db, run.id, RunState.CANCELLED, self._clock(), reason=reason)
            following = runs.next_in_lane(db, run.lane)
            return [] if following is None else [following]
        runs.change(db, run.id, RunState.CANCELLING, self._clock(), reason=reason, look_again_at=self._clock())
        return _found(db, run.id)


def _found(db: Connection, run: str | None) -> list[Run]:
    found = runs.find(db, run) if run is not None else None
    return [] if found is None else [found]
