"""Facts that are missing, old, broken or contradict one another: an answer with a reason, and never a wrong skip."""

import pytest

from relengotron.model.run import Run, RunState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

REPO, TREE, IMAGES = "f24-updates-testing", "atomic-host", ["atomic-iso", "atomic-disk"]
OF_NO_TREE = an_update("nano-2.6-1.fc24")
BASE = "/releases/24/x86_64/os/"


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """One push is behind us: every artifact of F24/testing is live."""
    made = make_stage()
    made.first_push()
    return made


def doubts(stage: Stage, push: Run) -> dict[str, str]:
    """What was composed in doubt, and which doubt."""
    reasons = stage.reasons(push, "affected")
    return {name: why for name, why in reasons.items() if stage.facts(push, name, "affected")["is_doubt"]}


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Rule(Kind.STATUS, url=BASE, status=500, times=None), "500 Internal Server Error"),
        (Rule(Kind.GARBAGE, url=BASE, times=None), "repomd.xml names no primary metadata"),
        (Rule(Kind.HALF, url=BASE, times=None), "repomd.xml"),
    ],
    ids=["answers 500", "is nonsense", "is half there"],
)
def test_a_base_repo_that_cannot_be_read_is_doubt_and_the_tree_is_composed(stage: Stage, rule: Rule, told: str) -> None:
    stage.outside.mirror.misbehave(Rule(rule.kind, url=rule.url, status=rule.status, times=None))

    push = stage.push_out(OF_NO_TREE)

    assert push.state is RunState.DONE
    assert stage.composed(push) == [REPO, TREE]
    doubt = doubts(stage, push)[TREE]
    assert doubt.startswith("in doubt: the solver could not be asked: http://mirror.stage/releases/24/x86_64/os: ")
    assert told in doubt


def test_a_base_repo_that_changes_while_it_is_read_is_read_again(stage: Stage) -> None:
    stage.outside.change_base("24", "x86_64", "zsh")
    once = stage.outside.mirror.misbehave(Rule(Kind.GARBAGE, url=f"{BASE}repodata/.*primary", times=1))

    push = stage.push_out(OF_NO_TREE)

    assert once.seen == 2
    assert stage.composed(push) == [REPO]


def test_a_base_repo_that_changes_whenever_it_is_read_is_doubt(stage: Stage) -> None:
    stage.outside.change_base("24", "x86_64", "zsh")
    stage.outside.mirror.misbehave(Rule(Kind.GARBAGE, url=f"{BASE}repodata/.*primary", times=None))

    push = stage.push_out(OF_NO_TREE)

    assert "a repo changes while it is read" in doubts(stage, push)[TREE]


def test_a_mash_that_shows_nothing_of_a_build_is_held_and_made_anew(stage: Stage) -> None:
    stage.outside.builder.mashes_nothing = True

    push = stage.push_out(OF_NO_TREE)

    assert push.state is RunState.HELD
    assert f"{REPO}: the mashed repo shows nothing of " in push.reason
    assert stage.composed(push) == [REPO]

    stage.outside.builder.mashes_nothing = False
    stage.wish("retry", push)
    stage.run_until_quiet()

    assert stage.push(push.lane).state is RunState.DONE
    assert stage.composed(push) == [REPO, REPO]


def test_pdc_that_names_what_no_list_shows_is_doubt_where_no_solver_knows_better(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.edit(TREE, treefile={"packages": ["bash"]})
    stage.first_push()

    push = stage.push_out(an_update("openssl-2-1.fc24"))

    assert stage.composed(push) == [REPO, *IMAGES]
    names = stage.facts(push, TREE, "skipped")["rungs"][1]
    assert (names["rung"], names["says"]) == ("names", "in doubt")
    assert names["reason"].startswith("PDC says it contains openssl, which commit ")
    assert names["source"].endswith("; PDC")
    assert doubts(stage, push).keys() == set(IMAGES)
    assert "in doubt: PDC says it contains openssl, which atomic-iso-24-" in doubts(stage, push)["atomic-iso"]


def test_a_manifest_that_cannot_be_read_is_never_a_skip_and_its_compose_says_what_is_wrong(stage: Stage) -> None:
    stage.edit(TREE, treefile={"packages": 7})

    push = stage.push_out(OF_NO_TREE)

    assert push.state is RunState.HELD
    assert doubts(stage, push)[TREE] == "in doubt: it cannot be looked at: packages is not a list of texts: 7"
    assert "atomic-host: packages is not a list of texts: 7" in push.reason


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Rule(Kind.STATUS, status=400, times=None), ": 400 "),
        (Rule(Kind.STATUS, status=503, times=None), "nano was never answered; GET"),
        (Rule(Kind.HALF, times=None), "not JSON, something else answers"),
        (Rule(Kind.REFUSED, times=None), "connection refused"),
    ],
    ids=["answers 400", "answers 503", "answers half a page", "is away"],
)
def test_pdc_that_cannot_be_read_about_a_new_package_holds_the_push_until_it_can(
    stage: Stage, rule: Rule, told: str
) -> None:
    away = stage.outside.pdc.misbehave(Rule(rule.kind, status=rule.status, times=None))

    push = stage.push_out(OF_NO_TREE)

    assert push.state is RunState.HELD
    assert told in push.reason
    assert stage.composed(push) == [REPO]

    stage.outside.pdc.rules.remove(away)
    stage.wait(minutes=11)

    assert stage.push("F24/testing").state is RunState.DONE
