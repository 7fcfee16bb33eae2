"""What do manual test cases, bugs, blockers and freeze exceptions need, and whose voice counts?"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from relengotron.decisions import evaluating, gating, requiring
from relengotron.decisions.evaluating import Facts
from relengotron.model.gate import Findings, GateAnswer, Question, RequirementState, Subject, Verdict
from relengotron.model.opinions import Bug, Comment, Opinions
from relengotron.model.policy import Blocker, BugsAreFixed, Freeze, ManualTestCases, Policy, Rule

NOW = datetime(2016, 11, 1, 12, tzinfo=UTC)
CONTEXT = "bodhi_update_push_stable"
UPDATE = Subject("bodhi_update", "FEDORA-2016-0000000001", "FEDORA-2016-0000000001")
TREE = Subject("compose", "sha256:1", "atomic-host")
CASE = "QA:Testcase bash"
QUIET = Opinions(UPDATE.item, "packager", 0, False, (Bug(7), Bug(8, is_security=True)), (CASE,), ())


def says(id: int, who: str, word: int = 1, **more: bool) -> Comment:
    return Comment(id, who, bugs={7: word, 8: word}, test_cases={CASE: word}, **more)


def said(*comments: Comment) -> Opinions:
    return replace(QUIET, comments=comments)


def answer(rule: Rule, opinions: Opinions | None, subject: Subject = UPDATE) -> GateAnswer:
    policy = Policy("p", ("fedora-24",), (CONTEXT,), (subject.type,), (rule,))
    question = Question(CONTEXT, "fedora-24", (subject,), (policy,), NOW)
    facts = Facts(opinions={} if opinions is None else {opinions.alias: opinions})
    return gating.judge(question, Findings("own", evaluating.evaluate(requiring.demands(question), facts)), ())


def state(rule: Rule, opinions: Opinions | None, subject: Subject = UPDATE) -> RequirementState:
    return answer(rule, opinions, subject).reasons[0].state


@pytest.mark.parametrize("rule", [ManualTestCases(), BugsAreFixed()], ids=lambda rule: type(rule).__name__)
class TestVoices:
    def test_one_good_word_is_enough_and_one_bad_word_is_too_much(self, rule: Rule) -> None:
        assert state(rule, QUIET) is RequirementState.TOO_LITTLE
        assert state(rule, said(says(1, "ann"))) is RequirementState.PASSED
        assert state(rule, said(says(1, "ann"), says(2, "ben", -1))) is RequirementState.DISLIKED

    def test_it_is_said_who_says_what(self, rule: Rule) -> None:
        note = answer(rule, said(says(1, "ann"), says(2, "ben", -1))).reasons[0].note
        assert "+1 -1 (ann, ben says no)" in note

    def test_more_people_may_be_wanted_and_each_counts_once(self, rule: Rule) -> None:
        two = replace(rule, positive=2)  # type: ignore[arg-type]
        assert state(two, said(says(1, "ann"), says(2, "ann"))) is RequirementState.TOO_LITTLE
        assert state(two, said(says(1, "ann"), says(2, "ben"))) is RequirementState.PASSED

    def test_the_last_word_of_a_person_counts_and_small_talk_is_none(self, rule: Rule) -> None:
        assert state(rule, said(says(1, "ann", -1), says(2, "ann"))) is RequirementState.PASSED
        assert state(rule, said(says(2, "ann", -1), says(1, "ann"))) is RequirementState.DISLIKED
        assert state(rule, said(says(1, "ann", -1), Comment(2, "ann"))) is RequirementState.DISLIKED
        assert state(rule, said(says(1, "ann"), says(2, "ann", 0))) is RequirementState.PASSED

    def test_a_name_in_other_letters_is_the_same_person(self, rule: Rule) -> None:
        two = replace(rule, positive=2)  # type: ignore[arg-type]
        assert state(two, said(says(1, "ann"), says(2, "Ann"))) is RequirementState.TOO_LITTLE
        assert state(rule, said(says(1, "Ann", -1), says(2, "ann"))) is RequirementState.PASSED

    @pytest.mark.parametrize(
        "nobody",
        [
            says(1, "packager"),
            says(1, "Packager"),
            says(1, "bodhi"),
            says(1, "ann", is_anonymous=True),
            says(1, "anonymous"),
        ],
        ids=["the submitter", "the submitter in other letters", "bodhi", "anonymous", "the old anonymous"],
    )
    def test_some_words_count_neither_for_nor_against(self, rule: Rule, nobody: Comment) -> None:
        assert state(rule, said(nobody)) is RequirementState.TOO_LITTLE
        against = replace(nobody, bugs={7: -1, 8: -1}, test_cases={CASE: -1})
        assert state(rule, said(against, says(2, "ben"))) is RequirementState.PASSED

    def test_what_was_said_of_other_builds_is_forgotten(self, rule: Rule) -> None:
        edited = Comment(2, "bodhi", is_reset=True)
        assert state(rule, said(says(1, "ann"), edited)) is RequirementState.TOO_LITTLE
        assert state(rule, said(says(1, "ann", -1), edited, says(3, "ben"))) is RequirementState.PASSED

    @pytest.mark.parametrize("unsaid", ["comments", "submitter"])
    def test_what_bodhi_does_not_say_is_never_good_news(self, rule: Rule, unsaid: str) -> None:
        given = answer(rule, replace(said(says(1, "ann")), **{unsaid: None}))  # type: ignore[arg-type]
        assert (given.reasons[0].state, given.verdict) == (RequirementState.ERRORED, Verdict.CLOSED)
        assert state(rule, None) is RequirementState.ERRORED


def test_test_cases_and_bugs_that_bodhi_does_not_list_are_no_good_news_either() -> None:
    good = said(says(1, "ann"))
    assert state(ManualTestCases(), replace(good, test_cases=None)) is RequirementState.ERRORED
    assert state(BugsAreFixed(), replace(good, bugs=None)) is RequirementState.ERRORED
    assert state(ManualTestCases(), replace(good, test_cases=())) is RequirementState.PASSED
    assert state(BugsAreFixed(), replace(good, bugs=())) is RequirementState.PASSED


def test_rules_can_be_narrowed_to_some_test_cases_and_to_security_bugs() -> None:
    two = replace(QUIET, test_cases=(CASE, "QA:Testcase zsh"), comments=(Comment(1, "ann", test_cases={CASE: 1}),))
    assert state(ManualTestCases(), two) is RequirementState.TOO_LITTLE
    assert state(ManualTestCases(test_cases=("*bash",)), two) is RequirementState.PASSED
    eight = said(Comment(1, "ann", bugs={8: 1}))
    assert state(BugsAreFixed(), eight) is RequirementState.TOO_LITTLE
    assert state(BugsAreFixed(only_security=True), eight) is RequirementState.PASSED


FROZEN = Freeze("beta", NOW, None, (), (7, 99))


def test_a_freeze_lets_through_what_fixes_an_accepted_bug() -> None:
    given = answer(FROZEN, QUIET)
    assert (given.verdict, given.reasons[0].note) == (Verdict.OPEN, "it fixes bug 7: accepted")
    assert state(FROZEN, replace(QUIET, bugs=(Bug(8),))) is RequirementState.FROZEN
    assert state(FROZEN, replace(QUIET, bugs=None)) is RequirementState.FROZEN
    assert state(FROZEN, None) is RequirementState.FROZEN


def test_an_open_blocker_holds_all_but_what_people_have_seen_to_fix_it() -> None:
    rule = Blocker("boot fails", (7,))
    assert state(rule, replace(QUIET, bugs=(Bug(8),))) is RequirementState.BLOCKED
    claimed = answer(rule, QUIET)
    assert claimed.missing == (
        f"{UPDATE.item}: relengotron.blocker blocked (bug 7 open: boot fails; "
        "it claims to fix bug 7: +0; each needs +1)",
    )
    assert state(rule, said(says(1, "ann"))) is RequirementState.PASSED
    assert state(rule, said(says(1, "ann"), says(2, "ben", -1))) is RequirementState.BLOCKED
    assert state(rule, replace(QUIET, comments=None)) is RequirementState.BLOCKED
    assert state(rule, None) is RequirementState.BLOCKED


def test_a_blocker_holds_only_what_it_names() -> None:
    rule = Blocker("boot fails", (7,), ("atomic-*",))
    assert state(rule, None, TREE) is RequirementState.BLOCKED
    assert not answer(rule, None).reasons


@pytest.mark.parametrize("rule", [ManualTestCases(), BugsAreFixed(), FROZEN, Blocker("x", (7,))])
def test_a_bodhi_that_is_away_is_waited_for(rule: Rule) -> None:
    policy = Policy("p", ("fedora-24",), (CONTEXT,), (UPDATE.type,), (rule,))
    question = Question(CONTEXT, "fedora-24", (UPDATE,), (policy,), NOW)
    (found,) = evaluating.evaluate(requiring.demands(question), Facts(bodhi_trouble="GET: 503"))
    assert (found.state, found.note) == (RequirementState.SOURCE_DOWN, "GET: 503")
