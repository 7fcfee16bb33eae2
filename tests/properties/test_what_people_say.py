"""What can never happen to a gate, whatever people say in Bodhi and in whatever order it is read?"""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from relengotron.decisions import liking
from relengotron.model.gate import RequirementState
from relengotron.model.opinions import Bug, Comment, Opinions
from relengotron.model.policy import Blocker, BugsAreFixed, ManualTestCases

CASES, BUGS = ("QA:Testcase a", "QA:Testcase b"), (7, 8)
PEOPLE = ("ann", "ben", "cid", "packager", "bodhi", "anonymous")
WORDS = st.sampled_from((-1, 0, 1))
COMMENTS = st.lists(
    st.builds(
        Comment,
        id=st.just(0),
        who=st.sampled_from(PEOPLE),
        karma=WORDS,
        bugs=st.dictionaries(st.sampled_from(BUGS), WORDS),
        test_cases=st.dictionaries(st.sampled_from(CASES), WORDS),
        is_anonymous=st.sampled_from((False, False, False, True)),
        is_reset=st.sampled_from((False, False, False, False, True)),
    ),
    max_size=12,
).map(lambda comments: tuple(replace(each, id=number) for number, each in enumerate(comments)))
RULES = (ManualTestCases(1), ManualTestCases(2), BugsAreFixed(1), BugsAreFixed(2), Blocker("x", (7,)))


def states(comments: tuple[Comment, ...] | None) -> list[RequirementState]:
    said = Opinions("F", "packager", 0, False, tuple(map(Bug, BUGS)), CASES, comments)
    found = []
    for rule in RULES:
        match rule:
            case ManualTestCases():
                found.append(liking.manual_test_cases_are_good(rule, said).state)
            case BugsAreFixed():
                found.append(liking.bugs_are_fixed(rule, said).state)
            case Blocker():
                found.append(liking.passes_a_blocker(rule, said).state)
    return found


def opens(comments: tuple[Comment, ...]) -> list[bool]:
    return [state is RequirementState.PASSED for state in states(comments)]


def everything(who: str, word: int, **more: bool) -> Comment:
    return Comment(99, who, bugs=dict.fromkeys(BUGS, word), test_cases=dict.fromkeys(CASES, word), **more)


@settings(max_examples=60, deadline=None)
@given(COMMENTS, st.randoms())
def test_the_order_in_which_comments_are_read_says_nothing(comments: tuple[Comment, ...], chance: object) -> None:
    shuffled = list(comments)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert states(comments) == states(tuple(shuffled))


@settings(max_examples=60, deadline=None)
@given(COMMENTS)
def test_one_more_good_word_never_shuts_and_one_more_bad_word_never_opens(comments: tuple[Comment, ...]) -> None:
    before = opens(comments)
    assert all(after or not was for was, after in zip(before, opens((*comments, everything("new", 1))), strict=True))
    assert not any(opens((*comments, everything("new", -1))))


@settings(max_examples=60, deadline=None)
@given(COMMENTS, st.sampled_from(("packager", "bodhi", "anonymous")), WORDS)
def test_who_has_no_voice_changes_nothing(comments: tuple[Comment, ...], who: str, word: int) -> None:
    assert states(comments) == states((*comments, everything(who, word)))
    assert states(comments) == states((*comments, everything("eve", word, is_anonymous=True)))


@settings(max_examples=60, deadline=None)
@given(COMMENTS)
def test_after_an_edit_nothing_that_was_said_before_opens_anything(comments: tuple[Comment, ...]) -> None:
    assert not any(opens((*comments, Comment(99, "bodhi", is_reset=True))))


def test_silence_of_bodhi_opens_nothing() -> None:
    assert RequirementState.PASSED not in states(None)
