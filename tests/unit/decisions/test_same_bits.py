"""Is what goes stable what was tested? By identity, by its builds, or by a result of the very same item."""

from datetime import UTC, datetime

from relengotron.decisions import evaluating, requiring
from relengotron.decisions.evaluating import Facts
from relengotron.model.gate import Finding, Past, Question, RequirementState, StoredResult, Subject
from relengotron.model.policy import Policy, SameBitsWereTested

NOW = datetime(2016, 11, 1, 12, tzinfo=UTC)
CONTEXT = "bodhi_update_push_stable"
BASH, NANO = "bash-4.3.42-5.fc24", "nano-2.6-1.fc24"
TREE = Subject("compose", "commit 1", "atomic-host")
BUILD = Subject("koji_build", BASH, BASH)
LIVE = {BASH: f"{BASH} was live in testing by run-1"}


def found(subject: Subject, past: Past, *results: StoredResult, test: str | None = None, trouble: str = "") -> Finding:
    policy = Policy("p", ("fedora-24",), (CONTEXT,), (subject.type,), (SameBitsWereTested(test),))
    question = Question(CONTEXT, "fedora-24", (subject,), (policy,), NOW, past=past)
    (finding,) = evaluating.evaluate(requiring.demands(question), Facts(results, results_trouble=trouble, past=past))
    return finding


def test_a_build_must_have_been_live_in_testing() -> None:
    assert found(BUILD, Past()).state is RequirementState.UNTESTED
    assert found(BUILD, Past({NANO: "nano"})).state is RequirementState.UNTESTED
    live = found(BUILD, Past(LIVE))
    assert (live.state, live.note) == (RequirementState.PASSED, LIVE[BASH])


def test_a_tree_is_tested_as_itself_or_by_each_of_its_builds() -> None:
    assert found(TREE, Past({"commit 1": "the same commit"})).state is RequirementState.PASSED
    made_of = {"commit 1": (BASH, NANO)}
    partly = found(TREE, Past(LIVE, made_of))
    assert (partly.state, partly.note) == (RequirementState.UNTESTED, f"never live in testing: {NANO}")
    assert found(TREE, Past(LIVE | {NANO: "nano too"}, made_of)).note == f"{LIVE[BASH]}; nano too"
    assert found(TREE, Past(LIVE, {"commit 1": ()})).state is RequirementState.UNTESTED


def test_a_result_stands_for_it_only_where_the_policy_says_so_and_only_of_the_same_item() -> None:
    passed = StoredResult(7, "compose", "commit 1", "compose.boots", "PASSED")
    other = StoredResult(8, "compose", "commit 2", "compose.boots", "PASSED")
    failed = StoredResult(9, "compose", "commit 1", "compose.boots", "FAILED")
    assert found(TREE, Past(), passed).state is RequirementState.UNTESTED
    accepted = found(TREE, Past(), passed, test="compose.boots")
    assert (accepted.state, accepted.result_id) == (RequirementState.PASSED, 7)
    assert accepted.requirement.testcase == requiring.SAME_BITS
    for wrong in (other, failed):
        assert found(TREE, Past(), wrong, test="compose.boots").state is RequirementState.UNTESTED
    assert found(TREE, Past(), test="compose.boots", trouble="503").state is RequirementState.SOURCE_DOWN
