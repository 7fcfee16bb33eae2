"""Where does a run stand now: its step, how long it still takes, its artifacts, and whom it waits for?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.cli.overview import current_step
from relengotron.engine.history import OVER, History
from relengotron.engine.journal import evidence, holds, runs
from relengotron.messages.eta import told
from relengotron.model.codec import to_json
from relengotron.model.estimate import Eta
from relengotron.model.run import Evidence, HoldRecord, Run, RunState, StepRecord, StepState
from relengotron.workflows.catalogue import PROMISES

GOING: Final = (RunState.QUEUED, RunState.OPEN)
"""Where a run goes on by itself, so that there is an end to expect."""

_AT_WORK: Final = ("composing", "waiting")


@dataclass(frozen=True, slots=True)
class ArtifactProgress:
    """Where one artifact stands, since when, and how long its compose usually takes while it is composed."""

    name: str
    state: str
    reason: str
    since: datetime
    usual: Eta | None


@dataclass(frozen=True, slots=True)
class Progress:
    """One run at one moment; ``number`` is which of the steps it is at, from 1, ``of`` how many there are."""

    run: Run
    step: StepRecord | None
    name: str
    promise: str
    number: int
    of: int
    eta: Eta | None
    hold: HoldRecord | None
    artifacts: tuple[ArtifactProgress, ...]


def progress(db: Connection, history: History, run: Run, now: datetime) -> Progress:
    """Look at a run once."""
    steps, promises = runs.steps_of(db, run.id), PROMISES.get(run.workflow, {})
    at = current_step(steps)
    name = at.name if at is not None else next((each for each in promises if each not in steps), "")
    order = list(promises)
    return Progress(
        run=run,
        step=at,
        name=name if at is not None or not run.state.is_finished else "",
        promise=promises.get(name, ""),
        number=order.index(name) + 1 if name in order else len(order),
        of=len(order),
        eta=eta_of(history, run, steps, now),
        hold=holds.open_of(db, run.id),
        artifacts=tuple(_artifacts(history, run, evidence.of_run(db, run.id), now)),
    )


def eta_of(history: History, run: Run, steps: Mapping[str, StepRecord], now: datetime) -> Eta | None:
    """How long a run still takes; None where nobody can say: it waits for people, is taken back, or is over."""
    order = list(PROMISES.get(run.workflow, {}))
    over = {name for name, known in steps.items() if known.state in OVER}
    present = next((steps[name] for name in order if name not in over and name in steps), None)
    if run.state not in GOING or (present is not None and present.state is not StepState.RUNNING):
        return None
    return history.eta(run, order, over, now, since=None if present is None else present.started_at)


def for_programs(seen: Progress) -> dict[str, Any]:
    """The same as JSON data."""
    return {
        "run": seen.run.id,
        "lane": seen.run.lane,
        "workflow": seen.run.workflow,
        "state": str(seen.run.state),
        "reason": seen.run.reason,
        "opened_at": to_json(seen.run.created_at),
        "finished_at": to_json(seen.run.finished_at),
        "step": seen.name or None,
        "step_number": seen.number,
        "steps": seen.of,
        "step_since": None if seen.step is None else to_json(seen.step.started_at),
        "promise": seen.promise or None,
        "eta": told(seen.eta),
        "hold": to_json(seen.hold),
        "artifacts": [_artifact_for_programs(each) for each in seen.artifacts],
    }


def _artifact_for_programs(seen: ArtifactProgress) -> dict[str, Any]:
    return {
        "artifact": seen.name,
        "state": seen.state,
        "reason": seen.reason,
        "since": to_json(seen.since),
        "usual": told(seen.usual),
    }


def in_words(seen: ArtifactProgress, now: datetime) -> str:
    """What a person wants to know of an artifact: for how long it is composed, or why it is where it is."""
    if seen.state != "composing":
        return f"{seen.state}: {seen.reason}" if seen.reason else seen.state
    so_far = f"composing for {page.length(now - seen.since)}"
    return f"{so_far}, usually {seen.usual}" if seen.usual is not None and seen.usual.rest is not None else so_far


def _artifacts(history: History, run: Run, known: Iterable[Evidence], now: datetime) -> Iterable[ArtifactProgress]:
    stories: dict[str, list[Evidence]] = {}
    for item in known:
        if item.subject_kind == "artifact":
            stories.setdefault(item.subject, []).append(item)
    for name, story in stories.items():
        newest = story[-1]
        usual = _usual(history, run, newest, now) if newest.state == "composing" else None
        yield ArtifactProgress(name, newest.state, newest.reason, _since(story), usual)


def _since(story: Sequence[Evidence]) -> datetime:
    """When the artifact came into its state; a compose goes on while what it waits for has other names."""
    newest = story[-1]
    since = newest.at
    for item in reversed(story):
        if item.state == newest.state:
            since = item.at
        elif newest.state != "composing" or item.state not in _AT_WORK:
            break
    return since


def _usual(history: History, run: Run, item: Evidence, now: datetime) -> Eta:
    return history.compose_eta(run, item.subject, str(item.facts.get("kind", "")), now)
