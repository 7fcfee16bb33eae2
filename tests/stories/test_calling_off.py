"""A person calls a push off: its tasks stop, its builds go home, its bits are withdrawn, and everybody hears it."""

import pytest

from relengotron.model.run import RunState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
OTHER_LANE = an_update("nano-2.6-1.fc24", request="stable")
REF = "fedora-atomic/f24/x86_64/testing/docker-host"


def tags_of(stage: Stage, nvr: str) -> set[str]:
    return {tag["name"] for tag in stage.outside.hub.call(None, "listTags", build=nvr)}


def states_of_tasks(stage: Stage) -> set[int]:
    return {row["state"] for row in stage.outside.hub.call(None, "listTasks", {}, {})}


def call_off(stage: Stage) -> None:
    stage.wish("cancel", stage.push("F24/testing"), "the wrong update")
    stage.run_until_quiet()


@pytest.mark.parametrize("turns", [2, 3, 5, 7, 8])
def test_a_push_called_off_at_any_time_leaves_its_builds_where_they_were(make_stage: MakeStage, turns: int) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-iso"] = None
    stage.start_push()
    for _ in range(turns):
        stage.turn()

    call_off(stage)

    push = stage.push("F24/testing")
    assert push.state is RunState.CANCELLED, push.reason
    assert "f24-updates-testing" not in tags_of(stage, "bash-4.3.42-5.fc24")
    assert "f24-updates-candidate" in tags_of(stage, "bash-4.3.42-5.fc24")
    assert not states_of_tasks(stage) & {0, 1, 4}
    assert [body["failure"] for body in stage.said("push.failed")] == ["cancelled"]
    assert "the wrong update" in stage.said("push.failed")[0]["reason"]


def test_a_push_called_off_while_its_move_is_under_way_stops_the_move(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.builder.is_away = True
    stage.start_push()
    stage.turn()
    stage.turn()
    stage.wish("cancel", stage.push("F24/testing"))
    for _ in range(3):
        stage.turn()
    stage.outside.builder.is_away = False
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.CANCELLED
    assert "f24-updates-testing" not in tags_of(stage, "bash-4.3.42-5.fc24")


def test_a_push_called_off_delays_no_other_lane(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, OTHER_LANE)
    stage.start_push()
    stage.turn()
    stage.turn()

    call_off(stage)

    assert stage.push("F24/testing").state is RunState.CANCELLED
    assert stage.push("F24/stable").state is RunState.DONE


def test_bits_that_went_live_are_withdrawn_when_the_push_is_called_off(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.start_push()
    stage.run_until_quiet()
    repomd = stage.root / "pub" / "updates-testing" / "24" / "x86_64" / "repodata" / "repomd.xml"
    before, tree = repomd.read_text(), stage.outside.live.head(REF)
    assert tree is not None

    stage.outside.add(an_update("bash-4.3.42-6.fc24"))
    hidden = stage.outside.mirror.misbehave(Rule(Kind.STATUS, status=404, times=None))
    stage.start_push()
    for _ in range(16):
        stage.turn()
    assert "not seen from outside yet" in stage.push("F24/testing").reason
    assert repomd.read_text() != before
    stage.outside.mirror.rules.remove(hidden)

    call_off(stage)

    assert stage.push("F24/testing").state is RunState.CANCELLED
    assert repomd.read_text() == before
    now = stage.outside.live.head(REF)
    assert now is not None
    assert stage.outside.live.content_checksum(now) == stage.outside.live.content_checksum(tree)
    assert "f24-updates-testing" not in tags_of(stage, "bash-4.3.42-6.fc24")


def test_the_lane_is_free_after_a_push_was_called_off(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.start_push()
    stage.turn()
    stage.turn()
    call_off(stage)

    stage.start_push(resume=True)
    stage.run_until_quiet()

    assert [run.state for run in stage.runs("push_updates")] == [RunState.CANCELLED, RunState.DONE]
    assert [update.status for update in stage.outside.bodhi.updates] == ["testing"]
