"""What has a push really done? Read from the journal, in the words of a plan."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from relengotron.engine.journal import effects, evidence, runs
from relengotron.model.batch import Batch, Shipment
from relengotron.model.codec import from_json
from relengotron.model.push_plan import SIGHT, Fate, Happened, Move, Sight, Story
from relengotron.model.run import EffectRecord, Evidence, Run, StepRecord, StepState
from relengotron.workflows import sight
from relengotron.workflows.composing import ensure_artifacts_are_composed
from relengotron.workflows.making import Composed
from relengotron.workflows.mashing import ensure_repos_are_mashed
from relengotron.workflows.planning_artifacts import changes_of, decisive
from relengotron.workflows.push import SHIPMENT_STEPS
from relengotron.workflows.reaching import Reached, ensure_affected_artifacts_are_known

_MOVE, _COMPOSE, _DETECT = "move ", "compose ", "detect "


def happened(db: Connection, run: Run) -> Happened:
    """Everything that one push has done up to now."""
    batch, steps = from_json(Batch, run.request), runs.steps_of(db, run.id)
    notes, changes = evidence.of_run(db, run.id), effects.of_run(db, run.id)
    shipment, moves = _shipment(steps), _moves(changes)
    moved = {move.build for move in moves}
    tagged = [each.subject for each in notes if each.subject_kind == "build" and each.state == "tagged"]
    return Happened(
        run=run.id,
        lane=batch.lane,
        state=str(run.state),
        is_finished=run.state.is_finished,
        attempts=run.attempt,
        asked=batch.updates,
        shipped=shipment.updates if _is_over(steps, SHIPMENT_STEPS[-1]) else (),
        ejected=shipment.ejected,
        moves=moves,
        in_place=tuple(build for build in dict.fromkeys(tagged) if build not in moved),
        artifacts=_stories(steps, notes),
        tasks=_tasks(changes),
        published=_published(notes),
        sight=_sight(notes),
    )


def _shipment(steps: Mapping[str, StepRecord]) -> Shipment:
    outputs = (steps[name].output for name in SHIPMENT_STEPS if name in steps)
    return next((from_json(Shipment, output) for output in outputs if output is not None), Shipment(()))


def _moves(changes: Iterable[EffectRecord]) -> tuple[Move, ...]:
    """Each build once, however often it was tried; what was only intended is no move."""
    made = [each.old for each in changes if each.key.startswith(_MOVE) and each.is_finished]
    return tuple(dict.fromkeys(Move(each["build"], each["source"], each["target"]) for each in made))


def _tasks(changes: Iterable[EffectRecord]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for each in changes:
        if each.is_finished and each.key.startswith(_MOVE):
            counted["tagBuild"] += 1
        elif each.is_finished and each.key.startswith((_COMPOSE, _DETECT)):
            counted[each.old["method"]] += 1
    return dict(counted)


def _stories(steps: Mapping[str, StepRecord], notes: Iterable[Evidence]) -> dict[str, Story]:
    """What the run decided of every artifact, and what became of those that it composed."""
    reached = _output(steps, ensure_affected_artifacts_are_known.__name__, Reached)
    fates = _fates(steps)
    failed = {each.subject: each.state for each in notes if each.subject_kind == "artifact"}
    stories: dict[str, Story] = {}
    for reach in reached.reaches if reached is not None else ():
        fate = fates.get(reach.artifact, Fate.PENDING)
        if not reach.is_affected:
            fate = Fate.SKIPPED
        elif fate is Fate.PENDING and failed.get(reach.artifact) == "failed":
            fate = Fate.FAILED
        stories[reach.artifact] = Story(fate, reach.reason, decisive(reach), reach.follows, changes_of(reach))
    return stories


def _fates(steps: Mapping[str, StepRecord]) -> dict[str, Fate]:
    composed = (
        _output(steps, step.__name__, Composed) for step in (ensure_repos_are_mashed, ensure_artifacts_are_composed)
    )
    fates: dict[str, Fate] = {}
    for each in composed:
        if each is not None:
            fates |= {built.artifact: Fate.COMPOSED for built in each.built}
            fates |= dict.fromkeys(each.unchanged, Fate.UNCHANGED)
    return fates


def _published(notes: Iterable[Evidence]) -> dict[str, str]:
    """Per artifact the place below which it went live, in the order in which that happened."""
    live = (each for each in notes if each.subject_kind == "artifact" and each.state == "live")
    return {each.subject: str(each.facts["target"]) for each in live}


def _sight(notes: Iterable[Evidence]) -> Sight:
    seen = {each.subject: from_json(Sight, dict(each.facts)) for each in notes if each.subject_kind == SIGHT}
    there = seen.get(sight.ARTIFACTS, Sight())
    updates = seen.get(sight.UPDATES, Sight()).updates
    return Sight(updates, there.contained, there.live, there.wished, there.revisions, there.configuration)


def _output(steps: Mapping[str, StepRecord], name: str, kind: type[Any]) -> Any:
    record = steps.get(name)
    is_done = record is not None and record.state is StepState.DONE and record.output is not None
    return from_json(kind, record.output) if is_done and record is not None else None


def _is_over(steps: Mapping[str, StepRecord], name: str) -> bool:
    return name in steps and steps[name].state in (StepState.DONE, StepState.SKIPPED)
