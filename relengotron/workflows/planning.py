"""What would a push of one lane do? The same decisions as in a run, and nothing is changed by asking them."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from relengotron.decisions import moving
from relengotron.model.batch import Batch, Shipment, Update
from relengotron.model.estimate import PastComposes
from relengotron.model.push_plan import Forecast, LanePlan, Move, PlannedArtifact, PushPlan, Treatment, Untag
from relengotron.systems.koji.files import binary_rpms
from relengotron.systems.koji.port import Build
from relengotron.workflows import sight
from relengotron.workflows.composing import wanted_of
from relengotron.workflows.horizons import Newcomers, with_builds
from relengotron.workflows.planning_artifacts import planned
from relengotron.workflows.planning_forecast import LaneHistory
from relengotron.workflows.planning_lanes import Wanted
from relengotron.workflows.push import Push
from relengotron.workflows.reaching import Judged, Reached, judge
from relengotron.workflows.shipping import known_updates, lacking, lost_in, pending_tags, weighed
from relengotron.workflows.sorting import urgency


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans pushes; ``open_push`` gives a push that can only look, ``history`` what is known of its lane.

    ``on_progress`` is told what is being looked at.
    """

    open_push: Callable[[Batch], Push]
    history: Callable[[Push], LaneHistory]
    now: Callable[[], datetime]
    on_progress: Callable[[str], object] = lambda _what: None

    def plan(self, wanted: Iterable[Wanted], left_out: Iterable[str] = ()) -> PushPlan:
        """The whole push, security lanes first."""
        lanes = sorted(wanted, key=lambda each: urgency(each.batch))
        return PushPlan(self.now(), tuple(self._lane(each) for each in lanes), tuple(left_out))

    def _lane(self, wanted: Wanted) -> LanePlan:
        push, lane = self.open_push(wanted.batch), wanted.batch.lane
        self.on_progress(f"{lane}: updates and builds")
        known = known_updates(push)
        if wanted.update is not None:
            known[wanted.update.title] = wanted.update
        shipment = _shipment(push, known)
        bits = _look_at_builds(push, shipment)
        self.on_progress(f"{lane}: what {len(bits.builds)} builds change in {len(push.artifacts)} artifacts")
        return self._with_artifacts(push, wanted, known, shipment, bits)

    def _with_artifacts(
        self,
        push: Push,
        wanted: Wanted,
        known: Mapping[str, Update | None],
        shipment: Shipment,
        bits: "_Bits",
    ) -> LanePlan:
        history = self.history(push)
        judged = judge(push, bits.builds, with_builds(push, bits.newcomers)) if shipment.updates else None
        artifacts = _artifacts(push, judged, history.composes)
        seen = sight.of_updates(known)
        if judged is not None:
            there = sight.of_artifacts(push, judged.survey, judged.reaches)
            seen = replace(there, updates=seen.updates)
        return LanePlan(
            lane=push.lane,
            asked=push.batch.updates,
            ships=shipment.updates,
            ejected=shipment.ejected,
            holds=_holds(push, bits, artifacts),
            notes=_notes(wanted, known, bits, judged, history, push),
            unsigned=bits.unsigned,
            moves=bits.moves,
            in_place=bits.in_place,
            lost=bits.lost,
            untags=bits.untags,
            artifacts=artifacts,
            published=_in_order(push, judged),
            acknowledged_by=push.settings.systems.bodhi.acknowledges_as,
            forecast=_forecast(push, artifacts, bits, history),
            sight=seen,
        )


@dataclass(frozen=True, slots=True)
class _Bits:
    """The builds of a push, where they are and where they go."""

    builds: Mapping[str, Build]
    unsigned: Mapping[str, tuple[str, ...]]
    moves: tuple[Move, ...]
    in_place: tuple[str, ...]
    lost: tuple[str, ...]
    untags: tuple[Untag, ...]
    newcomers: Newcomers

    @property
    def unreadable(self) -> tuple[Path, ...]:
        """The RPM files that cannot be read here."""
        files = (file for files in self.newcomers.rpms.values() for file in files)
        return tuple(file for file in files if not os.access(file, os.R_OK))


