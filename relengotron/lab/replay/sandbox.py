"""How does a recording reach the daemon's own intake and digest without touching anything real?"""

import json
import logging
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event

from relengotron.engine.attempt import Clock
from relengotron.engine.digest import Digest
from relengotron.engine.intake import Intake
from relengotron.engine.journal import parked
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.parked import KeptMessage
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.errors import MalformedInput
from relengotron.handlers.routes import route
from relengotron.lab.replay.played import Outcome, Played
from relengotron.lab.replay.recording import arrival_in
from relengotron.messages import names
from relengotron.messages.arrival import Arrival
from relengotron.messages.envelope import Envelope
from relengotron.model.events import Event
from relengotron.model.intents import Intent

log = logging.getLogger(__name__)

AT_ONCE: Final = 200
_DEFECT: Final = "defect: "
_NO_TOPIC: Final = "unreadable"


class Sandbox:
    """The daemon's intake and digest on a journal that is thrown away; nobody's word is doubted here."""

    def __init__(self, root: Path, clock: Clock) -> None:
        """Keep everything below ``root``."""
        self.database = Database(f"sqlite:///{root / 'journal.sqlite'}")
        self.wakes = EmbeddedWakeQueue()
        _spare_the_disk(self.database)
        self._intake = Intake(self.database, clock)
        self._digest = Digest(self.database, self._route, self.wakes, clock)
        self._intents: dict[str, tuple[Intent, ...]] = {}
        self._last_row = 0

    def play(self, lines: Iterable[str]) -> Iterator[Played]:
        """What follows from each line, in their order; nothing in a line can end this."""
        remaining = iter(lines)
        while some := list(islice(remaining, AT_ONCE)):
            yield from self._play(some)

    def close(self) -> None:
        """Let go of the journal."""
        self.database.close()

    def _play(self, lines: list[str]) -> list[Played]:
        answers = [self._taken_in(line) for line in lines]
        self._digest_all()
        with self.database.read() as db:
            rows = parked.after(db, self._last_row)
        self._last_row = rows[-1].number if rows else self._last_row
        stored = iter(rows)
        return [self._end_of(next(stored)) if answer is None else answer for answer in answers]

    def _taken_in(self, line: str) -> Played | None:
        """The answer if there is one already; None when the message waits in the inbox."""
        if not line:
            return Played(None, None, Outcome.IGNORED, "an empty line")
        arrival = arrival_in(line)
        try:
            is_new = self._intake.store_all([arrival]) == 1
        except Exception as defect:
            log.exception("a defect in taking a message in")
            return Played(_claimed_id(arrival.text), arrival.topic, Outcome.PARKED, f"{_DEFECT}{defect!r}", raised=True)
        return None if is_new else _met_before(arrival)

    def _digest_all(self) -> None:
        try:
            while self._digest.work():
                pass
        except Exception:
            log.exception("a defect in reading messages")  # those that it left unread say so

    def _route(self, event: Event, msg_id: str) -> Iterable[Intent]:
        self._intents[msg_id] = tuple(route(event, msg_id))
        return self._intents[msg_id]

    def _end_of(self, row: KeptMessage) -> Played:
        intents = self._intents.pop(row.msg_id, ())
        msg_id, topic = _names_of(row)
        match row.state:
            case MessageState.HANDLED:
                return Played(msg_id, topic, Outcome.HANDLED, row.reason, intents)
            case MessageState.IGNORED:
                return Played(msg_id, topic, Outcome.IGNORED, row.reason)
            case MessageState.PARKED:
                return Played(msg_id, topic, Outcome.PARKED, row.reason, raised=row.reason.startswith(_DEFECT))
            case MessageState.NEW | MessageState.DISCARDED:
                return Played(msg_id, topic, Outcome.PARKED, f"{_DEFECT}it was not read", raised=True)


def _met_before(arrival: Arrival) -> Played:
    """The end of a message that the intake did not keep once more."""
    try:
        envelope = Envelope.of(arrival.opened())
    except MalformedInput as broken:
        return Played(_claimed_id(arrival.text), arrival.topic, Outcome.PARKED, str(broken))
    return Played(envelope.msg_id, envelope.topic, Outcome.IGNORED, "it is here already")


def _names_of(row: KeptMessage) -> tuple[str, str | None]:
    if row.evidence is None:
        return row.msg_id, row.topic
    return _claimed_id(row.evidence) or row.msg_id, None if row.topic == _NO_TOPIC else row.topic


def _claimed_id(text: str) -> str | None:
    """The msg_id that a message which was put aside bears itself."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    claimed = message.get("msg_id") if isinstance(message, dict) else None
    return claimed if isinstance(claimed, str) and names.is_identifier(claimed) else None


def _spare_the_disk(database: Database) -> None:
    """Nobody needs this journal after a power cut, so nothing has to wait for the disk."""

    def relax(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    event.listen(database.engine, "connect", relax)
    database.engine.dispose()  # what was opened before was not relaxed
