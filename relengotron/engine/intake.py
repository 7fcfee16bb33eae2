"""How a message comes in: its sender is proven, it is stored, and it is understood later."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from relengotron.engine.attempt import Clock
from relengotron.engine.journal import acknowledgements, inbox, refusals
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import NewMessage
from relengotron.errors import MalformedInput, Untrusted
from relengotron.messages.arrival import REFUSED, UNREADABLE, Arrival
from relengotron.messages.envelope import Topic, id_of, topic_of
from relengotron.messages.gilmsg import wants_answer
from relengotron.messages.incoming import PARSERS
from relengotron.messages.incoming.person import WISHES
from relengotron.messages.limits import LARGEST_MESSAGE, kept_text
from relengotron.systems.bus.port import Guard

log = logging.getLogger(__name__)

_LONGEST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class _PutAside:
    """A message that is kept and leads to nothing; ``refused`` when nobody proved to have sent it."""

    msg_id: str
    topic: str
    raw: Mapping[str, Any]
    reason: str
    sender: str | None = None
    refused: Untrusted | None = None


class Intake:
    """The only door for messages: what it was given is on disk when it returns."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        on_stored: Callable[[int], None] = lambda _count: None,
        guard: Guard | None = None,
    ) -> None:
        """Take the journal; ``on_stored`` is told how many were new.

        Without a ``guard`` every message is believed: for the command line, which nobody else reaches, and for labs.
        """
        self._database = database
        self._clock = clock
        self._on_stored = on_stored
        self._guard = guard

    def store(self, raw: object, *, is_local: bool = False) -> bool:
        """Keep a message as it came; False when it is here already. What cannot be read is parked, not lost.

        ``is_local`` marks what a person on this machine typed: only that may carry wishes.
        """
        return self.store_all([Arrival.of(raw)], is_local=is_local) == 1

    def store_all(self, arrivals: Sequence[Arrival], *, is_local: bool = False) -> int:
        """Keep many messages in one transaction, in their order; how many were not here yet."""
        read = [self._read(arrival, is_local) for arrival in arrivals]
        good = [each for each in read if isinstance(each, NewMessage)]
        aside = [each for each in read if isinstance(each, _PutAside)]
        with self._database.write() as db:
            new = inbox.store_all(db, good, self._clock()) + sum(self._put_aside(db, each) for each in aside)
            acknowledgements.acknowledge(db, [each.msg_id for each in good if each.wants_answer], self._clock())
        if new:
            self._on_stored(new)
        return new

    def _read(self, arrival: Arrival, is_local: bool) -> NewMessage | _PutAside:
        try:
            message = arrival.opened()
            topic = topic_of(message)
        except MalformedInput as broken:
            return _refused(arrival, Untrusted("unreadable", str(broken)))
        try:
            sender = None if self._guard is None or is_local else self._guard.sender_of(message)
            msg_id = id_of(message)
        except Untrusted as refused:
            return _refused(arrival, refused, topic)
        except MalformedInput as broken:
            return _unreadable(message, topic, sender, str(broken))
        if topic.suffix.startswith(WISHES) and not is_local:
            reason = "a wish of a person came over the bus; wishes come from the command line only"
            return _unreadable(message, topic, sender, reason)
        return NewMessage(msg_id, str(topic), arrival.text, sender, wants_answer(message))

    def _put_aside(self, db: Connection, each: _PutAside) -> bool:
        now = self._clock()
        if inbox.is_here(db, each.msg_id):
            return False  # looks into the past bring what was refused again and again: it is counted once
        if each.refused is not None and not refusals.count(db, each.refused, each.topic, now):
            return False
        log.warning("message parked", extra={"msg_id": each.msg_id, "reason": each.reason})
        return inbox.store(
            db,
            msg_id=each.msg_id,
            business_key=None,
            topic=each.topic,
            raw=each.raw,
            now=now,
            sender=each.sender,
            parked_because=each.reason,
        )


def _refused(arrival: Arrival, refused: Untrusted, topic: Topic | None = None) -> _PutAside:
    text = arrival.text[: LARGEST_MESSAGE if refused.may_be_genuine else inbox.LONGEST_EVIDENCE]
    return _PutAside(
        msg_id=_named(REFUSED, text),
        topic=_shown_topic(topic),
        raw={"refused": text},
        reason=f"{refused.kind}: {refused}",
        sender=refused.sender or None,
        refused=refused,
    )


def _unreadable(message: Mapping[str, Any], topic: Topic, sender: str | None, reason: str) -> _PutAside:
    text = kept_text(message, inbox.LONGEST_EVIDENCE)
    return _PutAside(_named(UNREADABLE, text), _shown_topic(topic), {"unreadable": text}, reason, sender)


def _shown_topic(topic: Topic | None) -> str:
    """What people see and what is counted by: strangers must not invent as many topics as they like."""
    if topic is None:
        return "unreadable"
    return (
        str(topic)
        if topic.suffix in PARSERS
        else f"{topic.prefix}.{topic.environment}.{topic.category}.*"[:_LONGEST_SHOWN]
    )


def _named(beginning: str, text: str) -> str:
    return beginning + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
