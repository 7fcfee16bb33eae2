"""What would another configuration do to runs in flight and to the pushes of the last days? Nothing is done here."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from relengotron.decisions import reconfiguring
from relengotron.decisions.hindsight import look_back
from relengotron.engine.journal import runs
from relengotron.model.lane import Lane
from relengotron.model.reconfiguration import LaneSetup, PastOutlook, Reconfiguration, RunOutlook
from relengotron.model.run import Run, RunState, StepState
from relengotron.settings import Settings
from relengotron.settings.section import Section
from relengotron.workflows import push_updates
from relengotron.workflows.retelling import happened

LOOKS_BACK: Final = timedelta(days=7)
MOST_RUNS: Final = 500
TOLD_BY_LANE: Final = frozenset({"directory", "systems", "releases", "artifacts"})
IN_FLIGHT: Final = tuple(state for state in RunState if not state.is_finished)


def reconfigured(db: Connection, old: Settings, new: Settings, now: datetime) -> Reconfiguration:
    """Compare both configurations, and look at every push that the journal has of these days."""
    there, coming = set(old.lanes), set(new.lanes)
    edits = {
        str(lane): reconfiguring.edits(_setup(old, lane), _setup(new, lane)) for lane in old.lanes if lane in coming
    }
    flying = runs.newest(db, MOST_RUNS, states=IN_FLIGHT)
    recent = [run for run in runs.newest(db, MOST_RUNS) if run.state.is_finished and run.created_at >= now - LOOKS_BACK]
    return Reconfiguration(
        everywhere=reconfiguring.otherwise(_words_for_all(old), _words_for_all(new)),
        lanes_added=tuple(str(lane) for lane in new.lanes if lane not in there),
        lanes_removed=tuple(str(lane) for lane in old.lanes if lane not in coming),
        edits={lane: found for lane, found in edits.items() if found},
        runs=tuple(_in_flight(db, run, old, new) for run in _pushes(flying)),
        pushes=tuple(_past(db, run, old, new) for run in _pushes(recent)),
    )


def _pushes(found: Iterable[Run]) -> list[Run]:
    return [run for run in found if run.workflow == push_updates.NAME]


def _in_flight(db: Connection, run: Run, old: Settings, new: Settings) -> RunOutlook:
    lane = Lane.parse(run.lane)
    before, after = _setup_or_none(old, lane), _setup_or_none(new, lane)
    steps = runs.steps_of(db, run.id)
    over = {name for name, step in steps.items() if step.state in (StepState.DONE, StepState.SKIPPED)}
    found = reconfiguring.edits(before, after) if before is not None and after is not None else ()
    changes, too_late = reconfiguring.split(found, over)
    stuck = reconfiguring.why_stuck(happened(db, run), before, after, over)
    return RunOutlook(run.id, run.lane, str(run.state), changes, too_late, stuck)


def _past(db: Connection, run: Run, old: Settings, new: Settings) -> PastOutlook:
    lane = Lane.parse(run.lane)
    seen = look_back(_setup_or_none(old, lane), _setup_or_none(new, lane), happened(db, run).artifacts)
    return PastOutlook(run.id, run.lane, str(run.state), seen.changes, seen.unsure)


def _words_for_all(settings: Settings) -> dict[str, str]:
    """What counts for every lane, by key path; no secret stands in it, only where secrets lie."""
    found = {**dict(settings), **dict(settings.systems)}
    return dict(_flat("", {key: value for key, value in found.items() if key not in TOLD_BY_LANE}))


def _flat(path: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping | Section):
        for key, each in value.items() if isinstance(value, Mapping) else value:  # a section may have a key named keys
            yield from _flat(f"{path}.{key}" if path else str(key), each)
    elif isinstance(value, tuple) and any(isinstance(each, Section) for each in value):
        for number, each in enumerate(value):
            yield from _flat(f"{path}[{number}]", each)
    else:
        yield path, _word(value)


def _setup_or_none(settings: Settings, lane: Lane) -> LaneSetup | None:
    return _setup(settings, lane) if lane in settings.lanes else None


def _setup(settings: Settings, lane: Lane) -> LaneSetup:
    target = settings.request_target(lane)
    values = {**dict(settings.release(lane.release)), **dict(target)}
    words = {key: _word(value) for key, value in values.items() if key != "requests"}
    return LaneSetup(words, settings.artifacts_for(lane))


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_word(each)}" for key, each in sorted(value.items())) or "nothing"
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, tuple) else str(value)
