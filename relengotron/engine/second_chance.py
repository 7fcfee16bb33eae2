"""What can a person do with a message that was put aside? Drive it again, or set it down for good."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relengotron.engine.attempt import Clock
from relengotron.engine.intake import Intake
from relengotron.engine.journal import audit, parked, tries
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.parked import KeptMessage
from relengotron.errors import MalformedInput, Untrusted
from relengotron.messages.arrival import Arrival
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming.person import WISHES
from relengotron.systems.bus.port import Guard

NOT_PARKED: Final = "only messages that were put aside can be redriven or discarded"


class End(StrEnum):
    """What became of the wish."""

    REDRIVEN = "redriven"
    STORED_ANEW = "stored anew"
    DISCARDED = "discarded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of the wish about one message, and why."""

    message: KeptMessage
    end: End
    reason: str


class SecondChance:
    """The wishes of one person about parked messages; each is written down with the person's name."""

    def __init__(self, database: Database, who: str, clock: Clock, open_guard: Callable[[], Guard]) -> None:
        """Take the journal; the guard is only opened when there is a message that was not believed."""
        self._database = database
        self._who = who
        self._clock = clock
        self._open_guard = open_guard
        self._guard: Guard | None = None

    def redrive(self, message: KeptMessage) -> Answer:
        """Let the daemon read the message again; one that was not believed must prove itself first."""
        text = message.evidence
        if text is not None:
            return self._prove(message, text)
        return self._let_go(message, MessageState.NEW, End.REDRIVEN, "")

    def discard(self, message: KeptMessage, reason: str) -> Answer:
        """Set the message down for good; it is kept, and never read again."""
        return self._let_go(message, MessageState.DISCARDED, End.DISCARDED, reason)

    def _prove(self, message: KeptMessage, text: str) -> Answer:
        arrival = Arrival(text)
        try:
            envelope = self._believed(arrival)
        except (MalformedInput, Untrusted) as refused:
            return self._still_refused(message, str(refused))
        Intake(self._database, self._clock, guard=self._guard).store_all([arrival])
        if not self._is_here(envelope.msg_id):
            return self._still_refused(message, "the intake did not take it")  # a certificate may end at any moment
        return self._let_go(
            message, MessageState.IGNORED, End.STORED_ANEW, f"proven since, and here as {envelope.msg_id}"
        )

    def _believed(self, arrival: Arrival) -> Envelope:
        """The envelope, if the intake would take it today."""
        raw = arrival.opened()
        if self._guard is None:
            self._guard = self._open_guard()
        self._guard.sender_of(raw)
        envelope = Envelope.of(raw)
        if envelope.suffix.startswith(WISHES):
            raise MalformedInput("a wish of a person never comes over the bus")
        return envelope

    def _is_here(self, msg_id: str) -> bool:
        with self._database.read() as db:
            return any(each.msg_id == msg_id for each in parked.meant(db, msg_id))

    def _still_refused(self, message: KeptMessage, reason: str) -> Answer:
        with self._database.write() as db:
            tries.note(db, message.number, self._who, End.REFUSED, reason, self._clock())
        return Answer(message, End.REFUSED, reason)

    def _let_go(self, message: KeptMessage, state: MessageState, end: End, why: str) -> Answer:
        """Change the state once, and keep who did it and why the message had been put aside."""
        now = self._clock()
        former = f"it had been put aside: {message.reason}"
        with self._database.write() as db:
            if not parked.let_go(
                db,
                message.number,
                state,
                f"{why}; {former}" if why else "",
                None if state is MessageState.NEW else now,
            ):
                return Answer(message, End.REFUSED, f"{NOT_PARKED}; somebody was faster")
            tries.note(db, message.number, self._who, end, why or former, now)
            audit.note(db, self._who, f"message {message.msg_id} {end}" + (f": {why}" if why else ""), None, now)
        return Answer(message, end, why)
