"""How what we say leaves the house: after it is on disk, in order, until it is out."""

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import outbox
from relengotron.engine.journal.database import Database
from relengotron.errors import Permanent, Transient

log = logging.getLogger(__name__)


class Publisher(Protocol):
    """Puts one message on the bus under the id it was given."""

    def publish(self, topic: str, body: Mapping[str, Any], msg_id: str) -> None:
        """Send it.

        Raises:
            Transient: try again later.
        """
        ...


class Postman:
    """Sends what is in the outbox; the first trouble ends a round, so that the order is kept."""

    def __init__(self, database: Database, publisher: Publisher, clock: Clock) -> None:
        """Take the journal and the bus."""
        self._database = database
        self._publisher = publisher
        self._clock = clock

    def deliver(self, limit: int = 100) -> int:
        """Send up to ``limit`` messages and say how many went out."""
        with self._database.read() as db:
            waiting = outbox.unsent(db, limit)
        for count, message in enumerate(waiting):
            try:
                self._publisher.publish(message.topic, message.body, message.msg_id)
            except (Transient, Permanent) as trouble:
                log.warning("message not sent yet", extra={"topic": message.topic, "trouble": str(trouble)})
                with self._database.write() as db:
                    outbox.mark_trouble(db, message.id, str(trouble))
                return count
            with self._database.write() as db:
                outbox.mark_sent(db, message.id, self._clock())
        return len(waiting)
