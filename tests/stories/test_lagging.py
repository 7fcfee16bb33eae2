"""Some artifacts may lag: the others go live without them, and they follow, or are left to the next push."""

from datetime import datetime, timedelta

import pytest

from relengotron.engine.journal import evidence
from relengotron.model.run import Run, RunState, StepState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
LANE, TREE, ISO, DISK = "F24/testing", "atomic-host", "atomic-iso", "atomic-disk"
REF = "fedora-atomic/f24/x86_64/testing/docker-host"


def let_lag(stage: Stage, *artifacts: str) -> None:
    for each in artifacts:
        stage.declare(each, may_lag=True)


def outcomes(stage: Stage) -> dict[str, str]:
    return {each["artifact"]: each["outcome"] for each in stage.said("push.complete")[-1]["results"]}


def published(stage: Stage) -> list[str]:
    return [body["artifact"] for body in stage.said("artifact.published")]


def states(stage: Stage, run: Run, artifact: str) -> list[str]:
    with stage.machine.database.read() as db:
        return [each.state for each in evidence.of_run(db, run.id) if each.subject == artifact]


def pushed_with_a_bad_disk(make_stage: MakeStage, *lagging: str) -> Stage:
    stage = make_stage()
    let_lag(stage, *lagging)
    stage.outside.tester.verdicts[DISK] = "FAILED"
    stage.push_out(UPDATE)
    return stage


def test_what_fails_its_tests_and_may_lag_is_held_while_the_others_are_live_and_follows(make_stage: MakeStage) -> None:
    stage = pushed_with_a_bad_disk(make_stage, DISK)

    push = stage.push(LANE)
    assert push.state is RunState.HELD
    assert f"{DISK} was left behind: {DISK}: dist.image_content failed" in push.reason
    assert outcomes(stage)[DISK] == "held"
    assert published(stage) == ["f24-updates-testing", TREE, ISO]
    assert stage.outside.bodhi.updates[0].status == "testing"
    (hold,) = stage.said("push.hold")
    assert hold["deadline"] is not None
    assert hold["owner"] == stage.settings.owner

    stage.outside.tester.judge_again(DISK, "PASSED")
    stage.outside.tester.work()
    stage.wait(minutes=10)

    assert stage.push(LANE).state is RunState.DONE
    assert published(stage) == ["f24-updates-testing", TREE, ISO, DISK]
    assert len(stage.said("push.complete")) == 1


@pytest.mark.crash
def test_without_leave_to_lag_it_is_all_or_nothing(make_stage: MakeStage) -> None:
    stage = pushed_with_a_bad_disk(make_stage, ISO)

    assert stage.push(LANE).state is RunState.HELD
    assert published(stage) == []


def test_the_next_push_does_not_wait_for_what_lags_and_takes_it_along(make_stage: MakeStage) -> None:
    stage = pushed_with_a_bad_disk(make_stage, DISK)
    first = stage.push(LANE)
    stage.outside.tester.verdicts.clear()

    second = stage.push_out(an_update("bash-4.3.42-6.fc24"))

    assert second.id != first.id
    assert {run.state for run in stage.runs("push_updates")} == {RunState.DONE}
    assert states(stage, first, DISK)[-1] == "given up"
    assert outcomes(stage)[DISK] == "published"


@pytest.mark.crash
def test_a_tree_is_left_behind_with_the_images_that_are_made_from_it(make_stage: MakeStage) -> None:
    stage = make_stage()
    let_lag(stage, TREE, ISO, DISK)
    stage.outside.tester.verdicts[TREE] = "FAILED"
    stage.push_out(UPDATE)
    assert published(stage) == ["f24-updates-testing"]
    assert stage.outside.live.head(REF) is None

    stage.outside.tester.judge_again(TREE, "PASSED")
    stage.outside.tester.work()
    stage.wait(minutes=10)

    assert stage.push(LANE).state is RunState.DONE
    assert published(stage) == ["f24-updates-testing", TREE, ISO, DISK]


@pytest.mark.crash
def test_a_compose_that_failed_is_left_behind_and_a_retry_makes_it_anew(make_stage: MakeStage) -> None:
    stage = make_stage()
    let_lag(stage, ISO)
    stage.outside.builder.trouble[ISO] = "no space on the builder"
    stage.push_out(UPDATE)
    assert ISO not in published(stage)
    assert f"{ISO} was left behind" in stage.push(LANE).reason
    stage.outside.builder.trouble.clear()

    stage.wish("retry", stage.push(LANE))
    stage.run_until_quiet()

    assert stage.push(LANE).state is RunState.DONE, stage.push(LANE).reason
    assert published(stage)[-1] == ISO


@pytest.mark.crash
def test_what_never_catches_up_is_given_up_and_what_is_live_stays(make_stage: MakeStage) -> None:
    stage = pushed_with_a_bad_disk(make_stage, DISK)
    head = stage.outside.live.head(REF)

    stage.clock.time += stage.settings.patience.gate
    stage.wait(hours=1)

    push = stage.push(LANE)
    assert push.state is RunState.DONE
    assert stage.steps(push)["ensure_laggards_have_caught_up"] is StepState.SKIPPED
    assert states(stage, push, DISK)[-1] == "given up"
    assert stage.outside.live.head(REF) == head is not None


@pytest.mark.crash
def test_what_follows_and_is_never_seen_takes_nothing_back_that_users_have(make_stage: MakeStage) -> None:
    stage = pushed_with_a_bad_disk(make_stage, DISK)
    head = stage.outside.live.head(REF)
    stage.outside.mirror.misbehave(Rule(Kind.STATUS, url=DISK, status=404, times=None))
    stage.outside.tester.judge_again(DISK, "PASSED")
    stage.outside.tester.work()
    stage.wait(minutes=30)
    assert "not seen from outside" in stage.push(LANE).reason or DISK in stage.push(LANE).reason

    stage.clock.time += stage.settings.patience.probe + stage.settings.patience.hold
    stage.wait(hours=1)

    assert stage.push(LANE).state is RunState.HELD, stage.push(LANE).reason
    assert stage.outside.live.head(REF) == head is not None


@pytest.mark.crash
def test_an_artifact_with_a_delay_goes_live_that_long_after_the_others(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.declare(DISK, live_after="1h")
    stage.push_out(UPDATE)  # whoever comes to rest here has waited for all that comes by itself
    push = stage.push(LANE)

    assert push.state is RunState.DONE, push.reason
    assert outcomes(stage)[DISK] == "held"
    at = {body["artifact"]: body["at"] for body in stage.said("artifact.published")}
    assert list(at) == ["f24-updates-testing", TREE, ISO, DISK]
    assert datetime.fromisoformat(at[DISK]) - datetime.fromisoformat(at[ISO]) >= timedelta(hours=1)
    assert stage.said("push.hold") == []
