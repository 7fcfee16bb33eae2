"""How does a push ask whether its gate is open, and what does it keep of the answer?"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from relengotron.decisions import ejecting, evaluating, gating, lagging
from relengotron.errors import RelengError, SystemUnreachable
from relengotron.model.artifact import Built
from relengotron.model.batch import EJECTED
from relengotron.model.codec import to_json
from relengotron.model.gate import (
    GATE,
    UPDATE,
    WAIVER,
    Finding,
    Findings,
    GateAnswer,
    Question,
    Requirement,
    RequirementState,
    Subject,
    Verdict,
)
from relengotron.model.outcome import Failed, FailureKind, Outcome, Running, Watch
from relengotron.model.waiver import Waiver
from relengotron.systems.gate.own import OwnGate
from relengotron.systems.waiverdb.port import WaiverDb
from relengotron.workflows.composing import all_composed
from relengotron.workflows.digest import telling_of
from relengotron.workflows.gate_question import question_of, subjects_of
from relengotron.workflows.lagging import leave_behind_at_the_gate
from relengotron.workflows.push import POLLED, Push
from relengotron.workflows.without import ejected_in_any

TESTS: Final = "ensure_tests_have_verdicts"


UNPOLLED: Final = frozenset(
    {
        RequirementState.TOO_LITTLE,
        RequirementState.DISLIKED,
        RequirementState.UNTESTED,
        RequirementState.BLOCKED,
        RequirementState.FROZEN,
        RequirementState.ERRORED,
        RequirementState.SOURCE_DOWN,
    }
)
"""What may change without a result: feedback, the end of a freeze, an engine that comes to its senses."""

LOOKS_AFTER_POLLS: Final = 10
"""A gate that waits for more than results is asked once in so many polls: five minutes, usually."""


def ask_the_gate(push: Push, about: Iterable[Built] | None = None) -> GateAnswer:
    """What every engine says now, with every waiver that stands now, of all that goes live or of these composes.

    Raises:
        SystemUnreachable: nothing keeps the gate from opening but that a source could not be asked.
    """
    composed = tuple(all_composed(push) if about is None else about)
    question = question_of(push, composed)
    found = _findings(push, question, subjects_of(push, composed))
    given, missing_from = _given(push, found), _missing_from(push)
    answer = gating.judge(question, found, given, missing_from)
    if answer.verdict is not Verdict.OPEN and push.world.waiverdb is not None:
        answer = gating.judge(question, _with_more_waivers(push.world.waiverdb, found), given, missing_from)
    if gating.only_sources_are_down(answer):
        raise SystemUnreachable("; ".join(dict.fromkeys(each.note for each in answer.reasons if each.note)))
    return answer


def why_shut(push: Push, answer: GateAnswer) -> Outcome | None:
    """Keep the answer whole; None when the gate is open, else what the push waits for."""
    keep(push, answer)
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
    """Sooner than the poll needs it where something may change that no poll asks about."""
    states = {each.state for each in answer.reasons if each.verdict is not Verdict.OPEN}
    elsewhere = push.world.greenwave is not None or push.world.waiverdb is not None
    usual = push.look_again(patience, tuple(watch for watch in watches if watch.system in POLLED))
    return min(usual, push.settings.pace.poll * LOOKS_AFTER_POLLS) if elsewhere or states & UNPOLLED else usual


def watches_of(answer: GateAnswer, *verdicts: Verdict) -> tuple[Watch, ...]:
    """What may change the verdict, for the items that have one of these."""
    about = [each.requirement for each in answer.reasons if each.verdict in verdicts]
    results = {Watch("resultsdb.item", each.item) for each in about}
    return tuple(results | {Watch("bodhi.update", each.item) for each in about if each.type == UPDATE})


def _findings(push: Push, question: Question, subjects: tuple[Subject, ...]) -> Findings:
    """Every engine must be content: Greenwave, where there is one, adds its policies to ours."""
    own = OwnGate(push.world.resultsdb, push.world.bodhi).findings(question)
    if push.world.greenwave is None:
        return replace(own, found=evaluating.merged(own.found))
    outside = push.world.greenwave.findings(replace(question, subjects=subjects))
    found = evaluating.merged((*own.found, *outside.found))
    return Findings(f"{own.engine} and {outside.engine}", found, (*own.waivers, *outside.waivers))


def _given(push: Push, found: Findings) -> tuple[Waiver, ...]:
    """What people waived with our own command."""
    items = {each.requirement.item for each in _wanting(found)}
    return push.engine.waivers_of(items) if items else ()


def _with_more_waivers(waiverdb: WaiverDb, found: Findings) -> Findings:
    """Those of others too; whatever is wrong with WaiverDB, no waiver of it counts then, and the answer says so."""
    requirements = [each.requirement for each in _wanting(found)]
    subjects = {Subject(each.type, each.item, each.artifact) for each in requirements}
    try:
        return replace(found, waivers=(*found.waivers, *waiverdb.waivers_of(subjects)))
    except RelengError as trouble:
        nobody = Requirement("WaiverDB", "waivers", "waivers")
        unknown = Finding(nobody, RequirementState.SOURCE_DOWN, note=str(trouble))
        return replace(found, found=(*found.found, unknown))


def _wanting(found: Findings) -> Iterable[Finding]:
    return (each for each in found.found if each.state is not RequirementState.PASSED)


def keep(push: Push, answer: GateAnswer) -> None:
    """The answer whole, and each waiver that opened something; what is kept already is not kept again."""
    words = "; ".join(answer.missing) or f"{len(answer.reasons)} requirements hold"
    push.engine.note(GATE, answer.context, str(answer.verdict), words, to_json(answer))
    if answer.verdict is Verdict.OPEN:
        for waiver in answer.waivers:
            words = f"{waiver.who} answers for {waiver.testcase} of {waiver.item}: {waiver.why}"
            push.engine.note(WAIVER, waiver.id, "used", words, to_json(waiver))


def _missing_from(push: Push) -> datetime | None:
    """Until when a test without a result may only not be scheduled yet: the patience for tests, counted once."""
    known = push.engine.steps.get(TESTS)
    began = known.started_at if known is not None else push.engine.step_started_at
    return began + push.settings.patience.tests
