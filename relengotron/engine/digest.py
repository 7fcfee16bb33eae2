"""How a stored message becomes intents: understood once, carried out in the same transaction."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from relengotron.decisions import waiving
from relengotron.decisions.ordering import URGENT
from relengotron.engine import quarantine_wishes
from relengotron.engine.attempt import Clock
from relengotron.engine.gate_wishes import GateWishes
from relengotron.engine.journal import (
    acknowledgements,
    audit,
    calendar,
    effects,
    holds,
    inbox,
    relations,
    rollbacks,
    rollouts,
    runs,
    tries,
    upstream,
    waivers,
)
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState, Settled, StoredMessage
from relengotron.engine.wakes import WakeQueue
from relengotron.errors import MalformedInput, Transient
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.messages.keys import business_key
from relengotron.model.batch import EJECT, Ejection
from relengotron.model.codec import to_json
from relengotron.model.events import Event, Ignored
from relengotron.model.gated import Upstream
from relengotron.model.intents import (
    Acknowledge,
    CallKeeper,
    Cancel,
    CloseGate,
    Doubt,
    Eject,
    Intent,
    KeepNow,
    LeaveQuarantine,
    LetThrough,
    NoteUpstream,
    OpenGate,
    Retry,
    RollBack,
    Start,
    SteerRollout,
    Waive,
    Wake,
    WithdrawWaiver,
)
from relengotron.model.outcome import Watch
from relengotron.model.rollout import WISHED, RolloutWish, lane_of
from relengotron.model.run import Run, RunState
from relengotron.model.waiver import Waiver

log = logging.getLogger(__name__)

Route = Callable[[Event, str], Iterable[Intent]]
Unread = Callable[[str], Iterable[Intent]]

AT_ONCE: Final = 50
"""Messages that share one transaction."""
READER: Final = "the daemon"
"""Who tried to read a message that was parked."""


@dataclass(frozen=True, slots=True)
class Understood:
    """One message and what it leads to; ``key`` names the news itself, whatever id it came under."""

    message: StoredMessage
    state: MessageState
    reason: str
    intents: tuple[Intent, ...] = ()
    key: str | None = None


class Digest:
    """Works through the inbox, oldest first; one bad message never stands in the way of the next."""

    def __init__(
        self,
        database: Database,
        route: Route,
        wakes: WakeQueue,
        clock: Clock,
        unread: Unread = lambda _topic: (),
        gates: GateWishes | None = None,
        call_keeper: Callable[[str], object] = lambda _tag: None,
    ) -> None:
        """Take the journal and the table that says what an event, or the topic of an unread message, leads to."""
        self._database = database
        self._route = route
        self._unread = unread
        self._gates = gates or GateWishes()
        self._call_keeper = call_keeper
        self._wakes = wakes
        self._clock = clock

    def work(self, limit: int = 200) -> int:
        """Settle up to ``limit`` messages and say how many there were."""
        with self._database.read() as db:
            messages = inbox.unsettled(db, limit)
        for start in range(0, len(messages), AT_ONCE):
            self._settle([self._understand(each) for each in messages[start : start + AT_ONCE]])
        return len(messages)

    def _settle(self, understood: Sequence[Understood]) -> None:
        """Settle some in one transaction; if that fails, each alone, so that the one to blame is found."""
        try:
            woken = self._write(understood)
        except Transient:
            raise  # the journal is in trouble, not a message
        except Exception as defect:  # noqa: BLE001 - it is logged with the message that is to blame
            if len(understood) == 1:
                self._settle_defect(understood[0].message, defect)
                return
            for each in understood:
                self._settle([each])
            return
        for run in woken:
            self._wakes.wake(run.id, run.priority)

    def _settle_defect(self, message: StoredMessage, defect: Exception) -> None:
        log.exception("message parked: a defect in what it leads to", extra={"msg_id": message.msg_id})
        self._write([Understood(message, MessageState.PARKED, f"defect: {defect!r}")])

    def _write(self, understood: Sequence[Understood]) -> list[Run]:
        """Carry out what the messages lead to, in their order, and wake whoever waits for any of it at the end."""
        now, settled, keys = self._clock(), list[Settled](), dict[str, str]()
        with self._database.write() as db:
            woken: list[Run] = []
            watches: list[Watch] = []
            for each in understood:
                useless = _why_useless(db, each, keys)
                if useless is not None:
                    settled.append(Settled(each.message.id, MessageState.IGNORED, useless))
                    continue
                woken += self._settle_one(db, each)
                watches += [intent.watch for intent in each.intents if isinstance(intent, Wake)]
                settled.append(Settled(each.message.id, each.state, each.reason, each.key))
                keys |= {} if each.key is None else {each.key: each.message.msg_id}
            inbox.settle(db, settled, now)
            return woken + self._wake(db, watches)

    def _settle_one(self, db: Connection, each: Understood) -> list[Run]:
        woken = [run for intent in each.intents for run in self._carry_out(db, intent, each.message)]
        if each.state is MessageState.PARKED:
            tries.note(db, each.message.id, READER, "read", each.reason, self._clock())
        return woken

    def _wake(self, db: Connection, watches: Iterable[Watch]) -> list[Run]:
        """Let everybody look who waits for one of these facts."""
        keys: dict[str, list[str]] = {}
        for watch in watches:
            keys.setdefault(watch.system, []).append(watch.key)
        waiting = [run for system, some in keys.items() for run in runs.watchers(db, system, some)]
        found = runs.all_of(db, dict.fromkeys(waiting))
        runs.look_now(db, [each.id for each in found], self._clock())
        return found

    def _understand(self, message: StoredMessage) -> Understood:
        try:
            event = understand(Envelope.read(message.raw))
            if isinstance(event, Ignored):
                return Understood(message, MessageState.IGNORED, event.reason)
            intents = tuple(self._route(event, message.msg_id))
            key = business_key(event)
        except MalformedInput as broken:
            log.warning("message parked", extra={"msg_id": message.msg_id, "reason": str(broken)})
            return Understood(message, MessageState.PARKED, str(broken), tuple(self._unread(message.topic)))
        except Exception as defect:
            log.exception("message parked: a defect in its handler", extra={"msg_id": message.msg_id})
            return Understood(message, MessageState.PARKED, f"defect: {defect!r}")
        if not intents:
            return Understood(message, MessageState.IGNORED, f"{type(event).__name__} that no run waits for", (), key)
        names = ", ".join(type(intent).__name__ for intent in intents)
        return Understood(message, MessageState.HANDLED, names, intents, key)

    def _carry_out(self, db: Connection, intent: Intent, message: StoredMessage) -> list[Run]:
        match intent:
            case Start():
                opened = runs.open_run(db, intent, self._clock())
                return _found(db, opened)
            case Wake():
                return []  # all of them together, at the end
            case CallKeeper():
                self._call_keeper(intent.tag)
                return []
            case Doubt():
                relations.announce(db, intent.release, intent.packages, intent.relations, self._clock())
                return []
            case NoteUpstream():
                _note_upstream(db, intent, message, self._clock())
                return []
            case Acknowledge():
                acknowledgements.note_answer(db, intent.msg_id, message.sender, self._clock())
                return []
            case Retry():
                return self._retry(db, intent)
            case Cancel():
                return self._cancel(db, intent)
            case RollBack():
                return self._roll_back(db, intent)
            case Waive():
                return self._waive(db, intent)
            case WithdrawWaiver():
                return self._withdraw_waiver(db, intent)
            case Eject():
                return self._eject(db, intent)
            case SteerRollout():
                return self._steer_rollout(db, intent)
            case KeepNow():
                return self._keep_now(db, intent)
            case CloseGate() | OpenGate() | LetThrough():
                about = self._gates.keep(db, intent, self._clock())
                return [run for each in about for run in self._let_look(db, each)]
            case LeaveQuarantine():
                kept_by = quarantine_wishes.keep(db, intent, self._clock())
                return [] if kept_by is None else self._let_look(db, kept_by)

    def _retry(self, db: Connection, intent: Retry) -> list[Run]:
        run = runs.find(db, intent.run)
        if run is None or run.state is RunState.QUEUED or runs.why_over(db, run) is not None:
            return []
        audit.note(db, intent.agent, "retry", run.id, self._clock())
        holds.close(db, run.id, self._clock())
        runs.begin_attempt(db, run.id, self._clock())
        acknowledgements.ask_again(db, run.id, self._clock())
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

    def _roll_back(self, db: Connection, intent: RollBack) -> list[Run]:
        """A run of its own in the same lane, before all that waits there."""
        order, now = intent.order, self._clock()
        run = runs.find(db, order.run)
        if run is None or rollbacks.why_not(db, run) is not None:
            return []
        audit.note(db, order.agent, f"rollback: {order.reason}", run.id, now)
        wanted = Start(
            workflow=rollbacks.WORKFLOW,
            lane=run.lane,
            key=f"rollback {run.id} {intent.msg_id}",
            request=replace(order, run=run.id),
            trigger_msg_id=intent.msg_id,
            priority=URGENT,
        )
        return _found(db, runs.open_run(db, wanted, now))

    def _waive(self, db: Connection, intent: Waive) -> list[Run]:
        """Kept whatever became of the run meanwhile: the subject may be judged again in another."""
        now = self._clock()
        waiver = Waiver(
            id="",
            subject_type=intent.subject_type,
            item=intent.item,
            testcase=intent.testcase,
            product_version=intent.product_version,
            who=intent.agent,
            why=intent.reason,
            at=now,
            until=intent.until,
            scenario=intent.scenario,
            run=intent.run,
        )
        if waiving.is_repeated(waiver, waivers.of_items(db, [waiver.item]), now):
            return []
        waivers.give(db, waiver)
        audit.note(db, intent.agent, f"waive {intent.testcase} of {intent.item}: {intent.reason}", intent.run, now)
        return self._let_look(db, intent.run)

    def _withdraw_waiver(self, db: Connection, intent: WithdrawWaiver) -> list[Run]:
        now = self._clock()
        if not waivers.withdraw(db, intent.subject_type, intent.item, intent.testcase, intent.agent, now):
            return []
        what = f"withdraw the waivers of {intent.testcase} of {intent.item}: {intent.reason}"
        audit.note(db, intent.agent, what, intent.run, now)
        return self._let_look(db, intent.run)

    def _eject(self, db: Connection, intent: Eject) -> list[Run]:
        """Kept for the run, which alone knows whether it is too late; of several wishes the first one counts."""
        run = runs.find(db, intent.run)
        if run is None or runs.why_over(db, run) is not None:
            return []
        wish = Ejection(intent.update, intent.agent, intent.reason)
        if not effects.decide(db, run.id, f"{EJECT}{intent.update}", to_json(wish), self._clock()):
            return []
        audit.note(db, intent.agent, f"eject {intent.update}: {intent.reason}", run.id, self._clock())
        return self._let_look(db, run.id)

    def _steer_rollout(self, db: Connection, intent: SteerRollout) -> list[Run]:
        """Kept with the push that began it; the run that follows it looks again."""
        run, now = runs.find(db, intent.run), self._clock()
        found = None if run is None else rollouts.find(db, run.id, intent.artifact)
        if run is None or found is None:
            return []
        wish = RolloutWish(intent.artifact, intent.wanted, intent.agent, intent.reason, now)
        if not effects.decide(db, run.id, f"{WISHED}{intent.artifact} {intent.msg_id}", to_json(wish), now):
            return []
        audit.note(db, intent.agent, f"rollout {intent.wanted} {intent.artifact}: {intent.reason}", run.id, now)
        following = next(iter(runs.newest(db, 1, lane=lane_of(run.id, found.name))), None)
        return [] if following is None else self._let_look(db, following.id)

    def _keep_now(self, db: Connection, intent: KeepNow) -> list[Run]:
        """The calendar opens the run with its next look: it alone knows what the configuration says of it."""
        if calendar.wish(db, intent.appointment, intent.msg_id):
            audit.note(db, intent.agent, f"calendar: do {intent.appointment} now", None, self._clock())
        return []

    def _let_look(self, db: Connection, run: str) -> list[Run]:
        found = _found(db, run)
        runs.look_now(db, [each.id for each in found if not each.state.is_finished], self._clock())
        return [each for each in found if not each.state.is_finished]


def _note_upstream(db: Connection, intent: NoteUpstream, message: StoredMessage, now: datetime) -> None:
    """It was seen when its message was sent, however late that came; a clock that goes ahead is not believed."""
    sent_at = Envelope.read(message.raw).sent_at
    seen_at = now if sent_at is None else min(sent_at, now)
    for package in intent.packages:
        seen = Upstream(package, intent.version, seen_at, intent.old_version, intent.url, intent.bug)
        upstream.note(db, seen)


def _why_useless(db: Connection, each: Understood, keys: Mapping[str, str]) -> str | None:
    """Why a message that was understood leads to nothing: it is no news, or its sender was not asked.

    ``keys`` are those of the messages that are settled with it.
    """
    earlier = None if each.key is None else keys.get(each.key) or inbox.with_business_key(db, each.key)
    if earlier is not None:
        return f"the same news came as {earlier}"
    for intent in each.intents:
        if isinstance(intent, Acknowledge):
            return acknowledgements.why_it_does_not_count(db, intent.msg_id, each.message.sender)
    return None


def _found(db: Connection, run: str | None) -> list[Run]:
    found = runs.find(db, run) if run is not None else None
    return [] if found is None else [found]
