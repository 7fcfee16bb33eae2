"""A new version reaches machines little by little: the page says to whom it is offered, and what the others keep."""

from datetime import timedelta
from typing import Any

import pytest

from relengotron.model.rollout import lane_of
from relengotron.model.run import Run, RunState, StepState
from tests.builders import a_message, an_update
from tests.stage.readers import page, untruths
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

FIRST, SECOND, THIRD = (an_update(f"bash-4.3.42-{number}.fc24") for number in (5, 6, 7))
LANE, NAME = "F24/testing", "atomic-disk"
DISK = f"{LANE} {NAME}"
SHARES = [{"percent": 10, "lasts": "6h"}, {"percent": 50, "lasts": "12h"}]


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """Everybody has the first version."""
    stage = make_stage(tells_mirrors=True)
    stage.declare(NAME, rollout=SHARES)
    stage.push_out(FIRST)
    assert stage.push(LANE).state is RunState.DONE, stage.push(LANE).reason
    return stage


def order(stage: Stage, *updates: Any) -> Run:
    """A push that goes as far as the first share, and not a minute further."""
    for update in updates:
        stage.outside.add(update)
    stage.start_push(updates=[update.alias for update in updates])
    known = stage.push(LANE).id
    stage.turn_until(lambda: stage.push(LANE).id != known and stage.push(LANE).state is RunState.DONE)
    return stage.push(LANE)


def offered(stage: Stage) -> dict[str, Any]:
    return dict(page(stage)[DISK].get("rollout", {}))


def shown(stage: Stage) -> str:
    text = (stage.root / "pub" / "website" / "releases.json").read_text()
    return text if "broken" not in text else ""


def follower(stage: Stage, push: Run) -> Run:
    (found,) = [run for run in stage.runs("roll_out") if run.lane == lane_of(push.id, NAME)]
    return found


def say(stage: Stage, push: Run, wanted: str, msg_id: str | None = None) -> None:
    body = {"run": push.id, "agent": "ralph", "artifact": NAME, "wanted": wanted, "reason": "it may not boot"}
    stage.machine.intake.store(a_message("relengotron.person.rollout", body, msg_id), is_local=True)
    for _ in range(4):
        stage.turn()


def pass_by(stage: Stage, **time: float) -> None:
    stage.clock.pass_by(**time)
    for _ in range(4):
        stage.turn()


def test_it_is_offered_to_more_and_more_and_the_others_are_told_what_they_keep(stage: Stage) -> None:
    assert "rollout" not in page(stage)[DISK], "there was nothing before that anybody could keep"
    before = page(stage)[DISK]
    push = order(stage, SECOND)

    first = offered(stage)
    assert (first["percent"], first["next_percent"], first["paused"]) == (10, 50, False)
    assert first["previous"]["identity"] == before["identity"] == page(stage)[DISK]["previous"]
    assert [each["name"] for each in first["previous"]["files"]] == [each["name"] for each in before["files"]]
    assert first["previous"]["run"] == before["run"]
    assert untruths(stage) == []
    assert "rollout" not in page(stage)[f"{LANE} atomic-iso"]

    pass_by(stage, hours=6)
    assert offered(stage)["percent"] == 50
    assert untruths(stage) == []
    for _ in range(2):  # the message comes twice
        say(stage, push, "finish", "2016-finish")
    assert offered(stage) == {}
    assert untruths(stage) == []
    assert follower(stage, push).state is RunState.DONE
    told = [f"offer to {each} wishes" for each in ("10 % after 0", "50 % after 0", "100 % after 1")]
    assert stage.effects(follower(stage, push)) == told


@pytest.mark.crash
def test_it_is_paused_resumed_and_finished_by_name(stage: Stage) -> None:
    push = order(stage, SECOND)
    say(stage, push, "pause")
    assert offered(stage)["paused"]
    run = follower(stage, push)
    assert run.state is RunState.HELD
    assert "paused by ralph: it may not boot" in run.reason
    pass_by(stage, days=30)
    assert (offered(stage)["percent"], offered(stage)["next_at"]) == (10, None)

    say(stage, push, "resume")
    assert not offered(stage)["paused"]
    pass_by(stage, hours=6)
    assert offered(stage)["percent"] == 50

    say(stage, push, "finish")
    assert offered(stage) == {}
    assert follower(stage, push).state is RunState.DONE
    assert untruths(stage) == []


@pytest.mark.crash
def test_a_daemon_that_was_down_catches_up_and_steps_over_what_it_slept_through(stage: Stage) -> None:
    push = order(stage, SECOND)
    stage.clock.pass_by(days=3)
    stage.restart()
    stage.run_until_quiet()
    assert offered(stage) == {}
    assert stage.steps(follower(stage, push))["ensure_everybody_may_take_it"] is StepState.DONE


