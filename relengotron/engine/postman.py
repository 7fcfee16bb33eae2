"""How what we say leaves the house: after it is on disk, in order, until it is out, and until it is acknowledged."""

import logging
from typing import Final

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import acknowledgements, outbox
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.outbox import OutboxMessage
from relengotron.errors import Transient
from relengotron.messages.outgoing import OutgoingMessage
from relengotron.systems.bus.port import Bus

log = logging.getLogger(__name__)

REPEATS_A_ROUND: Final = 10
"""What is said again waits behind what is new, and never for long before it."""


class Postman:
    """Sends what is in the outbox in order: a bus in trouble ends the round, a refused message holds back its run."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        """Take the journal and the bus."""
        self._database = database
        self._bus = bus
        self._clock = clock

    def deliver(self, limit: int = 100) -> int:
        """Send up to ``limit`` new messages, then say again what was not answered; how many went out."""
        with self._database.read() as db:
            new = outbox.ready(db, self._clock(), limit)
            unanswered = acknowledgements.to_repeat(db, self._clock(), REPEATS_A_ROUND)
        sent = 0
        held_back: set[str] = set()
        for message in (*new, *unanswered):
            if message.sent_at is None and message.run in held_back:
                continue
            try:
                self._say(message)
            except Transient as trouble:
                self._keep(message, trouble)
                return sent
            except Exception as refusal:
                log.exception("message not sent: it is not accepted", extra={"topic": message.topic})
                self._put_off(message, refusal)
                held_back |= set() if message.run is None else {message.run}
                continue
            sent += 1
        return sent

    def _say(self, message: OutboxMessage) -> None:
        told = OutgoingMessage(message.topic, message.body, wants_answer=bool(message.recipients))
        self._bus.publish(told, message.msg_id)
        with self._database.write() as db:
            if message.sent_at is None:
                outbox.mark_sent(db, message.id, self._clock())
            else:
                outbox.mark_repeated(db, message.id, self._clock())

    def _keep(self, message: OutboxMessage, trouble: Transient) -> None:
        log.warning("message not sent yet", extra={"topic": message.topic, "trouble": str(trouble)})
        with self._database.write() as db:
            outbox.mark_trouble(db, message.id, _words(trouble))

    def _put_off(self, message: OutboxMessage, refusal: Exception) -> None:
        with self._database.write() as db:
            outbox.mark_refused(db, message.id, _words(refusal), self._clock())


def _words(trouble: Exception) -> str:
    return f"{type(trouble).__name__}: {trouble}"
