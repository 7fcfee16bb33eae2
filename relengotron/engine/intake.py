"""How a message comes in: stored first, understood later."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import inbox
from relengotron.engine.journal.database import Database
from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.messages.incoming.person import WISHES
from relengotron.messages.keys import business_key
from relengotron.messages.limits import kept_text
from relengotron.model.events import Ignored

log = logging.getLogger(__name__)


class Intake:
    """The only door for messages: ``store`` returns when the message is on disk."""

    def __init__(self, database: Database, clock: Clock, on_stored: Callable[[], None] = lambda: None) -> None:
        """Take the journal; ``on_stored`` is called after each new message."""
        self._database = database
        self._clock = clock
        self._on_stored = on_stored

    def store(self, raw: Mapping[str, Any], *, is_local: bool = False) -> bool:
        """Keep a message as it came; False when it is here already. What cannot be read is parked, not lost.

        ``is_local`` marks what a person on this machine typed: only that may carry wishes.
        """
        try:
            envelope = Envelope.read(raw)
        except MalformedInput as broken:
            return self._park(raw, str(broken))
        if envelope.suffix.startswith(WISHES) and not is_local:
            return self._park(raw, "a wish of a person came over the bus; wishes come from the command line only")
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
        text = kept_text(raw)
        topic = raw.get("topic") if isinstance(raw, Mapping) else None
        with self._database.write() as db:
            is_new = inbox.store(
                db,
                msg_id=f"unreadable-{hashlib.sha256(text.encode()).hexdigest()}",
                business_key=None,
                topic=topic if isinstance(topic, str) else "unreadable",
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
    except Exception:
        log.exception("a defect in reading a message, which is stored all the same", extra={"msg_id": envelope.msg_id})
        return None
    return None if isinstance(event, Ignored) else business_key(event)
