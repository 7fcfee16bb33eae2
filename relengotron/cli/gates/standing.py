"""Where does everything stand at a gate: batches with the runs that answer for them, quarantine, and the pace?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from relengotron.cli.overview import current_step
from relengotron.decisions import gate_pace
from relengotron.decisions.gate_pace import WEEK, Pace
from relengotron.engine.journal import gate_looks, gate_orders, gate_runs, gated
from relengotron.engine.journal.gate_looks import GateLook
from relengotron.engine.journal.gate_runs import Answering
from relengotron.model.codec import from_json
from relengotron.model.gated import (
    TAKEN_THROUGH_BY,
    BuildState,
    Closing,
    GateBatch,
    GatedBuild,
    Pass,
    lane_of_batch,
    lane_of_quarantine,
)
from relengotron.model.run import HoldRecord, Run, RunState, StepRecord
from relengotron.settings.gates import Gate

IN_ORDER: Final = ("relengotron gate open ", "relengotron gate pass ", "relengotron quarantine release ")
"""How the commands begin that cut a wait short which somebody wants, which ends by itself, or whose people are reminded
again and again: that is not stuck."""

MAY_MOVE: Final = "ensure_builds_may_move"
"""Where a good batch waits for a gate that people, or a freeze, keep shut."""

STANDING: Final = tuple(each for each in BuildState if not each.is_settled)
_IN_A_BATCH: Final = (BuildState.TESTING, BuildState.MOVING)
_TRIED_AGAIN: Final = (RunState.FAILED, RunState.PARKED)


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why something goes on only when people act, or a service comes back: since when, who, and what to type."""

    why: str
    since: datetime
    who: str
    command: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A batch, or a build in quarantine, and the run that answers for it; None while none does."""

    name: str
    builds: tuple[GatedBuild, ...]
    answering: Answering | None
    owner: str

    @property
    def run(self) -> Run | None:
        """The run that answers for it."""
        return None if self.answering is None else self.answering.run

    @property
    def step(self) -> StepRecord | None:
        """The step that its run is at."""
        return None if self.answering is None else current_step(dict(self.answering.steps))

    @property
    def hold(self) -> HoldRecord | None:
        """What its run waits for people for."""
        return None if self.answering is None else self.answering.hold

    @property
    def who(self) -> str:
        """Who can act: whom its run waits for, else whose gate it is."""
        return self.owner if self.hold is None else self.hold.owner

    @property
    def since(self) -> datetime:
        """When the first of its builds came into its state."""
        return min(each.since for each in self.builds)

    @property
    def is_moving(self) -> bool:
        """Whether its builds are on their way from tag to tag."""
        return any(each.state is BuildState.MOVING for each in self.builds)

    @property
    def is_in_quarantine(self) -> bool:
        """Whether this is a build in quarantine, whose run waits for people by its nature."""
        return all(each.state is BuildState.QUARANTINED for each in self.builds)

    @property
    def is_ready(self) -> bool:
        """Whether it is good and only waits for a gate that people, or a freeze, keep shut."""
        return self.hold is not None and self.hold.step == MAY_MOVE and self._waits_in_order

    @property
    def waits_for(self) -> str:
        """What its run waits for, in its own words."""
        return "" if self.run is None else self.run.reason

    @property
    def stuck(self) -> Stuck | None:
        """Why it does not go on by itself, None when it does."""
        run, step, hold = self.run, self.step, self.hold
        if run is None:
            return Stuck("no run answers for it", self.since, self.owner, "relengotron status")
        if run.state.is_finished:
            why = run.reason or f"its run is {run.state}"
            again = f"runs retry {run.id}" if run.state in _TRIED_AGAIN else f"gate show {self.name}"
            return Stuck(why, run.finished_at or run.updated_at, self.owner, f"relengotron {again}")
        if hold is not None and not self._waits_in_order:
            return Stuck("; ".join(hold.missing), hold.since, hold.owner, hold.command)
        if step is not None and step.troubles:
            return Stuck(run.reason, step.trouble_since or step.started_at, self.owner, "relengotron doctor")
        return None

    @property
    def _waits_in_order(self) -> bool:
        return self.hold is not None and self.hold.command.startswith(IN_ORDER)


@dataclass(frozen=True, slots=True)
class GateView:
    """One gate at one moment."""

    name: str
    gate: Gate
    at: datetime
    closings: Sequence[Closing]
    counts: Mapping[BuildState, int]
    pending: Sequence[GatedBuild]
    batches: Sequence[Standing]
    quarantine: Sequence[Standing]
    passes: Mapping[str, Sequence[Pass]]
    pace: Pace
    look: GateLook
    """When the keeper saw the gate's tags, and since when it cannot."""

    @property
    def stuck(self) -> list[Standing]:
        """What does not go on by itself, the oldest first."""
        return sorted((each for each in (*self.batches, *self.quarantine) if each.stuck), key=lambda each: each.since)

    @property
    def moving(self) -> list[Standing]:
        """Batches whose builds move and that go on by themselves."""
        return [each for each in self.batches if each.is_moving and not each.stuck]

    @property
    def testing(self) -> list[Standing]:
        """Batches that are on their way to a verdict by themselves."""
        return [each for each in self.batches if not (each.is_moving or each.stuck or each.is_ready)]

    @property
    def ready(self) -> list[Standing]:
        """Batches that are good and wait for the gate to be opened."""
        return [each for each in self.batches if each.is_ready and not each.is_moving]

    @property
    def standing_counts(self) -> dict[str, int]:
        """How many builds stand where, without those that the gate has done with."""
        counts = {
            "pending": len(self.pending),
            "testing": _builds(self.testing),
            "ready": _builds(self.ready),
            "moving": _builds(self.moving),
            "stuck": _builds(self.stuck),
            "in quarantine": sum(1 for each in self.quarantine if not each.stuck),
        }
        return {state: count for state, count in counts.items() if count}

    @property
    def under_way(self) -> list[GatedBuild]:
        """Builds that come through, or into quarantine, without anybody."""
        return [*self.pending, *(build for each in (*self.testing, *self.moving) for build in each.builds)]


