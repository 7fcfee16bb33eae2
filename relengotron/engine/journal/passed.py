"""Which runs of a lane have come past a step, and what did they promise and show?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from relengotron.engine.journal import rollbacks
from relengotron.engine.journal.tables import effects, evidence, runs, steps
from relengotron.engine.journal.times import moment
from relengotron.model.run import DECISION, RunState, StepState

MOST_RUNS = 400
"""How far back is looked: half a year of a lane with two pushes a day."""
AT_ONCE = 50
"""What goes stable was in testing for a week or two."""
TAKEN_BACK = tuple(str(each) for each in (RunState.CANCELLING, RunState.CANCELLED, RunState.FAILING, RunState.FAILED))


@dataclass(frozen=True, slots=True)
class Passed:
    """One run that came past a step and was not taken back: when, what its steps promised, and what was decided."""

    run: str
    at: datetime
    outputs: dict[str, Any]
    decisions: tuple[Any, ...]
    identities: frozenset[str]
    """Of everything that it published and saw from outside."""


def passed(db: Connection, lane: str, step: str, promised: Sequence[str], decided: str) -> Iterator[Passed]:
    """The newest first, some read together when it is their turn: who finds enough reads no more."""
    query = (
        select(runs.c.id, steps.c.finished_at)
        .join(steps, steps.c.run == runs.c.id)
        .where(runs.c.lane == lane, runs.c.state.not_in(TAKEN_BACK))
        .where(steps.c.name == step, steps.c.state == str(StepState.DONE), steps.c.finished_at.is_not(None))
        .order_by(runs.c.number.desc())
        .limit(MOST_RUNS)
    )
    gone = rollbacks.taken_back(db, lane)
    found = [(run, moment(at)) for run, at in db.execute(query) if run not in gone]
    for start in range(0, len(found), AT_ONCE):
        yield from _read(db, found[start : start + AT_ONCE], promised, decided)


def _read(
    db: Connection, found: Sequence[tuple[str, datetime]], promised: Sequence[str], decided: str
) -> Iterator[Passed]:
    names = [run for run, _ in found]
    outputs, decisions, shown = _outputs(db, names, promised), _decisions(db, names, decided), _identities(db, names)
    for run, at in found:
        yield Passed(run, at, outputs.get(run, {}), tuple(decisions.get(run, ())), frozenset(shown.get(run, ())))


def _outputs(db: Connection, names: Sequence[str], promised: Sequence[str]) -> dict[str, dict[str, Any]]:
    query = select(steps.c.run, steps.c.name, steps.c.output)
    found: dict[str, dict[str, Any]] = {}
    for run, name, output in db.execute(query.where(steps.c.run.in_(names), steps.c.name.in_(promised))):
        if output is not None:
            found.setdefault(run, {})[name] = output
    return found


def _decisions(db: Connection, names: Sequence[str], decided: str) -> dict[str, list[Any]]:
    alike = effects.c.key.startswith(f"{DECISION}{decided}", autoescape=True)
    query = select(effects.c.run, effects.c.result).where(effects.c.run.in_(names), alike, effects.c.is_finished)
    found: dict[str, list[Any]] = {}
    for run, result in db.execute(query.order_by(effects.c.id)):
        found.setdefault(run, []).append(result)
    return found


def _identities(db: Connection, names: Sequence[str]) -> dict[str, set[str]]:
    query = select(evidence.c.run, evidence.c.facts).where(
        evidence.c.run.in_(names), evidence.c.subject_kind == "artifact", evidence.c.state == "published"
    )
    found: dict[str, set[str]] = {}
    for run, facts in db.execute(query):
        if "identity" in facts:
            found.setdefault(run, set()).add(str(facts["identity"]))
    return found
