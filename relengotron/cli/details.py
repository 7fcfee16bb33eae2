"""Everything the journal knows of one run, on one page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.cli.what import what
from relengotron.engine.journal import audit, effects, evidence, holds, outbox, runs
from relengotron.engine.journal.outbox import OutboxMessage
from relengotron.engine.journal.times import moment
from relengotron.messages.eta import told
from relengotron.model.codec import to_json
from relengotron.model.estimate import Eta
from relengotron.model.push_plan import SIGHT
from relengotron.model.run import EffectRecord, Evidence, HoldRecord, Run, StepRecord, StepState

_FOR_PROGRAMS = frozenset({"digest"})
"""What a run notes for itself: which verdicts people were told last; ``--json`` has it."""

_WITHOUT_KOJI = ("koji_task_id", "task_id", "task")


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for, and when."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Details:
    """One run and all its parts."""

    run: Run
    steps: Sequence[StepRecord]
    evidence: Sequence[Evidence]
    holds: Sequence[HoldRecord]
    effects: Sequence[EffectRecord]
    messages: Sequence[OutboxMessage]
    orders: Sequence[Order]

    def newest(self) -> list[Evidence]:
        """What holds for each subject now, in the order in which the subjects came up."""
        return list({(each.subject_kind, each.subject): each for each in self.evidence}.values())


def details(db: Connection, run: Run) -> Details:
    """Read it all at one moment."""
    return Details(
        run=run,
        steps=list(runs.steps_of(db, run.id).values()),
        evidence=[each for each in evidence.of_run(db, run.id) if each.subject_kind != SIGHT],
        holds=holds.of_run(db, run.id),
        effects=[each for each in effects.of_run(db, run.id) if not each.is_decision],
        messages=outbox.of_run(db, run.id),
        orders=[Order(moment(at), who, what) for at, who, what in audit.of_run(db, run.id)],
    )


def for_programs(known: Details, eta: Eta | None) -> dict[str, Any]:
    """The same as JSON data."""
    return {
        "run": to_json(known.run),
        "eta": told(eta),
        "steps": [to_json(each) for each in known.steps],
        "subjects": [to_json(each) for each in known.newest()],
        "evidence": [to_json(each) for each in known.evidence],
        "holds": [to_json(each) for each in known.holds],
        "effects": [to_json(each) for each in known.effects],
        "messages": [to_json(each) for each in known.messages],
        "orders": [to_json(each) for each in known.orders],
    }


def show(known: Details, eta: Eta | None, at: datetime) -> None:
    """Print it, the most wanted first."""
    run = known.run
    headline(run, at, eta)
    _section("Waits for people", (_hold(each, at) for each in known.holds if each.closed_at is None))
    _section("Steps", (_step(each, at) for each in known.steps))
    for kind in dict.fromkeys(each.subject_kind for each in known.evidence if each.subject_kind not in _FOR_PROGRAMS):
        _section(f"{kind.capitalize()}s", (subject(each) for each in known.newest() if each.subject_kind == kind))
    _section("Earlier waits", (_hold(each, at) for each in known.holds if each.closed_at is not None))
    _section("Changed outside", (_effect(each, at) for each in known.effects))
    _section("Asked by people", (f"{page.clock(each.at, at)}  {each.who}: {each.what}" for each in known.orders))
    _section("Told to everybody", (_message(each, at) for each in known.messages))


def headline(run: Run, at: datetime, eta: Eta | None = None) -> None:
    """Which run this is and where it stands."""
    page.say(f"{run.id}  {run.lane}  {page.state_in_words(run.state)}", state=run.state, bold=True)
    took = page.length((run.finished_at or at) - run.created_at)
    page.fields(
        [
            ("what", what(run)),
            ("why", run.reason),
            ("opened", page.clock(run.created_at, at)),
            ("ended", page.clock(run.finished_at, at) if run.finished_at else ""),
            ("took", took if run.finished_at else f"{took} so far"),
            ("ETA", "" if eta is None else str(eta)),
            ("attempt", str(run.attempt) if run.attempt > 1 else ""),
            ("opened by", f"message {run.trigger_msg_id}"),
        ]
    )


def subject(item: Evidence) -> str:
    """One subject: its state, why, and the Koji task if there is one."""
    task = next((item.facts[key] for key in _WITHOUT_KOJI if item.facts.get(key)), None)
    tail = f" [Koji task {task}]" if task else ""
    return (
        f"{item.subject}  {item.state}: {item.reason}{tail}" if item.reason else f"{item.subject}  {item.state}{tail}"
    )


def _section(title: str, lines: Iterable[str]) -> None:
    lines = list(lines)
    if lines:
        page.say()
        page.say(title, bold=True)
        for line in lines:
            page.say("\n".join(f"  {part}" for part in line.splitlines()))


def _step(step: StepRecord, at: datetime) -> str:
    mark = {StepState.DONE: "done", StepState.SKIPPED: "not needed", StepState.FAILED: "failed"}.get(step.state)
    if mark is None or step.finished_at is None:
        text = f"{page.promise(step.name)}: {page.state_in_words(step.state)} since {page.clock(step.started_at, at)}"
    else:
        took = page.length(step.finished_at - step.started_at)
        text = f"{page.promise(step.name)}: {mark} at {page.clock(step.finished_at, at)}, took {took}"
    return "\n".join([text, *(f"    {line}" for line in step.note.splitlines())])


def _hold(hold: HoldRecord, at: datetime) -> str:
    lines = [f"{page.promise(hold.step)}, since {page.clock(hold.since, at)}"]
    lines += [f"    missing: {each}" for each in hold.missing]
    if hold.closed_at is not None:
        return "\n".join([*lines, f"    over at {page.clock(hold.closed_at, at)}"])
    return "\n".join([*lines, f"    until {page.clock(hold.deadline, at)}; {hold.owner}: {hold.command}"])


def _effect(effect: EffectRecord, at: datetime) -> str:
    when = page.clock(effect.finished_at or effect.intended_at, at)
    if not effect.is_finished:
        return f"{when}  begun, result not known yet: {effect.what}"
    task = effect.result.get("task") if isinstance(effect.result, dict) else None
    return f"{when}  {effect.what}{f' [Koji task {task}]' if task else ''}"


def _message(message: OutboxMessage, at: datetime) -> str:
    if message.sent_at is None:
        return f"{page.clock(message.written_at, at)}  {message.topic}  not sent yet"
    return f"{page.clock(message.sent_at, at)}  {message.topic}{_answered(message, at)}"


def _answered(message: OutboxMessage, at: datetime) -> str:
    if not message.recipients:
        return ""
    if message.acknowledged_at is None:
        return f"  not acknowledged by all of {', '.join(message.recipients)}"
    return f"  acknowledged {page.clock(message.acknowledged_at, at)}"
