"""Is the gate open? Every requirement of every subject must hold, or be waived by people who answer for it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from relengotron.decisions import waiving
from relengotron.model.gate import Finding, Findings, GateAnswer, Question, Reason, RequirementState, Verdict
from relengotron.model.waiver import Waiver

VERDICTS: Final[Mapping[RequirementState, Verdict]] = {
    RequirementState.PASSED: Verdict.OPEN,
    RequirementState.WAIVED: Verdict.OPEN,
    RequirementState.FAILED: Verdict.CLOSED,
    RequirementState.ERRORED: Verdict.CLOSED,
    RequirementState.TOO_LITTLE: Verdict.CLOSED,
    RequirementState.DISLIKED: Verdict.CLOSED,
    RequirementState.UNTESTED: Verdict.CLOSED,
    RequirementState.BLOCKED: Verdict.CLOSED,
    RequirementState.FROZEN: Verdict.CLOSED,
    RequirementState.POLICY_MISSING: Verdict.CLOSED,
    RequirementState.MISSING: Verdict.WAITING,
    RequirementState.NOT_SCHEDULED: Verdict.WAITING,
    RequirementState.QUEUED: Verdict.WAITING,
    RequirementState.RUNNING: Verdict.WAITING,
    RequirementState.SOURCE_DOWN: Verdict.WAITING,
}


def judge(
    question: Question, findings: Findings, waivers: Iterable[Waiver], missing_from: datetime | None = None
) -> GateAnswer:
    """Weigh every finding; the worst reason is the answer.

    Until ``missing_from`` a test without a result is not scheduled yet; after it, the result is missing.
    """
    known = (*waivers, *findings.waivers)
    is_early = missing_from is not None and question.now < missing_from
    reasons = (_weigh(question, _named(each, is_early), known) for each in findings.found)
    ordered = tuple(sorted(reasons, key=str))
    verdicts = {reason.verdict for reason in ordered}
    worst = next((each for each in (Verdict.CLOSED, Verdict.WAITING) if each in verdicts), Verdict.OPEN)
    return GateAnswer(worst, ordered, findings.engine, question.context, question.product_version)


def only_sources_are_down(answer: GateAnswer) -> bool:
    """Whether nothing keeps the gate from opening but sources that could not be asked."""
    keeping = {reason.state for reason in answer.reasons if reason.verdict is not Verdict.OPEN}
    return keeping == {RequirementState.SOURCE_DOWN}


def _named(finding: Finding, is_early: bool) -> Finding:
    is_expected = finding.state is RequirementState.MISSING and is_early
    return replace(finding, state=RequirementState.NOT_SCHEDULED) if is_expected else finding


def _weigh(question: Question, finding: Finding, waivers: tuple[Waiver, ...]) -> Reason:
    requirement, state = finding.requirement, finding.state
    reason = Reason(requirement, state, VERDICTS[state], finding.result_id, finding.ref_url, finding.note)
    if state in waiving.NOT_TO_BE_WAIVED:
        return reason
    counting = waiving.counting(waivers, requirement, question.product_version, question.now)
    if not counting:
        return reason
    said = "; ".join(filter(None, (finding.note, waiving.in_words(counting, requirement))))
    if not waiving.are_enough(counting, requirement):
        return replace(reason, note=said, waivers=counting)
    return replace(
        reason, state=RequirementState.WAIVED, verdict=Verdict.OPEN, note=said, waived=state, waivers=counting
    )
