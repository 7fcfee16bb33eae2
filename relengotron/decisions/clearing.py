"""Do the tests that made a build suspect speak for it now? All of them must, by results that are newer than those."""

from collections.abc import Iterable
from datetime import datetime

from relengotron.model.gate import BUILD, Finding, Question, RequirementState, Subject
from relengotron.model.gated import BATCH, CONTEXT, Quarantine
from relengotron.model.policy import PassingTestCase, Policy

SUSPICION = "what made it suspect"


def question_about(kept: Quarantine, product_version: str, now: datetime) -> Question:
    """What those tests say today, of the build itself and of the round that it was in."""
    rounds = (Subject(BATCH, each, kept.nvr) for each in kept.suspicion.items if each != kept.nvr)
    subjects = (Subject(BUILD, kept.nvr, kept.nvr), *rounds)
    rules = tuple(PassingTestCase(each) for each in kept.suspicion.testcases)
    policy = Policy(SUSPICION, ("*",), (CONTEXT,), (BUILD, BATCH), rules)
    return Question(CONTEXT, product_version, subjects, (policy,), now)


def why_cleared(kept: Quarantine, found: Iterable[Finding]) -> str | None:
    """Which results clear the build of all suspicion; None while one of the tests has not spoken for it."""
    news = _news(kept, found)
    told = [_why(testcase, news) for testcase in kept.suspicion.testcases]
    reasons = [each for each in told if each is not None]
    return "; ".join(reasons) if told and len(reasons) == len(told) else None


def still_speaking_against(kept: Quarantine, found: Iterable[Finding]) -> tuple[str, ...]:
    """What tests say that were tried again and have not passed, a sentence each."""
    bad = (each for each in _news(kept, found) if each.state is not RequirementState.PASSED)
    return tuple(f"tried again: {each.requirement.testcase} {each.state} (result {each.result_id})" for each in bad)


def _news(kept: Quarantine, found: Iterable[Finding]) -> list[Finding]:
    known = frozenset(kept.suspicion.results)
    return [each for each in found if each.result_id is not None and each.result_id not in known]


def _why(testcase: str, news: Iterable[Finding]) -> str | None:
    about = [each for each in news if each.requirement.testcase == testcase]
    if not about or any(each.state is not RequirementState.PASSED for each in about):
        return None
    return f"{testcase} has passed (result {about[0].result_id})"
