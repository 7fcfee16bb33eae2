"""Suspects go into quarantine, and the innocent of the same batch go through by themselves."""

from tests.stage.gate_configuration import BUILD_TEST, PENDING, QUARANTINE, TARGET
from tests.stories.conftest import MakeGate

FOO, BAR, BAZ = "foo-1.2-1", "bar-3.0-1", "baz-2-1"


def test_a_build_whose_test_fails_goes_into_quarantine_with_a_reason_and_a_way_out(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.bad.add(FOO)
    stage.build_lands(FOO, owner="alice")

    stage.settle()

    assert stage.tags_of(FOO) == {QUARANTINE}
    assert stage.states() == {FOO: "quarantined"}
    assert BUILD_TEST in stage.row(FOO).reason
    (said,) = stage.said("gate.build.quarantined")
    assert (said["packager"], said["testcases"]) == ("alice", [BUILD_TEST])
    assert "relengotron quarantine" in said["command"]
    (run,) = stage.runs("keep_in_quarantine")
    hold = stage.hold(run)
    assert hold is not None
    assert hold.owner == "alice"
    assert "relengotron quarantine release" in hold.command


def test_the_innocent_of_a_batch_go_through_by_themselves(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.bad.add(FOO)
    for nvr in (FOO, BAR, BAZ):
        stage.build_lands(nvr, side_tag="17")

    stage.settle()

    assert stage.states() == {FOO: "quarantined", BAR: "accepted", BAZ: "accepted"}
    assert stage.tester.rounds == [(BAR, BAZ, FOO), (BAR, BAZ)]
    assert stage.tags_of(FOO) == {QUARANTINE}


def test_the_innocent_go_through_at_once_while_the_culprit_is_looked_for(make_gate: MakeGate) -> None:
    stage = make_gate()
    names = [f"p{number}-1-1" for number in range(8)]
    stage.tester.guilty.add(frozenset({names[0]}))
    for nvr in names:
        stage.build_lands(nvr, side_tag="17")

    stage.turn_until(lambda: any(state == "accepted" for state in stage.states().values()))

    assert stage.states()[names[0]] == "testing"
    assert list(stage.states().values()).count("accepted") == 4


def test_no_good_build_waits_for_a_bad_one(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.bad.add(FOO)
    stage.tester.silent.add(BAZ)
    for nvr in (FOO, BAR, BAZ):
        stage.build_lands(nvr)

    for _ in range(6):
        stage.turn()

    assert stage.tags_of(BAR) == {TARGET}
    assert stage.tags_of(FOO) == {QUARANTINE}
    assert stage.tags_of(BAZ) == {PENDING}


def test_a_build_that_somebody_put_into_quarantine_is_kept_like_all_others(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(FOO, owner="alice", into=QUARANTINE)

    stage.settle()

    assert stage.states() == {FOO: "quarantined"}
    (run,) = stage.runs("keep_in_quarantine")
    assert stage.hold(run) is not None
