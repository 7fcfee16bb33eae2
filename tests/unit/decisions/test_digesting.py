"""What is told of a gate that has changed since people were told?"""

from datetime import UTC, datetime, timedelta

from relengotron.decisions import digesting
from relengotron.decisions.gating import VERDICTS
from relengotron.model.gate import GateAnswer, Reason, Requirement, RequirementState, Verdict

NOW = datetime(2016, 11, 1, tzinfo=UTC)


def answer(item: str = "commit 1", **states: RequirementState) -> GateAnswer:
    reasons = (Reason(Requirement("tree", item, name), state, VERDICTS[state]) for name, state in states.items())
    return GateAnswer(Verdict.CLOSED, tuple(reasons))


def test_it_is_told_what_opened_what_shut_and_what_is_waited_for_anew() -> None:
    told = answer(a=RequirementState.QUEUED, b=RequirementState.PASSED, c=RequirementState.FAILED)
    now = answer(a=RequirementState.PASSED, b=RequirementState.FAILED, c=RequirementState.RUNNING)
    changes = digesting.changes(digesting.states_of(told), now)
    assert changes.as_facts == {
        "opened": ["tree: a passed"],
        "closed": ["tree: b failed"],
        "waiting": ["tree: c running"],
    }
    assert str(changes) == "opened: tree: a passed; closed: tree: b failed; waiting: tree: c running"


def test_nothing_and_a_test_that_only_gets_on_are_no_news() -> None:
    told = digesting.states_of(answer(a=RequirementState.QUEUED, b=RequirementState.PASSED))
    assert not digesting.changes(told, answer(a=RequirementState.QUEUED, b=RequirementState.PASSED))
    assert not digesting.changes(told, answer(a=RequirementState.RUNNING, b=RequirementState.WAIVED))


def test_other_bits_are_judged_anew_and_what_is_asked_no_more_is_said() -> None:
    told = digesting.states_of(answer(a=RequirementState.FAILED, b=RequirementState.PASSED))
    changes = digesting.changes(told, answer("commit 2", a=RequirementState.QUEUED))
    assert changes.waiting == ("tree: a queued",)
    assert changes.opened == ("tree: a is not asked for any more",)


def test_a_burst_has_settled_when_its_time_is_over() -> None:
    minute = timedelta(minutes=1)
    assert not digesting.has_settled(NOW, NOW + minute - timedelta(seconds=1), minute)
    assert digesting.has_settled(NOW, NOW + minute, minute)
