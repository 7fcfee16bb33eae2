"""Does a closed gate throw out exactly the updates whose policies say so?"""

from dataclasses import replace

import pytest

from relengotron.decisions.ejecting import thrown_out
from relengotron.model.batch import Update
from relengotron.model.gate import GateAnswer, Reason, Requirement, RequirementState, Verdict
from relengotron.model.policy import Policy, WhenClosed

BASH = Update("FEDORA-2016-b", "bash-4-1.fc24", "bugfix", "F24", "testing", True, ("bash-4-1.fc24",))
NANO = Update("FEDORA-2016-n", "nano-2-1.fc24", "bugfix", "F24", "testing", True, ("nano-2-1.fc24",))
HOLD = Policy("careful", ("*",), ("c",), ("koji_build",), ())
EJECT = replace(HOLD, id="strict", when_closed=WhenClosed.EJECT)


def a_reason(item: str, kind: str = "koji_build", verdict: Verdict = Verdict.CLOSED, *policies: str) -> Reason:
    requirement = Requirement(item, item, "dist.rpmdeplint", kind, policies=policies or ("strict",))
    return Reason(requirement, RequirementState.FAILED, verdict)


def thrown(*reasons: Reason) -> list[str]:
    answer = GateAnswer(Verdict.CLOSED, reasons)
    return [each.update for each in thrown_out(answer, (BASH, NANO), (HOLD, EJECT))]


@pytest.mark.parametrize(("kind", "item"), [("koji_build", "bash-4-1.fc24"), ("bodhi_update", "FEDORA-2016-b")])
def test_an_update_goes_when_it_or_a_build_of_it_does_not_pass(kind: str, item: str) -> None:
    assert thrown(a_reason(item, kind)) == ["FEDORA-2016-b"]


def test_what_is_only_waited_for_stays() -> None:
    assert thrown(a_reason("bash-4-1.fc24", "koji_build", Verdict.WAITING)) == []


def test_a_compose_that_does_not_pass_throws_nobody_out() -> None:
    assert thrown(a_reason("abcdef", "compose")) == []


def test_people_decide_where_one_of_several_policies_wants_them_to() -> None:
    assert thrown(a_reason("bash-4-1.fc24", "koji_build", Verdict.CLOSED, "strict", "careful")) == []


def test_people_decide_where_another_requirement_wants_them_to() -> None:
    strict, careful = a_reason("bash-4-1.fc24"), a_reason("FEDORA-2016-b", "bodhi_update", Verdict.CLOSED, "careful")
    assert thrown(strict, careful) == []


def test_a_policy_that_is_not_ours_throws_nobody_out() -> None:
    assert thrown(a_reason("bash-4-1.fc24", "koji_build", Verdict.CLOSED, "taskotron_release_critical_tasks")) == []


def test_who_wants_it_and_why_is_said() -> None:
    (said,) = thrown_out(GateAnswer(Verdict.CLOSED, (a_reason("bash-4-1.fc24"),)), (BASH, NANO), (EJECT,))
    assert (said.who, said.why) == ("policy strict", "bash-4-1.fc24: dist.rpmdeplint failed")
