"""How a message comes in: stored first, understood later."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import inbox
from relengotron.engine.journal.database import Database
from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.messages.keys import business_key
from relengotron.model.events import Ignored

log = logging.getLogger(__name__)


class Intake:
    """The only door for messages: ``store`` returns when the message is on disk."""

    def __init__(self, database: Database, clock: Clock, on_stored: Callable[[], None] = lambda: None) -> None:
        """Take the journal; ``on_stored`` is called after each new message."""
        self._database = database
        self._clock = clock
        self._on_stored = on_stored

    def store(self, raw: Mapping[str, Any]) -> bool:
        """Keep a message as it came; False when it is here already. What cannot be read is parked, not lost."""
        try:
            envelope = Envelope.read(raw)
        except MalformedInput as broken:
            return self._park(raw, str(broken))
        with self._database.write() as db:
            is_new = inbox.store(
                db,
                msg_id=envelope.msg_id,
                business_key=_business_key(envelope),
                topic=envelope.topic,
                raw=envelope.raw,
                now=self._clock(),
            )
        if is_new:
            self._on_stored()
        return is_new

    def _park(self, raw: Any, reason: str) -> bool:
        text = json.dumps(raw, sort_keys=True, default=repr)[:65536]
        topic = raw.get("topic") if isinstance(raw, Mapping) else None
        with self._database.write() as db:
            is_new = inbox.store(
                db,
                msg_id=f"unreadable-{hashlib.sha256(text.encode()).hexdigest()}",
                business_key=None,
                topic=topic[:256] if isinstance(topic, str) else "unreadable",
                raw={"unreadable": text},
                now=self._clock(),
                parked_because=reason,
            )
        log.warning("message parked", extra={"reason": reason})
        return is_new


def _business_key(envelope: Envelope) -> str | None:
    try:
        event = understand(envelope)
    except MalformedInput:
        return None
    return None if isinstance(event, Ignored) else business_key(event)
