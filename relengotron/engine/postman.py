"""How what we say leaves the house: after it is on disk, in order, until it is out."""

import logging

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import outbox
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.outbox import OutboxMessage
from relengotron.errors import Transient
from relengotron.messages.outgoing import OutgoingMessage
from relengotron.systems.bus.port import Bus

log = logging.getLogger(__name__)


class Postman:
    """Sends what is in the outbox in order: a bus in trouble ends the round, a refused message holds back its run."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        """Take the journal and the bus."""
        self._database = database
        self._bus = bus
        self._clock = clock

    def deliver(self, limit: int = 100) -> int:
        """Send up to ``limit`` messages and say how many went out."""
        with self._database.read() as db:
            waiting = outbox.unsent(db, limit)
        sent = 0
        held_back: set[str | None] = set()
        for message in waiting:
            if message.run in held_back:
                continue
            try:
                self._bus.publish(OutgoingMessage(message.topic, message.body), message.msg_id)
            except Transient as trouble:
                self._keep(message, trouble)
                return sent
            except Exception as refusal:
                log.exception("message not sent: it is not accepted", extra={"topic": message.topic})
                self._keep(message, refusal)
                held_back.add(message.run)
                continue
            with self._database.write() as db:
                outbox.mark_sent(db, message.id, self._clock())
            sent += 1
        return sent

    def _keep(self, message: OutboxMessage, trouble: Exception) -> None:
        log.warning("message not sent yet", extra={"topic": message.topic, "trouble": str(trouble)})
        with self._database.write() as db:
            outbox.mark_trouble(db, message.id, f"{type(trouble).__name__}: {trouble}")
