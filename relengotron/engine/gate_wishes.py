"""What becomes of what people say about a gate: kept, told to everybody, and whose run looks again."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from relengotron.decisions import passing
from relengotron.engine import upstream_news
from relengotron.engine.journal import audit, gate_orders, gated, outbox, runs
from relengotron.messages import gate
from relengotron.messages.gate import BuildFacts, GateFacts
from relengotron.messages.outgoing import OutgoingMessage
from relengotron.model.gated import BuildState, Closing, GatedBuild, Pass, lane_of_batch, lane_of_quarantine
from relengotron.model.intents import CloseGate, LetThrough, OpenGate

Tags = tuple[str, str, str]


class GateWishes:
    """Keeps the wishes about every gate; ``tags`` are pending, target and quarantine of each that is configured."""

    def __init__(self, tags: Mapping[str, Tags] | None = None) -> None:
        """Take what messages say of each gate; of a gate that is not among them nothing is told."""
        self._tags = tags or {}

    def keep(self, db: Connection, intent: CloseGate | OpenGate | LetThrough, now: datetime) -> list[str]:
        """Carry the wish out; the runs that it is about besides those that watch the gate."""
        match intent:
            case CloseGate():
                self._close(db, intent, now)
                return []
            case OpenGate():
                self._open(db, intent, now)
                return []
            case LetThrough():
                return [run for each in intent.builds for run in self._let_through(db, intent, each, now)]

    def _close(self, db: Connection, intent: CloseGate, now: datetime) -> None:
        closing = Closing(intent.gate, intent.agent, intent.reason, now, intent.until)
        gate_orders.close(db, closing)
        audit.note(db, intent.agent, f"close gate {intent.gate}: {intent.reason}", None, now)
        facts = self._facts(intent.gate, intent.msg_id, now)
        if facts is not None:
            _tell(db, f"closed {intent.msg_id}", gate.gate_closed(facts, closing), now)

    def _open(self, db: Connection, intent: OpenGate, now: datetime) -> None:
        """Every closing is over; a gate that nobody has closed has nothing to be opened."""
        stood = gate_orders.closings_of(db, intent.gate, now)
        if not stood:
            return
        gate_orders.open_again(db, intent.gate, intent.agent, now)
        audit.note(db, intent.agent, f"open gate {intent.gate}: {intent.reason}", None, now)
        facts = self._facts(intent.gate, intent.msg_id, now)
        if facts is not None:
            _tell(db, f"opened {intent.msg_id}", gate.gate_opened(facts, intent.agent, intent.reason, stood), now)

    def _let_through(self, db: Connection, intent: LetThrough, nvr: str, now: datetime) -> list[str]:
        """A build that is not here any more needs nobody's word, and the same person's word counts once."""
        build = gated.find(db, intent.gate, nvr)
        if build is None or build.state.is_settled:
            return []
        if not gate_orders.let_through(db, Pass(intent.gate, nvr, intent.agent, intent.reason, now)):
            return []
        run = _answering(db, build)
        audit.note(db, intent.agent, f"let {nvr} pass gate {intent.gate}: {intent.reason}", run, now)
        passes = gate_orders.passes_of(db, intent.gate, [nvr])
        facts = self._facts(intent.gate, intent.msg_id, now, run, build.batch)
        if facts is not None:
            about = BuildFacts.of(build, upstream_news.of_build(db, build))
            told = gate.passed_by_people(facts, about, passes, is_enough=passing.is_let_through(passes))
            _tell(db, f"passed {intent.msg_id} {nvr}", told, now)
        return [] if run is None else [run]

    def _facts(
        self, name: str, msg_id: str, now: datetime, run: str | None = None, batch: str | None = None
    ) -> GateFacts | None:
        tags = self._tags.get(name)
        return None if tags is None else GateFacts(name, tags, now, run, batch, trigger_msg_id=msg_id)


def _answering(db: Connection, build: GatedBuild) -> str | None:
    """The run that has the build now."""
    if build.state is BuildState.QUARANTINED:
        lane = lane_of_quarantine(build.gate, build.nvr)
    elif build.batch is not None:
        lane = lane_of_batch(build.gate, build.batch)
    else:
        return None
    found = runs.next_in_lane(db, lane)
    return None if found is None else found.id


def _tell(db: Connection, key: str, message: OutgoingMessage, now: datetime) -> None:
    """No run says this: people do, and their wish has an id of its own."""
    outbox.write(db, None, f"gate {key}", message.topic_suffix, message.body, now)