def _shipment(push: Push, known: Mapping[str, Update | None]) -> Shipment:
    """What ships; Bodhi locks an update when the push begins, so one that is not locked yet is taken as if it were."""
    locked = {name: replace(update, is_locked=True) if update else None for name, update in known.items()}
    found, ejected = weighed(push, locked)
    return Shipment(found).without(ejected)


def _look_at_builds(push: Push, shipment: Shipment) -> _Bits:
    koji, names = push.world.koji, shipment.builds
    builds, tags = koji.builds(names), koji.tags_of(names)
    target, lane = push.release.tag, push.settings.request_target(push.lane)
    moves = moving.every_move(names, tags, target, lane.from_tags)
    in_place = tuple(build for build in dict.fromkeys(names) if target in tags[build])
    return _Bits(
        builds=builds,
        unsigned=koji.unsigned_rpms(list(builds.values()), push.release.signing_key),
        moves=tuple(Move(build, source, target) for build, source in moves),
        in_place=in_place,
        lost=moving.plan(names, tags, target, lane.from_tags).lost,
        untags=tuple(Untag(build, tag) for build, tag in pending_tags(push, dict.fromkeys(names), tags)),
        newcomers=_newcomers(push, [builds[name] for name in (*in_place, *(build for build, _ in moves))]),
    )


def _newcomers(push: Push, builds: Iterable[Build]) -> Newcomers:
    """Of several builds of one package a repo shows the last that came to its tag."""
    latest = {build.package: build for build in builds}
    store, key = Path(push.settings.systems.koji.store), push.release.signing_key
    return Newcomers(binary_rpms(store, latest.values(), key), frozenset(latest))


def _artifacts(push: Push, judged: Judged | None, past: PastComposes) -> tuple[PlannedArtifact, ...]:
    """A push that has no update left decides about no artifact."""
    if judged is None:
        return ()
    reaches = {reach.artifact: reach for reach in judged.reaches}
    return tuple(planned(push, artifact, reaches[artifact.name], past) for artifact in push.artifacts)


def _in_order(push: Push, judged: Judged | None) -> tuple[str, ...]:
    """What goes live, in the order in which the steps of a run publish it: the repos, then the rest."""
    if judged is None:
        return ()
    repos = tuple(each.name for each in push.artifacts if each.is_repo)
    others = wanted_of(push, Reached(judged.reaches), repos)
    return (*repos, *(each.name for each in others.artifacts))


def _holds(push: Push, bits: _Bits, artifacts: Iterable[PlannedArtifact]) -> tuple[str, ...]:
    """What a run would wait for people with, as the run itself would say it."""
    impossible = [f"{each.name}: {each.reason}" for each in artifacts if each.treatment is Treatment.IMPOSSIBLE]
    broken = [f"{each.name}: {each.trouble}" for each in artifacts if each.trouble]
    unsigned = lacking(bits.unsigned, push.release.signing_key)
    return (*unsigned, *lost_in(bits.lost).values(), *impossible, *broken)


def _notes(
    wanted: Wanted,
    known: Mapping[str, Update | None],
    bits: _Bits,
    judged: Judged | None,
    history: LaneHistory,
    push: Push,
) -> tuple[str, ...]:
    notes = [] if history.taken_by is None else [f"{history.taken_by} is at work in this lane: the push waits for it"]
    open_ones = [update.title for update in known.values() if update is not None and not update.is_locked]
    if open_ones:
        notes.append(
            f"{len(open_ones)} of {len(known)} updates are not locked yet: Bodhi locks them as the push begins"
        )
    if wanted.update is not None:
        notes.append(f"Bodhi has no update of {wanted.update.title}: planned as if it had one")
    if judged is not None and "cannot be read" in judged.survey.told_by:
        notes.append(f"which artifacts contain a package: {judged.survey.told_by}")
    if bits.unreadable:
        store = push.settings.systems.koji.store
        notes.append(
            f"{len(bits.unreadable)} RPM files cannot be read below {store}: artifacts are compared by names only"
        )
    return tuple(notes)


def _forecast(push: Push, artifacts: tuple[PlannedArtifact, ...], bits: _Bits, history: LaneHistory) -> Forecast:
    composed = [each for each in artifacts if each.treatment.is_composed]
    tasks = len(bits.moves) + sum(len(each.tasks) for each in composed)
    return history.forecast([each.kind for each in composed], tasks)
