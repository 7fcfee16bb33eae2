"""Does the gate open for exactly what holds, or is waived by those who may?"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from relengotron.decisions import evaluating, gating, requiring
from relengotron.decisions.evaluating import Facts
from relengotron.model.gate import (
    Findings,
    GateAnswer,
    Question,
    RequirementState,
    StoredResult,
    Subject,
    Verdict,
)
from relengotron.model.opinions import Opinions
from relengotron.model.policy import CriticalPathKarma, Freeze, MinimumKarma, PassingTestCase, Policy, Rule
from relengotron.model.waiver import Waiver

NOW = datetime(2016, 11, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STABLE, PRODUCT = "bodhi_update_push_stable", "fedora-24"
BASH = Subject("koji_build", "bash-4.3.42-5.fc24", "bash-4.3.42-5.fc24")
UPDATE = Subject("bodhi_update", "FEDORA-2016-0000000001", "FEDORA-2016-0000000001")
FAILED = StoredResult(7, "koji_build", BASH.item, "dist.rpmdeplint", "FAILED", note="3 problems")
MINE = Waiver("journal 1", BASH.type, BASH.item, "dist.rpmdeplint", PRODUCT, "alice", "known", NOW - HOUR)


def a_policy(*rules: Rule, subject: Subject = BASH, waivers_need: int = 1, id: str = "p", **more: object) -> Policy:
    policy = Policy(id, ("fedora-*",), (STABLE,), (subject.type,), rules, waivers_need=waivers_need)
    return replace(policy, **more)  # type: ignore[arg-type]


LINT = a_policy(PassingTestCase("dist.rpmdeplint"))


def asked(*policies: Policy, subject: Subject = BASH, **more: object) -> Question:
    return replace(Question(STABLE, PRODUCT, (subject,), policies, NOW), **more)  # type: ignore[arg-type]


def answer(
    question: Question,
    facts: Facts | None = None,
    waivers: Iterable[Waiver] = (),
    missing_from: datetime | None = None,
) -> GateAnswer:
    found = evaluating.evaluate(requiring.demands(question), facts or Facts())
    return gating.judge(question, Findings("own", found), waivers, missing_from)


def states(given: GateAnswer) -> list[RequirementState]:
    return [reason.state for reason in given.reasons]


@pytest.mark.parametrize(
    ("outcome", "state", "verdict"),
    [
        ("PASSED", RequirementState.PASSED, Verdict.OPEN),
        ("INFO", RequirementState.PASSED, Verdict.OPEN),
        ("FAILED", RequirementState.FAILED, Verdict.CLOSED),
        ("NEEDS_INSPECTION", RequirementState.FAILED, Verdict.CLOSED),
        ("ERROR", RequirementState.ERRORED, Verdict.CLOSED),
        ("QUEUED", RequirementState.QUEUED, Verdict.WAITING),
        ("RUNNING", RequirementState.RUNNING, Verdict.WAITING),
        ("SPLENDID", RequirementState.FAILED, Verdict.CLOSED),
    ],
)
def test_each_outcome_has_its_own_state(outcome: str, state: RequirementState, verdict: Verdict) -> None:
    given = answer(asked(LINT), Facts((replace(FAILED, outcome=outcome),)))
    assert (states(given), given.verdict) == ([state], verdict)


def test_a_test_without_a_result_is_not_scheduled_yet_and_later_missing() -> None:
    assert states(answer(asked(LINT), missing_from=NOW + HOUR)) == [RequirementState.NOT_SCHEDULED]
    late = answer(asked(LINT), missing_from=NOW)
    assert (states(late), late.verdict) == ([RequirementState.MISSING], Verdict.WAITING)


def test_the_newest_result_of_each_architecture_counts_and_the_worst_decides() -> None:
    passed = replace(FAILED, id=8, outcome="PASSED")
    assert answer(asked(LINT), Facts((passed, FAILED))).verdict is Verdict.OPEN
    other = replace(FAILED, architecture=("i686",))
    assert answer(asked(LINT), Facts((passed, other))).reasons[0].result_id == 7


@pytest.mark.parametrize("change", [{"item": "bash-9-9"}, {"type": "compose"}, {"testcase": "dist.abicheck"}])
def test_a_result_about_something_else_opens_nothing(change: dict[str, str]) -> None:
    passed = replace(FAILED, outcome="PASSED", **change)  # type: ignore[arg-type]
    assert states(answer(asked(LINT), Facts((passed,)))) == [RequirementState.MISSING]


def test_a_source_that_is_down_is_waited_for_and_cannot_be_waived() -> None:
    given = answer(asked(LINT), Facts(results_trouble="GET results: 503"), [MINE])
    assert (states(given), given.verdict) == ([RequirementState.SOURCE_DOWN], Verdict.WAITING)
    assert "503" in given.missing[0]
    assert gating.only_sources_are_down(given)


def test_a_subject_without_a_policy_keeps_the_gate_shut_and_an_update_does_not() -> None:
    elsewhere = a_policy(product_versions=("fedora-25",))
    given = answer(asked(elsewhere), waivers=[replace(MINE, testcase=requiring.POLICY)])
    assert (states(given), given.verdict) == ([RequirementState.POLICY_MISSING], Verdict.CLOSED)
    assert answer(asked(subject=UPDATE)).verdict is Verdict.OPEN


def test_a_policy_without_rules_always_holds() -> None:
    assert answer(asked(a_policy())) == GateAnswer(Verdict.OPEN, (), "own", STABLE, PRODUCT)


def test_packages_are_chosen_and_excluded_by_wildcards() -> None:
    lint = PassingTestCase("dist.rpmdeplint")
    assert not answer(asked(a_policy(lint, excluded_packages=("ba*",)))).reasons
    assert not answer(asked(a_policy(lint, packages=("python*",)))).reasons
    assert answer(asked(a_policy(lint, packages=("b*",)))).reasons


def test_a_rule_with_bounds_holds_for_builds_made_between_them() -> None:
    bounded = a_policy(PassingTestCase("dist.rpmdeplint", valid_since=NOW, valid_until=NOW + HOUR))
    wanted = {NOW - HOUR: 0, NOW: 1, NOW + HOUR: 0}
    assert {at: len(answer(asked(bounded, built={BASH.item: at})).reasons) for at in wanted} == wanted
    assert answer(asked(bounded)).reasons, "a build of unknown age must pass"


def test_karma_is_counted_and_may_be_waived() -> None:
    liked = a_policy(MinimumKarma(2), subject=UPDATE)
    question = asked(liked, subject=UPDATE)
    assert answer(question, liked_by(2)).verdict is Verdict.OPEN
    given = answer(question, liked_by(1))
    assert given.missing == ("FEDORA-2016-0000000001: bodhi.karma too little (karma 1, needed 2)",)
    assert answer(question, Facts()).verdict is Verdict.CLOSED, "unknown to Bodhi"
    assert states(answer(question, Facts(bodhi_trouble="503"))) == [RequirementState.SOURCE_DOWN]
    mine = replace(MINE, subject_type=UPDATE.type, item=UPDATE.item, testcase=requiring.KARMA)
    assert answer(question, liked_by(-3), [mine]).verdict is Verdict.OPEN


def liked_by(karma: int | None, is_critical: bool | None = False) -> Facts:
    return Facts(opinions={UPDATE.item: Opinions(UPDATE.item, karma=karma, is_critical=is_critical)})


@pytest.mark.parametrize(
    ("karma", "is_critical", "state"),
    [
        (0, False, RequirementState.PASSED),
        (2, True, RequirementState.PASSED),
        (1, True, RequirementState.TOO_LITTLE),
        (9, None, RequirementState.ERRORED),
        (None, True, RequirementState.ERRORED),
    ],
)
def test_only_the_critical_path_needs_its_karma(
    karma: int | None, is_critical: bool | None, state: RequirementState
) -> None:
    question = asked(a_policy(CriticalPathKarma(2), subject=UPDATE), subject=UPDATE)
    assert states(answer(question, liked_by(karma, is_critical))) == [state]


def test_a_freeze_shuts_the_gate_between_its_dates_for_all_but_those_it_names() -> None:
    frozen = a_policy(Freeze("final freeze", NOW, NOW + HOUR), subject=UPDATE)
    given = answer(asked(frozen, subject=UPDATE))
    assert (states(given), given.verdict) == ([RequirementState.FROZEN], Verdict.CLOSED)
    assert "until 2016-11-01 13:00 UTC: final freeze" in given.missing[0]
    for at in (NOW - HOUR, NOW + HOUR):
        assert answer(asked(frozen, subject=UPDATE, now=at)).verdict is Verdict.OPEN
    named = a_policy(Freeze("final freeze", NOW, None, ("FEDORA-2016-*",)), subject=UPDATE)
    assert answer(asked(named, subject=UPDATE)).verdict is Verdict.OPEN


def test_a_waiver_opens_and_says_who_answers_and_until_when() -> None:
    given = answer(asked(LINT), Facts((FAILED,)), [replace(MINE, until=NOW + HOUR)])
    (reason,) = given.reasons
    assert (reason.state, reason.waived, reason.verdict) == (
        RequirementState.WAIVED,
        RequirementState.FAILED,
        Verdict.OPEN,
    )
    assert reason.note == "3 problems; waived by alice until 2016-11-01 13:00 UTC"
    assert given.waivers[0].who == "alice"


@pytest.mark.parametrize(
    "change",
    [
        {"product_version": "fedora-25"},
        {"item": "bash-4.3.42-6.fc24"},
        {"subject_type": "bodhi_update"},
        {"testcase": "dist.rpm*"},
        {"scenario": "uefi"},
        {"is_waived": False},
        {"until": NOW},
        {"withdrawn_at": NOW - HOUR},
        {"at": NOW + HOUR},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_forged_foreign_or_finished_waiver_does_not_count(change: dict[str, object]) -> None:
    waiver = replace(MINE, **change)  # type: ignore[arg-type]
    assert answer(asked(LINT), Facts((FAILED,)), [waiver]).verdict is Verdict.CLOSED


def test_who_takes_a_waiver_back_has_taken_it_back_also_where_a_server_still_shows_it() -> None:
    back = replace(MINE, id="waiverdb 9", is_waived=False, at=MINE.at + HOUR / 2)
    assert answer(asked(LINT), Facts((FAILED,)), [back, MINE]).verdict is Verdict.CLOSED
    again = replace(MINE, id="waiverdb 10", at=back.at + HOUR / 4)
    assert answer(asked(LINT), Facts((FAILED,)), [again, back, MINE]).verdict is Verdict.OPEN


def test_the_two_person_rule_wants_two_people_whatever_accounts_they_use() -> None:
    strict = a_policy(PassingTestCase("dist.rpmdeplint"), waivers_need=2)
    again = replace(MINE, id="journal 2")
    by_sudo = replace(MINE, id="journal 3", who="root, by sudo from alice")
    shouted = replace(MINE, id="waiverdb 4", who="Alice")
    one = answer(asked(strict), Facts((FAILED,)), [MINE, again, by_sudo, shouted])
    assert one.verdict is Verdict.CLOSED
    assert "1 more must" in one.missing[0]
    bob = replace(MINE, id="journal 4", who="bob")
    assert answer(asked(strict), Facts((FAILED,)), [MINE, bob]).verdict is Verdict.OPEN


def test_where_a_policy_names_people_nobody_else_may_waive() -> None:
    named = a_policy(PassingTestCase("dist.rpmdeplint"), waivers_by=("bob", "qa-*"))
    assert answer(asked(named), Facts((FAILED,)), [MINE]).verdict is Verdict.CLOSED
    for who, opens in (("bob", True), ("qa-lead", True), ("bobby", False), ("bob, by sudo from mallory", False)):
        given = answer(asked(named), Facts((FAILED,)), [replace(MINE, who=who)])
        assert (given.verdict is Verdict.OPEN) is opens, who


def test_every_policy_of_a_rule_must_allow_who_waives_it() -> None:
    policies = [
        a_policy(PassingTestCase("dist.rpmdeplint"), waivers_by=by, id=f"p{by}") for by in (("alice", "bob"), ("bob",))
    ]
    assert answer(asked(*policies), Facts((FAILED,)), [MINE]).verdict is Verdict.CLOSED
    assert answer(asked(*policies), Facts((FAILED,)), [replace(MINE, who="bob")]).verdict is Verdict.OPEN


def test_a_rule_of_several_policies_is_asked_once_and_the_stricter_number_of_people_holds() -> None:
    strict = a_policy(PassingTestCase("dist.rpmdeplint"), waivers_need=2, id="strict")
    (reason,) = answer(asked(LINT, strict), Facts((FAILED,)), [MINE]).reasons
    assert reason.requirement.policies == ("p", "strict")
    assert reason.verdict is Verdict.CLOSED


def test_two_engines_that_disagree_keep_the_worse_word() -> None:
    question = asked(LINT)
    passed = evaluating.evaluate(requiring.demands(question), Facts((replace(FAILED, outcome="PASSED"),)))
    failed = evaluating.evaluate(requiring.demands(question), Facts((FAILED,)))
    for order in ((*passed, *failed), (*failed, *passed)):
        (finding,) = evaluating.merged(order)
        assert finding.state is RequirementState.FAILED
