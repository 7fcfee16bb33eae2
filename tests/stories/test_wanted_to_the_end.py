"""What Bodhi does not want any more does not go live, however far its push has come."""

from relengotron.model.run import RunState
from tests.builders import an_update
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")


def test_an_update_withdrawn_at_the_gate_does_not_go_live(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-host"] = "FAILED"
    stage.start_push()
    stage.run_until_quiet()
    bodhi_update = stage.outside.bodhi.update(UPDATE.alias)
    bodhi_update.request, bodhi_update.locked = None, False
    stage.outside.tester.judge_again("atomic-host", "PASSED")
    stage.run_until_quiet()

    push = stage.push("F24/testing")
    held = stage.hold(push)
    assert held is not None
    assert "Bodhi has not locked it for a push" in held.missing[0]
    assert held.command.startswith("relengotron runs cancel")
    assert not stage.said("artifact.published")

    bodhi_update.request, bodhi_update.locked = "testing", True
    stage.wait(minutes=5)
    assert stage.push("F24/testing").state is RunState.DONE


def test_a_failed_push_leaves_its_builds_where_they_came_from(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-host"] = "FAILED"
    stage.start_push()
    stage.run_until_quiet()
    stage.wait(days=4)

    assert stage.push("F24/testing").state is RunState.FAILED
    tags = {tag["name"] for tag in stage.outside.hub.call(None, "listTags", build=UPDATE.builds[0])}
    assert "f24-updates-testing" not in tags
    assert "f24-updates-candidate" in tags
