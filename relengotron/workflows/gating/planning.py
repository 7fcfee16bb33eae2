"""What would go through a gate now, and why not the rest? Asked by the code of the steps, which change nothing here."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from relengotron.decisions import suspecting
from relengotron.decisions.batching import Arrival, Habits, Together, bring_together
from relengotron.decisions.breaking import package_by_package
from relengotron.decisions.passing import is_let_through, people
from relengotron.decisions.superseding import Contender, is_newer, superseded
from relengotron.engine.ledger import Ledger
from relengotron.errors import RelengError
from relengotron.model.gate import GateAnswer, RequirementState, Verdict
from relengotron.model.gate_plan import GatePlan, OutOfTheWay, PlannedBatch, Prospect
from relengotron.model.gated import BATCH, UNSETTLED, BuildState, GateBatch, GatedBuild, batch_id
from relengotron.settings.gates import Gate
from relengotron.systems.koji.port import Koji, Standing, TaggedBuild
from relengotron.workflows.asking import answer_of
from relengotron.workflows.gating.closing import breaks_of
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.judging import ensure_builds_have_verdicts
from relengotron.workflows.gating.question import question_of, subjects_of
from relengotron.workflows.gating.side_tags import side_tags
from relengotron.workflows.gating.testing import patience

WAITED_FOR: Final = frozenset({RequirementState.NOT_SCHEDULED, RequirementState.QUEUED, RequirementState.RUNNING})
"""What comes by itself; people are asked about what is missing."""

OpenRun = Callable[[GateBatch], GateRun]
"""A run of this batch that only looks; one that is under way already keeps the number of its attempt."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Builds that go together, and when, where that is not at once."""

    builds: tuple[GatedBuild, ...]
    why: str
    batch: str | None = None
    at: datetime | None = None


class GatePlanner:
    """Plans one gate: Koji's tags first, what the journal knows of them, then every batch by itself."""

    def __init__(
        self,
        name: str,
        gate: Gate,
        koji: Koji,
        ledger: Ledger,
        open_run: OpenRun,
        progress: Callable[[str], object],
        notes: tuple[str, ...] = (),
    ) -> None:
        """Take what looks, whom to tell what is looked at, and what to know besides."""
        self._known_before = notes
        self._name = name
        self._gate = gate
        self._koji = koji
        self._ledger = ledger
        self._open_run = open_run
        self._progress = progress

    def plan(self) -> GatePlan:
        """Look at everything once."""
        self._progress(f"asking Koji about {self._gate.pending}")
        tagged = self._koji.tagged(self._gate.pending)
        rows = {row.nvr: row for row in self._ledger.at(*UNSETTLED)}
        standings = self._koji.before_moves([(each.nvr, self._gate.pending, self._gate.target) for each in tagged])
        out = self._out_of_the_way(tagged, rows, standings)
        builds = self._builds([each for each in reversed(tagged) if each.nvr not in out], rows)
        groups = list(self._groups(builds))
        return GatePlan(
            gate=self._name,
            pending=self._gate.pending,
            target=self._gate.target,
            quarantine=self._gate.quarantine,
            made_at=self._ledger.now(),
            closings=tuple(self._ledger.closings()),
            batches=tuple(self._planned(number, len(groups), each, standings) for number, each in enumerate(groups, 1)),
            out_of_the_way=tuple(OutOfTheWay(nvr, reason) for nvr, reason in out.items()),
            in_quarantine=tuple(nvr for nvr, row in rows.items() if row.state is BuildState.QUARANTINED),
            notes=(*self._known_before, *self._notes(builds)),
        )

    # -- which builds go together --------------------------------------------------------------------------------------

    def _builds(self, tagged: Sequence[TaggedBuild], rows: Mapping[str, GatedBuild]) -> list[GatedBuild]:
        """What the journal knows of these builds; those that it has not seen yet arrive now, some once more."""
        new = [each for each in tagged if each.nvr not in rows]
        built_in = side_tags(self._koji, self._gate, [each.nvr for each in new])
        before = {row.nvr: row.tries for row in self._ledger.of_packages({each.package for each in new})}
        start = self._ledger.now() - timedelta(microseconds=len(tagged))  # the order of tagging is that of arrival
        return [
            rows.get(each.nvr)
            or self._arriving(each, before.get(each.nvr, 0), built_in, start + timedelta(microseconds=place))
            for place, each in enumerate(tagged)
        ]

    def _arriving(self, each: TaggedBuild, tries: int, built_in: Mapping[str, str], now: datetime) -> GatedBuild:
        return GatedBuild(
            gate=self._name,
            nvr=each.nvr,
            package=each.package,
            epoch=each.epoch,
            owner=each.owner,
            state=BuildState.ARRIVED,
            batch=None,
            reason="",
            arrived_at=now,
            since=now,
            tries=tries + 1,
            group=built_in.get(each.nvr),
        )

    def _groups(self, builds: Sequence[GatedBuild]) -> Iterator[_Group]:
        batches: dict[str, list[GatedBuild]] = {}
        for each in builds:
            if each.batch is not None and each.state in (BuildState.TESTING, BuildState.MOVING):
                batches.setdefault(each.batch, []).append(each)
        for batch, members in batches.items():
            yield _Group(tuple(members), "", batch)
        arrived = {each.nvr: each for each in builds if each.state is BuildState.ARRIVED}
        habits = Habits(self._gate.batching.same_submitter, self._gate.batching.most)
        brought = bring_together(map(_arrival, arrived.values()), (), habits, self._ledger.now())
        for group in brought.ready:
            yield _group(group, arrived, None)
        for group in brought.later:
            yield _group(group, arrived, group.at)

    def _out_of_the_way(
        self, tagged: Sequence[TaggedBuild], rows: Mapping[str, GatedBuild], standings: Mapping[str, Standing]
    ) -> dict[str, str]:
        """What would be taken out because something newer is pending, or in the target already."""
        contenders = {each.nvr: _contender(each) for each in tagged}
        moving = {nvr for nvr, row in rows.items() if row.state is BuildState.MOVING}
        out = {old: f"{new} is newer" for old, new in superseded(contenders.values()).items() if old not in moving}
        for nvr, each in contenders.items():
            latest = standings[nvr].latest if nvr in standings else None
            if nvr not in moving and latest is not None and is_newer(replace(_contender(latest), place=0), each):
                out.setdefault(nvr, f"{latest.nvr} in {self._gate.target} is newer")
        return out

    # -- what would become of a batch ----------------------------------------------------------------------------------

    def _planned(self, number: int, of: int, group: _Group, standings: Mapping[str, Standing]) -> PlannedBatch:
        names = tuple(each.nvr for each in group.builds)
        self._progress(f"looking at batch {number} of {of}: {names[0]}")
        asked = GateBatch(self._name, group.batch or batch_id(self._name, names, None), names, group.why)
        run = self._open_run(asked)
        passed_by = self._passed_by(names)
        refused = tuple(_refusals(names, standings))
        prospect, reasons, breaks = self._judged(run, group, passed_by)
        if refused:
            prospect, reasons = max(prospect, Prospect.HELD, key=_badness), (*refused, *reasons)
        return PlannedBatch(
            builds=names,
            why=group.why or run.batch.why,
            prospect=prospect,
            reasons=reasons,
            breaks=breaks,
            batch=group.batch,
            run=run.engine.run.id if group.batch is not None else None,
            passed_by=passed_by,
        )

    def _judged(
        self, run: GateRun, group: _Group, passed_by: tuple[str, ...]
    ) -> tuple[Prospect, tuple[str, ...], tuple[str, ...]]:
        if any(each.state is BuildState.MOVING for each in group.builds):
            return Prospect.MOVING, (), ()
        if passed_by:
            return Prospect.MOVES, (), ()
        try:
            breaks = tuple(map(str, package_by_package(breaks_of(run, [each.nvr for each in group.builds]))))
            prospect, reasons = _weighed(run, group.builds)
        except RelengError as trouble:
            return Prospect.WAITS, (str(trouble),), ()
        if breaks:
            prospect, reasons = (
                max(prospect, Prospect.WAITS, key=_badness),
                ("it would break what is in the target", *reasons),
            )
        if group.at is not None:
            when = f"until {group.at:%Y-%m-%d %H:%M} UTC for more that belongs to it"
            prospect, reasons = max(prospect, Prospect.WAITS, key=_badness), (when, *reasons)
        if self._ledger.closings():
            prospect, reasons = max(prospect, Prospect.HELD, key=_badness), ("the gate is closed", *reasons)
        return prospect, reasons, breaks

    def _passed_by(self, names: Sequence[str]) -> tuple[str, ...]:
        """Who lets every build of the batch through; nobody where one of them needs more people."""
        passes = self._ledger.passes(names)
        if not all(is_let_through(each for each in passes if each.nvr == nvr) for nvr in names):
            return ()
        return tuple(sorted(people(passes)))

    def _notes(self, builds: Iterable[GatedBuild]) -> Iterator[str]:
        there = {each.nvr for each in builds}
        for row in self._ledger.at(BuildState.TESTING):
            if row.nvr not in there:
                yield f"{row.nvr} is not in {self._gate.pending} any more, or out of date: its batch lets it go"


