"""Many builds move in one request to Koji: each exactly once, whatever Koji answers about the others."""

import pytest

from relengotron.model.run import RunState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import AnUpdate, an_update
from tests.stage.outside import methods_in
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

NAMES = ("bash", "openssl", "nano", "vim", "zsh", "make")
UPDATES = tuple(an_update(f"{name}-1-1.fc24") for name in NAMES)
TARGET = "f24-updates-testing"


def moves(stage: Stage) -> list[str]:
    """The builds of all move tasks."""
    rows = stage.outside.hub.call(None, "listTasks", {"method": "tagBuild", "decode": True})
    return sorted(stage.outside.hub.call(None, "getBuild", row["request"][1])["nvr"] for row in rows)


def requests(stage: Stage) -> int:
    """How many requests carried moves."""
    return sum("moveBuild" in methods_in(call) for call in stage.outside.koji.calls)


def builds_of(updates: tuple[AnUpdate, ...]) -> list[str]:
    return sorted(build for update in updates for build in update.builds)


def test_different_packages_move_in_one_request(make_stage: MakeStage) -> None:
    stage = make_stage(*UPDATES)
    stage.start_push()
    stage.run_until_quiet()
    assert stage.push("F24/testing").state is RunState.DONE
    assert (requests(stage), moves(stage)) == (1, builds_of(UPDATES))


def test_builds_of_one_package_move_one_after_the_other(make_stage: MakeStage) -> None:
    older, newer = an_update("bash-1-1.fc24"), an_update("bash-1-2.fc24")
    stage = make_stage(older, newer, an_update("nano-1-1.fc24"))
    stage.start_push()
    stage.run_until_quiet()
    assert stage.push("F24/testing").state is RunState.DONE
    assert (requests(stage), len(moves(stage))) == (2, 3)
    latest = stage.outside.hub.call(None, "getLatestBuilds", TARGET, package="bash")
    assert latest[0]["nvr"] == "bash-1-2.fc24"


@pytest.mark.parametrize("kind", [Kind.LOST_ANSWER, Kind.HALF, Kind.REFUSED, Kind.STATUS, Kind.GARBAGE])
def test_a_lost_answer_about_all_of_them_moves_none_twice(make_stage: MakeStage, kind: Kind) -> None:
    stage = make_stage(*UPDATES)
    stage.outside.koji.misbehave(Rule(kind, body="moveBuild"))
    stage.start_push()
    stage.run_until_quiet()
    assert stage.push("F24/testing").state is RunState.DONE
    assert moves(stage) == builds_of(UPDATES)


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_refused_build_is_held_and_the_others_are_moved(make_stage: MakeStage, is_lost: bool) -> None:
    stage = make_stage(*UPDATES)
    stage.outside.hub.call("admin", "packageListBlock", TARGET, "nano")
    if is_lost:
        stage.outside.koji.misbehave(Rule(Kind.LOST_ANSWER, body="moveBuild"))
    stage.start_push()
    stage.run_until_quiet()
    held = stage.hold(stage.push("F24/testing"))
    assert held is not None
    assert len(held.missing) == 1
    assert "nano-1-1.fc24 cannot be moved" in held.missing[0]
    assert moves(stage) == [build for build in builds_of(UPDATES) if "nano" not in build]

    stage.outside.hub.call("admin", "packageListUnblock", TARGET, "nano")
    stage.wait(minutes=1)

    assert stage.push("F24/testing").state is RunState.DONE
    assert moves(stage) == builds_of(UPDATES)


def test_a_build_refused_for_good_is_ejected_alone(make_stage: MakeStage) -> None:
    stage = make_stage(*UPDATES)
    stage.outside.hub.call("admin", "packageListBlock", TARGET, "nano")
    stage.start_push()
    stage.run_until_quiet()
    stage.wait(hours=48)
    assert stage.push("F24/testing").state is RunState.DONE
    told = stage.said("push.complete")[0]["updates"]
    outcomes = {update["alias"]: update["outcome"] for update in told}
    assert [alias for alias, outcome in outcomes.items() if outcome == "ejected"] == [UPDATES[2].alias]
