"""Signatures that come late, and builds that Koji does not move."""

from relengotron.model.run import RunState
from tests.builders import an_update
from tests.stage import seeds
from tests.stage.outside import methods_in
from tests.stories.conftest import MakeStage

UNSIGNED = an_update("bash-4.3.42-5.fc24", is_signed=False)
SIGNED = an_update("openssl-1.0.2-3.fc24")
OTHER_LANE = an_update("nano-2.6-1.fc24", request="stable")
TARGET = "f24-updates-testing"


def moves_of(stage: object) -> int:
    hub = stage.outside.hub  # type: ignore[attr-defined]
    return len(hub.call(None, "listTasks", {"method": "tagBuild"}, {}))


def test_an_unsigned_build_holds_its_lane_until_it_is_signed(make_stage: MakeStage) -> None:
    stage = make_stage(UNSIGNED, SIGNED, OTHER_LANE)
    stage.start_push()
    stage.run_until_quiet()

    held = stage.hold(stage.push("F24/testing"))
    assert held is not None
    assert held.missing == ("bash-4.3.42-5.fc24: 3 RPMs lack a signature of key deadbeef",)
    assert stage.said("push.hold")[0]["owner"] == "releng"
    assert stage.push("F24/stable").state is RunState.DONE

    seeds.sign(stage.outside.hub, "bash-4.3.42-5.fc24")
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE
    assert not stage.said("push.eject")


def test_an_update_that_stays_unsigned_is_ejected_at_the_deadline(make_stage: MakeStage) -> None:
    stage = make_stage(UNSIGNED, SIGNED)
    stage.start_push()
    stage.run_until_quiet()

    stage.wait(hours=7)

    assert stage.push("F24/testing").state is RunState.DONE
    outcomes = {update["alias"]: update["outcome"] for update in stage.said("push.complete")[0]["updates"]}
    assert outcomes == {UNSIGNED.alias: "ejected", SIGNED.alias: "pushed"}


def test_a_locked_tag_holds_the_lane_until_it_is_unlocked(make_stage: MakeStage) -> None:
    stage = make_stage(SIGNED, an_update("nano-2.6-1.fc25", release="F25"))
    stage.outside.hub.call("admin", "editTag2", TARGET, locked=True)
    stage.start_push()
    stage.run_until_quiet()

    push = stage.push("F24/testing")
    assert push.state is RunState.HELD, push.reason
    assert TARGET in push.reason
    assert stage.push("F25/testing").state is RunState.DONE

    stage.outside.hub.call("admin", "editTag2", TARGET, locked=False)
    stage.wait(minutes=1)

    assert stage.push("F24/testing").state is RunState.DONE


def test_a_move_that_fails_in_koji_holds_the_lane_until_somebody_retries(make_stage: MakeStage) -> None:
    stage = make_stage(SIGNED)
    stage.outside.builder.trouble["tagBuild"] = "the builder is broken"
    stage.start_push()
    stage.run_until_quiet()

    push = stage.push("F24/testing")
    assert push.state is RunState.HELD
    assert "the builder is broken" in push.reason

    stage.outside.builder.trouble.clear()
    stage.wish("retry", push)
    stage.run_until_quiet()

    assert stage.push("F24/testing").state is RunState.DONE


def test_a_build_that_cannot_be_moved_is_ejected_at_the_deadline(make_stage: MakeStage) -> None:
    stage = make_stage(SIGNED, UNSIGNED)
    seeds.sign(stage.outside.hub, "bash-4.3.42-5.fc24")
    stage.outside.builder.trouble["tagBuild"] = "cancel"
    stage.start_push()
    stage.run_until_quiet()
    assert "was cancelled" in stage.push("F24/testing").reason

    stage.wait(hours=3)

    assert stage.push("F24/testing").state is RunState.DONE
    assert {body["outcome"] for body in stage.said("push.complete")[0]["updates"]} == {"ejected"}


def test_a_build_that_somebody_moved_by_hand_is_not_moved_again(make_stage: MakeStage) -> None:
    stage = make_stage(SIGNED)
    stage.outside.hub.call("admin", "tagBuildBypass", TARGET, "openssl-1.0.2-3.fc24")
    stage.start_push()

    stage.run_until_quiet()

    assert moves_of(stage) == 0
    assert stage.push("F24/testing").state is RunState.DONE


def test_a_retry_while_the_move_is_under_way_makes_no_second_task(make_stage: MakeStage) -> None:
    stage = make_stage(SIGNED)
    stage.outside.builder.is_away = True
    stage.start_push()
    stage.turn()
    stage.turn()
    assert moves_of(stage) == 1

    stage.wish("retry", stage.push("F24/testing"))
    stage.turn()
    stage.turn()
    stage.outside.builder.is_away = False
    stage.run_until_quiet()

    assert moves_of(stage) == 1
    assert stage.push("F24/testing").state is RunState.DONE


def test_a_move_that_nobody_carries_out_becomes_a_hold_and_has_an_end(make_stage: MakeStage) -> None:
    stage = make_stage(SIGNED)
    stage.outside.builder.trouble["tagBuild"] = "leave"
    stage.start_push()
    for _ in range(4):
        stage.turn()
    stage.clock.pass_by(hours=3)
    for _ in range(3):
        stage.turn()

    push = stage.push("F24/testing")
    assert push.state is RunState.HELD, push.reason
    assert "openssl-1.0.2-3.fc24" in push.reason

    stage.clock.pass_by(days=3)
    for _ in range(3):
        stage.turn()
    assert stage.push("F24/testing").state.is_finished


def test_two_builds_of_one_package_are_moved_in_order(make_stage: MakeStage) -> None:
    first, second = an_update("bash-4.3.42-5.fc24"), an_update("bash-4.3.42-6.fc24")
    stage = make_stage(first, second)

    stage.start_push()
    stage.run_until_quiet()

    latest = stage.outside.hub.call(None, "listTagged", TARGET, latest=True)
    assert [build["nvr"] for build in latest] == ["bash-4.3.42-6.fc24"]


def test_signed_copies_are_asked_for_before_anything_is_moved(make_stage: MakeStage) -> None:
    stage = make_stage(SIGNED)
    stage.start_push()

    stage.run_until_quiet()

    asked = [method for call in stage.outside.koji.calls for method in methods_in(call)]
    assert asked.index("writeSignedRPM") < asked.index("moveBuild")


def test_a_build_that_vanishes_from_koji_before_it_was_signed_is_ejected(make_stage: MakeStage) -> None:
    stage = make_stage(SIGNED, UNSIGNED)
    stage.start_push()
    stage.run_until_quiet()

    hub = stage.outside.hub
    for tag in hub.call(None, "listTags", build="bash-4.3.42-5.fc24"):
        hub.call("admin", "untagBuildBypass", tag["name"], "bash-4.3.42-5.fc24")
    hub.call("admin", "deleteBuild", "bash-4.3.42-5.fc24")
    stage.wait(hours=7)

    push = stage.push("F24/testing")
    assert push.state is RunState.DONE, push.reason
    outcomes = {update["alias"]: update["outcome"] for update in stage.said("push.complete")[0]["updates"]}
    assert outcomes == {UNSIGNED.alias: "ejected", SIGNED.alias: "pushed"}