def _weighed(run: GateRun, builds: Sequence[GatedBuild]) -> tuple[Prospect, tuple[str, ...]]:
    """What the tests say of the builds and of the batch as a whole."""
    begun = run.engine.steps.get(ensure_builds_have_verdicts.__name__)
    missing_from = (run.now() if begun is None else begun.started_at) + patience(run)
    answer = answer_of(run.engine, run.world, question_of(run, builds), subjects_of(run, builds), missing_from)
    if answer.verdict is Verdict.OPEN:
        return Prospect.MOVES, ()
    blamed = suspecting.suspects(answer, {each.nvr: each.package for each in builds}, ())
    if blamed:
        return Prospect.SUSPECT, tuple(f"{each.nvr}: {each.reason}" for each in blamed)
    if suspecting.found_bad(answer, BATCH):
        return Prospect.SUSPECT, ("it would be divided to find who is to blame", *answer.missing)
    return (Prospect.WAITS if _is_only_waited_for(answer) else Prospect.HELD), answer.missing


def _is_only_waited_for(answer: GateAnswer) -> bool:
    return all(each.state in WAITED_FOR for each in answer.reasons if each.verdict is not Verdict.OPEN)


def _refusals(names: Iterable[str], standings: Mapping[str, Standing]) -> Iterator[str]:
    for nvr in names:
        refusal = standings[nvr].refusal if nvr in standings else None
        if refusal is not None:
            yield f"Koji does not let {nvr} move: {refusal}"


def _badness(prospect: Prospect) -> int:
    return list(Prospect).index(prospect)


def _group(group: Together, rows: Mapping[str, GatedBuild], at: datetime | None) -> _Group:
    return _Group(tuple(rows[each.nvr] for each in group.builds), group.why, None, at)


def _arrival(row: GatedBuild) -> Arrival:
    return Arrival(row.nvr, row.package, row.owner, row.arrived_at, row.group)


def _contender(each: TaggedBuild) -> Contender:
    return Contender(each.nvr, each.package, each.epoch, each.event)
