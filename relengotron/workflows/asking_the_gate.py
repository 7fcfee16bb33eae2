"""How does a push ask whether its gate is open, and what becomes of it while it is not?"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from relengotron.decisions import ejecting, lagging
from relengotron.model.artifact import Built
from relengotron.model.batch import EJECTED
from relengotron.model.gate import GateAnswer, Verdict
from relengotron.model.outcome import Failed, FailureKind, Outcome, Running, Watch
from relengotron.workflows.asking import answer_of, keep, look_at_answer, watches_of
from relengotron.workflows.composing import all_composed
from relengotron.workflows.digest import telling_of
from relengotron.workflows.gate_question import question_of, subjects_of
from relengotron.workflows.lagging import leave_behind_at_the_gate
from relengotron.workflows.push import Push
from relengotron.workflows.without import ejected_in_any

TESTS: Final = "ensure_tests_have_verdicts"


def ask_the_gate(push: Push, about: Iterable[Built] | None = None) -> GateAnswer:
    """What every engine says now, with every waiver that stands now, of all that goes live or of these composes.

    Raises:
        SystemUnreachable: nothing keeps the gate from opening but that a source could not be asked.
    """
    composed = tuple(all_composed(push) if about is None else about)
    question, subjects = question_of(push, composed), subjects_of(push, composed)
    return answer_of(push.engine, push.world, question, subjects, _missing_from(push))


def why_shut(push: Push, answer: GateAnswer) -> Outcome | None:
    """Keep the answer whole; None when the gate is open, else what the push waits for."""
    keep(push.engine, answer)
    if answer.verdict is Verdict.OPEN:
        return _why_not_without(push)
    if (thrown_out := throw_out(push, answer)) is not None:
        return thrown_out
    if push.is_late(push.settings.patience.gate):
        return Failed(FailureKind.DEADLINE, f"the gate stayed closed: {'; '.join(answer.missing)}")
    watches, patience = watches_of(answer, Verdict.CLOSED, Verdict.WAITING), push.settings.patience.gate
    command, again = f"relengotron explain {push.engine.run.id}", look_again(push, answer, patience, watches)
    telling = telling_of(push, answer)
    hold = push.hold(answer.missing, patience, command, watches, telling.within(again))
    return replace(hold, tell=telling.tell)


def throw_out(push: Push, answer: GateAnswer) -> Outcome | None:
    """What policies say goes where it does not pass: the run takes it out before it looks again; None when nothing."""
    answered = push.said_of_leaving()  # what is live stays: an answer holds
    found = ejecting.thrown_out(answer, push.shipment().updates, push.settings.policies)
    going = [each for each in found if f"{EJECTED}{each.update}" not in answered]
    for wish in going:
        push.want_out(wish)
    words = "; ".join(f"{each.update} is thrown out by {each.who}" for each in going)
    return Running(words, look_again=timedelta()) if going else None


def went_on_without(push: Push, answer: GateAnswer) -> bool:
    """Whether the push goes on without some of its artifacts: they may lag, or go live later anyway."""
    unready = lagging.unready(answer) if answer.verdict is not Verdict.OPEN else {}
    composed = {built.artifact: built for built in all_composed(push)}
    behind = None if unready is None else lagging.left_behind(push.artifacts, composed, unready)
    if behind is None:
        return False
    behind = lagging.going_later(push.artifacts, composed) | behind
    if behind:
        leave_behind_at_the_gate(push, behind)
    for name, why in behind.items():
        facts = {"kind": composed[name].kind, "identity": composed[name].identity}
        push.engine.note("artifact", name, "left behind", why, facts)
    return bool(behind)


def _why_not_without(push: Push) -> Outcome | None:
    """Nothing of an ejected update is shown to anybody, whatever went wrong before."""
    found = ejected_in_any(push, all_composed(push))
    if found and push.is_late(push.settings.patience.gate):
        return Failed(FailureKind.REFUSED, f"an ejected update is in it: {'; '.join(found)}")
    command = f"relengotron runs cancel {push.engine.run.id} --reason TEXT"
    return push.hold(found, push.settings.patience.gate, command) if found else None


def look_again(push: Push, answer: GateAnswer, patience: timedelta, watches: tuple[Watch, ...]) -> timedelta:
    """When to look without a call."""
    return look_at_answer(push.world, answer, watches, push.settings.pace.poll, push.until(patience) - push.now())


def _missing_from(push: Push) -> datetime | None:
    """Until when a test without a result may only not be scheduled yet: the patience for tests, counted once."""
    known = push.engine.steps.get(TESTS)
    began = known.started_at if known is not None else push.engine.step_started_at
    return began + push.settings.patience.tests
