"""Verdicts that are missing or bad, and bits that nobody sees."""

from relengotron.model.run import RunState
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
OTHER_LANE = an_update("nano-2.6-1.fc24", request="stable")


def test_a_failed_test_holds_the_push_until_a_new_result_says_otherwise(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push("stable")
    stage.outside.tester.verdicts["atomic-host"] = "FAILED"
    push = stage.push_out(UPDATE, OTHER_LANE)

    held = stage.hold(push)
    assert held is not None
    assert len(held.missing) == 1
    assert "dist.ostree_content" in held.missing[0]
    assert not stage.said("artifact.published", lane="F24/testing")
    assert stage.push("F24/stable").state is RunState.DONE
    assert stage.notes(push)["atomic-host"][0] == "held"

    stage.outside.tester.judge_again("atomic-host", "PASSED")
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert stage.hold(push) is None


def test_a_gate_that_stays_closed_fails_the_push_at_the_deadline(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-iso"] = "NEEDS_INSPECTION"
    stage.start_push()
    stage.run_until_quiet()

    stage.wait(days=4)

    assert stage.push("F24/testing").state is RunState.FAILED
    assert "the gate stayed closed" in stage.said("push.failed")[0]["reason"]


def test_a_result_that_never_comes_is_a_hold_and_never_a_pass(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-disk"] = None
    stage.start_push()
    for _ in range(12):
        stage.turn()
    assert stage.push("F24/testing").reason.startswith("tests: ")

    stage.clock.pass_by(days=2)
    for _ in range(3):
        stage.turn()

    push = stage.push("F24/testing")
    assert push.state is RunState.HELD
    assert "missing" in push.reason
    assert not stage.said("artifact.published")

    stage.outside.tester.judge_again("atomic-disk", "PASSED")
    stage.run_until_quiet()
    assert stage.push("F24/testing").state is RunState.DONE


def test_bits_that_the_mirror_does_not_show_are_waited_for_and_then_held(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, OTHER_LANE)
    hidden = stage.outside.mirror.misbehave(
        Rule(Kind.STATUS, url="/updates-testing/24/x86_64/", status=404, times=None)
    )
    stage.start_push()
    for _ in range(14):
        stage.turn()
    assert "not seen from outside yet" in stage.push("F24/testing").reason
    assert not stage.said("push.complete", lane="F24/testing")

    stage.clock.pass_by(hours=3)
    for _ in range(2):
        stage.turn()
    assert stage.push("F24/testing").state is RunState.HELD
    assert stage.push("F24/stable").state is RunState.DONE

    stage.outside.mirror.rules.remove(hidden)
    stage.wait(minutes=1)
    assert stage.push("F24/testing").state is RunState.DONE


def test_bits_that_are_never_seen_fail_the_push_in_the_end(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.mirror.misbehave(Rule(Kind.STATUS, url="repomd.xml", status=404, times=None))
    stage.start_push()
    for _ in range(14):
        stage.turn()
    for _ in range(3):
        stage.clock.pass_by(days=2)
        stage.turn()

    assert stage.push("F24/testing").state is RunState.FAILED
    assert stage.said("push.failed")


def test_a_reader_who_gets_other_bytes_keeps_the_push_from_being_complete(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.mirror.misbehave(Rule(Kind.GARBAGE, url="repomd.xml", times=2))
    stage.start_push()

    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert stage.outside.mirror.count(url="x86_64/repodata/repomd.xml") > 1


def test_a_second_push_publishes_over_the_first_and_slow_readers_keep_their_files(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.start_push()
    stage.run_until_quiet()
    repo = stage.root / "pub" / "updates-testing" / "24" / "x86_64"
    before = {path.name for path in repo.rglob("*") if path.is_file()}
    first_tree = stage.outside.live.head("fedora-atomic/f24/x86_64/testing/docker-host")

    stage.outside.add(an_update("bash-4.3.42-6.fc24"))
    stage.start_push()
    stage.run_until_quiet()

    assert [run.state for run in stage.runs("push_updates")] == [RunState.DONE] * 2
    after = {path.name for path in repo.rglob("*") if path.is_file()}
    assert before < after
    assert "bash-4.3.42-6.fc24.x86_64.rpm" in after
    second_tree = stage.outside.live.head("fedora-atomic/f24/x86_64/testing/docker-host")
    assert second_tree is not None
    assert stage.outside.live.commit_info(second_tree).parent == first_tree
