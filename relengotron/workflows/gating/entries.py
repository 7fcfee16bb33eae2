"""What does the keeper of a gate write down of what it has seen in Koji's tags?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from relengotron.decisions.standing import Finding
from relengotron.engine import upstream_news
from relengotron.engine.journal import gated, outbox
from relengotron.messages import gate_build
from relengotron.messages.gate import BuildFacts, GateFacts
from relengotron.messages.outgoing import OutgoingMessage
from relengotron.model.gated import LEFT, BuildState, GatedBuild, lane_of_batch, lane_of_quarantine
from relengotron.settings.gates import Gate
from relengotron.systems.koji.port import TaggedBuild
from relengotron.workflows.gating.opening import Woken, open_quarantine, open_quarantine_again, waken


@dataclass(frozen=True, slots=True)
class Entry:
    """One build, what was found about it, and what is written of it if it is new here."""

    finding: Finding
    row: GatedBuild | None
    seen: TaggedBuild | None
    arrived_at: datetime
    side_tag: str | None = None


@dataclass(frozen=True, slots=True)
class Entries:
    """The journal of one gate; ``links`` are what messages point to."""

    name: str
    gate: Gate
    links: Mapping[str, str]

    def write(self, db: Connection, entry: Entry, now: datetime) -> list[Woken]:
        """Write one down, unless the journal says something else by now; the runs to be woken."""
        match entry.finding:
            case Finding.ARRIVES:
                self._arrive(db, entry, BuildState.ARRIVED)
                return []
            case Finding.IS_LEFT_IN_QUARANTINE:
                return self._adopt(db, entry, now)
            case Finding.LEFT_ITS_TAG:
                return [] if entry.row is None else _call(db, entry.row, now)
            case Finding.WAS_MOVED_THROUGH:
                self._settle(db, entry, BuildState.ACCEPTED, f"somebody moved it to {self.gate.target}", now)
                return []
            case Finding.IS_GONE:
                self._settle(db, entry, BuildState.GONE, f"somebody took it out of {self.gate.pending}", now)
                return []
            case Finding.AGREES | Finding.IS_IN_DOUBT:
                return []

    def _arrive(self, db: Connection, entry: Entry, state: BuildState, reason: str = "") -> bool:
        return entry.seen is not None and gated.arrive(db, self._new_row(entry, entry.seen, state, reason))

    def _adopt(self, db: Connection, entry: Entry, now: datetime) -> list[Woken]:
        """What somebody put into quarantine by hand gets a run that looks after it, as everything there has."""
        reason = f"somebody put it into {self.gate.quarantine} by hand"
        if entry.row is not None and entry.row.state is BuildState.SUPERSEDED:
            return self._keep_again(db, entry, f"{entry.row.reason}, and left without it", now)
        if entry.row is not None and not entry.row.state.is_settled:
            only = (entry.row.state,)
            came = gated.put(db, self.name, [entry.row.nvr], BuildState.QUARANTINED, now, reason=reason, only_from=only)
        else:
            came = self._arrive(db, entry, BuildState.QUARANTINED, reason)
        row = _row_of(db, self.name, entry)
        return open_quarantine(db, self.name, row, reason, now) if came and row is not None else []

    def _keep_again(self, db: Connection, entry: Entry, reason: str, now: datetime) -> list[Woken]:
        """It was in quarantine all the time, and the newer one that was to take it out is at the gate no more."""
        came = self._arrive(db, entry, BuildState.QUARANTINED, reason)
        row = _row_of(db, self.name, entry)
        return open_quarantine_again(db, row, now) if came and row is not None else []

    def _settle(self, db: Connection, entry: Entry, state: BuildState, reason: str, now: datetime) -> None:
        row = entry.row
        if row is None or not gated.put(db, self.name, [row.nvr], state, now, reason=reason, only_from=(row.state,)):
            return
        facts = GateFacts(self.name, self.gate.tags, now, batch=row.batch, links=self.links)
        about = BuildFacts.of(row, upstream_news.of_build(db, row))
        tell = gate_build.accepted if state is BuildState.ACCEPTED else gate_build.gone
        _say(db, f"gate {self.name} {state} {row.nvr} {row.tries}", tell(facts, about, reason), now)

    def _new_row(self, entry: Entry, seen: TaggedBuild, state: BuildState, reason: str) -> GatedBuild:
        return GatedBuild(
            gate=self.name,
            nvr=seen.nvr,
            package=seen.package,
            epoch=seen.epoch,
            owner=seen.owner,
            state=state,
            batch=None,
            reason=reason,
            arrived_at=entry.arrived_at,
            since=entry.arrived_at,
            group=entry.side_tag,
        )


def _call(db: Connection, row: GatedBuild, now: datetime) -> list[Woken]:
    """Whoever answers for a build under test finds with its row that it is to be looked for."""
    gated.mark(db, row.gate, row.nvr, LEFT)
    return wake_whoever_answers(db, row, now)


def wake_whoever_answers(db: Connection, row: GatedBuild, now: datetime) -> list[Woken]:
    """The run of a build's batch, or the one that looks after it in quarantine, looks at the world now."""
    if row.state is BuildState.QUARANTINED:
        return waken(db, lane_of_quarantine(row.gate, row.nvr), now)
    return [] if row.batch is None else waken(db, lane_of_batch(row.gate, row.batch), now)


def _row_of(db: Connection, gate: str, entry: Entry) -> GatedBuild | None:
    known = entry.row or entry.seen
    return None if known is None else gated.find(db, gate, known.nvr)


def _say(db: Connection, key: str, message: OutgoingMessage, now: datetime) -> None:
    """No run says this: the build has none."""
    outbox.write(db, None, key, message.topic_suffix, message.body, now)
