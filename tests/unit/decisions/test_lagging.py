"""Is exactly that left behind which may be, and never something that is made from it?"""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relengotron.decisions.lagging import apart, left_behind, of_artifact, unready
from relengotron.model.artifact import Artifact
from relengotron.model.gate import GateAnswer, Reason, Requirement, RequirementState, Verdict

REPO = Artifact("repo", "mash", "F24", ("x86_64",), "repo")
TREE = Artifact("tree", "ostree", "F24", ("x86_64",), "tree", ("repo",), "tree", may_lag=True)
ISO = Artifact("iso", "image", "F24", ("x86_64",), "iso", ("tree",), "iso", may_lag=True)
EVERYTHING = (REPO, TREE, ISO)
NAMES = ("repo", "tree", "iso")


def test_what_may_lag_is_left_behind_with_the_reason() -> None:
    assert left_behind(EVERYTHING, NAMES, {"iso": "failed"}) == {"iso": "failed"}


def test_all_or_nothing_is_the_default() -> None:
    assert left_behind((REPO, TREE, replace(ISO, may_lag=False)), NAMES, {"iso": "failed"}) is None


def test_what_is_made_from_what_is_left_behind_stays_too() -> None:
    behind = left_behind(EVERYTHING, NAMES, {"tree": "failed"})
    assert behind == {"tree": "failed", "iso": "made from tree, which is left behind"}


def test_nothing_is_left_behind_that_something_is_made_from_which_must_not_lag() -> None:
    assert left_behind((REPO, TREE, replace(ISO, may_lag=False)), NAMES, {"tree": "failed"}) is None


def test_what_this_push_did_not_compose_is_not_left_behind() -> None:
    artifacts = (REPO, TREE, replace(ISO, may_lag=False))
    assert left_behind(artifacts, ("repo", "tree"), {"tree": "failed"}) == {"tree": "failed"}


@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_nothing_ships_whose_sources_stay_behind(lazy: set[str], bad: set[str]) -> None:
    artifacts = tuple(replace(each, may_lag=each.name in lazy) for each in EVERYTHING)
    behind = left_behind(artifacts, NAMES, dict.fromkeys(bad, "failed"))
    if behind is not None:
        assert bad <= behind.keys() <= lazy
        assert all(each.name in behind for each in artifacts if behind.keys() & set(each.made_from))


def a_reason(kind: str, state: RequirementState, verdict: Verdict) -> Reason:
    return Reason(Requirement("tree", "abc", "dist.boots", kind), state, verdict)


@pytest.mark.parametrize(
    ("kind", "state", "verdict"),
    [
        ("bodhi_update", RequirementState.TOO_LITTLE, Verdict.CLOSED),
        ("koji_build", RequirementState.FAILED, Verdict.CLOSED),
        ("compose", RequirementState.SOURCE_DOWN, Verdict.WAITING),
    ],
)
def test_what_is_no_compose_or_what_nobody_can_say_leaves_nothing_behind(
    kind: str, state: RequirementState, verdict: Verdict
) -> None:
    failed = a_reason("compose", RequirementState.FAILED, Verdict.CLOSED)
    assert unready(GateAnswer(Verdict.CLOSED, (failed,))) == {"tree": "tree: dist.boots failed"}
    assert unready(GateAnswer(Verdict.CLOSED, (failed, a_reason(kind, state, verdict)))) is None


def test_what_keeps_one_artifact_is_what_is_said_of_its_compose() -> None:
    waits = a_reason("compose", RequirementState.MISSING, Verdict.WAITING)
    answer = GateAnswer(Verdict.CLOSED, (waits, a_reason("koji_build", RequirementState.FAILED, Verdict.CLOSED)))
    assert of_artifact(answer, "tree") == ("tree: dist.boots missing",)
    assert of_artifact(answer, "iso") == ()


def test_a_plan_says_what_may_go_apart() -> None:
    assert apart(REPO) == ()
    assert apart(replace(ISO, live_after=timedelta(hours=6))) == (
        "may be left behind",
        "it goes live 6 h after the others",
    )
