"""Is the gate open? Every required test case of every artifact must have passed."""

from collections.abc import Iterable, Mapping

from relengotron.model.gate import GateAnswer, Outcome, Reason, Requirement, TestState, Verdict

STATES: Mapping[str, TestState] = {
    "PASSED": TestState.PASSED,
    "INFO": TestState.PASSED,
    "FAILED": TestState.FAILED,
    "NEEDS_INSPECTION": TestState.FAILED,
    "ERROR": TestState.ERRORED,
    "QUEUED": TestState.QUEUED,
    "RUNNING": TestState.RUNNING,
}
VERDICTS: Mapping[TestState, Verdict] = {
    TestState.PASSED: Verdict.OPEN,
    TestState.FAILED: Verdict.CLOSED,
    TestState.ERRORED: Verdict.CLOSED,
    TestState.MISSING: Verdict.WAITING,
    TestState.QUEUED: Verdict.WAITING,
    TestState.RUNNING: Verdict.WAITING,
}


def judge(required: Iterable[Requirement], results: Mapping[Requirement, Outcome]) -> GateAnswer:
    """Weigh every requirement; the worst reason is the answer. An outcome nobody has heard of never opens a gate."""
    reasons = tuple(sorted((_weigh(each, results.get(each)) for each in required), key=str))
    verdicts = {reason.verdict for reason in reasons}
    worst = next((each for each in (Verdict.CLOSED, Verdict.WAITING) if each in verdicts), Verdict.OPEN)
    return GateAnswer(worst, reasons)


def _weigh(requirement: Requirement, result: Outcome | None) -> Reason:
    if result is None:
        return Reason(requirement, TestState.MISSING, VERDICTS[TestState.MISSING])
    state = STATES.get(result.outcome, TestState.ERRORED)
    return Reason(requirement, state, VERDICTS[state], result.result_id, result.ref_url, result.note)