def standing(db: Connection, name: str, gate: Gate, owner: str, at: datetime, *, is_brief: bool = False) -> GateView:
    """Look at a gate once; in brief: without what came through before."""
    builds = gated.at(db, name, STANDING)
    batches = _by_batch(each for each in builds if each.state in _IN_A_BATCH and each.batch is not None)
    in_quarantine = [each for each in builds if each.state is BuildState.QUARANTINED]
    wanted = {lane_of_batch(name, batch): (batch, members) for batch, members in batches.items()}
    wanted |= {lane_of_quarantine(name, each.nvr): (each.nvr, [each]) for each in in_quarantine}
    answering = gate_runs.under_way(db, name)
    answering |= gate_runs.last_of(db, wanted.keys() - answering.keys())
    others = [each for lane, each in answering.items() if lane not in wanted]
    all_standing = [
        Standing(each, tuple(members), answering.get(lane), owner) for lane, (each, members) in wanted.items()
    ]
    return GateView(
        name=name,
        gate=gate,
        at=at,
        closings=gate_orders.closings_of(db, name, at),
        counts=gated.counts(db, name),
        pending=[each for each in builds if each.state is BuildState.ARRIVED],
        batches=[*(each for each in all_standing if not each.is_in_quarantine), *_after(db, owner, others)],
        quarantine=[each for each in all_standing if each.is_in_quarantine],
        passes=_passes(db, name, builds),
        pace=gate_pace.pace(() if is_brief else gated.settled_since(db, name, at - WEEK), at),
        look=gate_looks.find(db, name),
    )


def _after(db: Connection, owner: str, others: Iterable[Answering]) -> Iterator[Standing]:
    """Batches that are stuck after their builds have come through: what else was promised is somebody's work still."""
    for each in others:
        if each.run.workflow != TAKEN_THROUGH_BY or not _may_be_stuck(each):
            continue
        batch = from_json(GateBatch, each.run.request)
        rows = gated.of_names(db, batch.gate, batch.builds).values()
        through = tuple(row for row in rows if row.state.is_settled)
        if through and (found := Standing(batch.id, through, each, owner)).stuck:
            yield found


def _may_be_stuck(each: Answering) -> bool:
    is_troubled = any(step.troubles for step in each.steps.values())
    return each.hold is not None or each.run.state is RunState.PARKED or is_troubled


def _builds(batches: Iterable[Standing]) -> int:
    """Of a batch that is stuck after its builds came through none stands here."""
    return sum(not build.state.is_settled for each in batches for build in each.builds)


def _by_batch(builds: Iterable[GatedBuild]) -> dict[str, list[GatedBuild]]:
    batches: dict[str, list[GatedBuild]] = {}
    for each in builds:
        batches.setdefault(str(each.batch), []).append(each)
    return batches


def _passes(db: Connection, name: str, builds: Iterable[GatedBuild]) -> Mapping[str, Sequence[Pass]]:
    """Who lets which of these builds through; there are few passes, and may be many builds."""
    here = {each.nvr for each in builds}
    passes: dict[str, list[Pass]] = {}
    for each in gate_orders.all_passes(db, name):
        if each.nvr in here:
            passes.setdefault(each.nvr, []).append(each)
    return passes