@pytest.mark.crash
def test_the_next_push_takes_its_place_and_most_machines_keep_what_they_have(stage: Stage) -> None:
    oldest = page(stage)[DISK]
    second = order(stage, SECOND)
    slow = stage.runs("roll_out")[-1]
    third = order(stage, THIRD)

    assert third.id != second.id, "the rollout held nothing up"
    now = offered(stage)
    assert now["percent"] == 10
    assert now["previous"]["identity"] == oldest["identity"], "the second version never was what most had"
    assert now["previous"]["files"]
    assert page(stage)[DISK]["previous"] != oldest["identity"]
    pass_by(stage, hours=6)
    assert follower(stage, second).state is RunState.DONE
    assert stage.steps(slow)["ensure_everybody_may_take_it"] is StepState.SKIPPED
    assert offered(stage)["percent"] == 50


@pytest.mark.crash
def test_nothing_of_it_is_swept_while_machines_are_offered_it(stage: Stage) -> None:
    oldest = page(stage)[DISK]["files"]
    for number in range(6, 11):
        order(stage, an_update(f"bash-4.3.42-{number}.fc24"))
    assert offered(stage)["previous"]["files"] == oldest
    assert untruths(stage) == []


@pytest.mark.crash
def test_a_push_of_other_things_neither_stops_nor_begins_it(stage: Stage) -> None:
    order(stage, SECOND)
    began = offered(stage)
    pass_by(stage, hours=1)
    stage.outside.add(an_update("nano-2.6-1.fc24"))
    stage.start_push()
    known = stage.push(LANE).id
    stage.turn_until(lambda: stage.push(LANE).id != known and stage.push(LANE).state is RunState.DONE)
    assert offered(stage) == began
    pass_by(stage, hours=5)
    assert offered(stage)["percent"] == 50


@pytest.mark.crash
def test_a_rollback_ends_it(stage: Stage) -> None:
    before = page(stage)[DISK]["identity"]
    push = order(stage, SECOND)
    body = {"run": push.id, "agent": "ralph", "reason": "bad", "untag": False}
    stage.machine.intake.store(a_message("relengotron.person.rollback", body, "2016-back"), is_local=True)
    stage.turn_until(lambda: bool(stage.runs("rollback")) and stage.runs("rollback")[-1].state is RunState.DONE)
    assert page(stage)[DISK]["identity"] == before
    assert offered(stage) == {}
    pass_by(stage, hours=6)
    assert follower(stage, push).state is RunState.DONE
    assert offered(stage) == {}
    assert untruths(stage) == []


@pytest.mark.crash
def test_a_page_that_was_lost_is_waited_for_and_the_next_push_writes_it_with_the_share_of_then(stage: Stage) -> None:
    order(stage, SECOND)
    (stage.root / "pub" / "website" / "releases.json").write_text("{ broken")
    pass_by(stage, hours=6)
    assert "the page does not tell of it" in stage.runs("roll_out")[-1].reason
    stage.outside.add(an_update("nano-2.6-1.fc24", request="stable"))
    stage.start_push()
    stage.turn_until(lambda: stage.runs("push_updates")[-1].lane == "F24/stable" and bool(shown(stage)))
    pass_by(stage, minutes=2)
    assert offered(stage)["percent"] == 50


@pytest.mark.crash
def test_a_wish_for_what_is_not_rolled_out_changes_nothing(stage: Stage) -> None:
    say(stage, stage.push(LANE), "finish")
    assert stage.runs("roll_out") == []
    assert stage.clock() - stage.push(LANE).created_at < timedelta(days=1)


@pytest.mark.crash
def test_a_tree_says_which_commit_the_others_keep_and_an_image_that_comes_later_begins_later(
    make_stage: MakeStage,
) -> None:
    stage = make_stage(tells_mirrors=True)
    for name in (NAME, "atomic-iso", "atomic-host"):
        stage.declare(name, rollout=SHARES)
    stage.push_out(FIRST)
    stage.declare(NAME, live_after="1h")
    before = page(stage)[f"{LANE} atomic-host"]
    stage.outside.add(SECOND)
    stage.start_push()
    stage.turn_until(lambda: len(stage.runs("roll_out")) == 2)
    pass_by(stage, minutes=2)

    tree = page(stage)[f"{LANE} atomic-host"]
    kept = tree["rollout"]["previous"]
    assert (kept["ref"], kept["commit"], kept["files"]) == (before["ref"], before["commit"], [])
    assert tree["commit"] == stage.outside.live.head(tree["ref"]) != kept["commit"]
    assert offered(stage) == {}
    pass_by(stage, hours=2)
    stage.turn_until(lambda: offered(stage) != {})
    assert offered(stage)["next_at"] > page(stage)[f"{LANE} atomic-iso"]["rollout"]["next_at"]
    stage.run_until_quiet()
    assert {run.state for run in stage.runs()} == {RunState.DONE}
    assert [entry for entry in page(stage).values() if "rollout" in entry] == []


@pytest.mark.crash
def test_a_run_that_is_called_off_leaves_the_page_and_the_next_push_goes_on(stage: Stage) -> None:
    push = order(stage, SECOND)
    began = offered(stage)
    stage.wish("cancel", follower(stage, push))
    pass_by(stage, hours=6)
    assert follower(stage, push).state is RunState.CANCELLED
    assert offered(stage) == began
    order(stage, an_update("nano-2.6-1.fc24"))
    assert offered(stage)["percent"] == 50
