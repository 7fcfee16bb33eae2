"""A newer build of the same package supersedes the older one in any state."""

from tests.stage.gate_configuration import PENDING, QUARANTINE, TARGET
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate

OLD, NEW = "foo-1.2-1", "foo-1.3-1"


def _check(stage: GateStage) -> None:
    assert stage.states(OLD, NEW) == {OLD: "superseded", NEW: "accepted"}
    assert stage.tags_of(OLD) == set()
    assert stage.tags_of(NEW) == {TARGET}
    assert stage.latest("foo") == NEW
    (said,) = stage.said("gate.build.superseded")
    assert (said["nvr"], said["by"]) == (OLD, NEW)


def test_one_that_has_just_arrived(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(OLD)
    stage.build_lands(NEW)

    stage.settle()

    _check(stage)


def test_one_that_is_being_tested(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(OLD)
    stage.build_lands(OLD)
    stage.settle()
    stage.build_lands(NEW)

    stage.settle()

    _check(stage)
    assert {run.state for run in stage.runs("gate_rawhide")} == {"done"}


def test_one_that_is_in_quarantine(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.bad.add(OLD)
    stage.build_lands(OLD)
    stage.settle()
    assert stage.tags_of(OLD) == {QUARANTINE}
    stage.build_lands(NEW)

    stage.settle()

    _check(stage)
    assert {run.state for run in stage.runs("keep_in_quarantine")} == {"done"}


def test_one_that_is_just_being_moved_is_waited_for(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.builder.is_away = True
    stage.build_lands(OLD)
    stage.turn_until(lambda: len(stage.moves()) == 1)
    stage.build_lands(NEW)
    for _ in range(4):
        stage.turn()
    assert stage.states()[OLD] == "moving"

    stage.outside.builder.is_away = False
    stage.settle()

    assert stage.states() == {OLD: "accepted", NEW: "accepted"}
    assert stage.latest("foo") == NEW
    assert stage.moves() == [(OLD, PENDING, TARGET), (NEW, PENDING, TARGET)]


def test_the_rest_of_its_batch_goes_on(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(OLD)
    stage.build_lands(OLD, side_tag="17")
    stage.build_lands("bar-1-1", side_tag="17")
    stage.settle()
    stage.tester.silent.clear()
    stage.build_lands(NEW)

    stage.settle()

    assert stage.states() == {OLD: "superseded", NEW: "accepted", "bar-1-1": "accepted"}


def test_an_older_build_that_comes_late_never_becomes_the_latest(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.is_in_rawhide(NEW)
    stage.build_lands(OLD)

    stage.settle()

    assert stage.states(OLD) == {OLD: "superseded"}
    assert stage.latest("foo") == NEW
    assert stage.tags_of(OLD) == set()


def test_an_older_build_that_comes_back_after_the_newer_one_went_through_is_not_tested(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(NEW)
    stage.settle()
    asked = len(stage.said("gate.batch.testing"))
    stage.build_lands(OLD)

    stage.settle()

    assert stage.states() == {OLD: "superseded", NEW: "accepted"}
    assert len(stage.said("gate.batch.testing")) == asked
    (said,) = stage.said("gate.build.superseded")
    assert (said["nvr"], said["by"]) == (OLD, NEW)


def test_a_newer_build_that_was_taken_out_of_the_target_again_makes_nobody_outdated(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(NEW)
    stage.settle()
    stage.move_by_hand(NEW, TARGET, None)
    stage.build_lands(OLD)

    stage.settle()

    assert stage.states() == {OLD: "accepted", NEW: "accepted"}
    assert stage.latest("foo") == OLD


def test_newer_is_what_rpm_says(make_gate: MakeGate) -> None:
    older, newer = "foo-1.9-1", "foo-1.10-1"
    stage = make_gate()
    stage.tester.silent.add(newer)
    stage.build_lands(newer)
    stage.settle()
    stage.build_lands(older)
    stage.settle()

    assert stage.states(older) == {older: "superseded"}


def test_a_newer_bad_build_keeps_the_older_one_out_too(make_gate: MakeGate) -> None:
    """Its packager gave the older one up; who wants it all the same drops the newer one and tags it again."""
    stage = make_gate()
    stage.tester.silent.add(OLD)
    stage.build_lands(OLD)
    stage.settle()
    stage.tester.bad.add(NEW)
    stage.build_lands(NEW)

    stage.settle()

    assert stage.states() == {OLD: "superseded", NEW: "quarantined"}


def test_a_newer_build_that_somebody_put_away_does_not_leave_the_older_one_behind(make_gate: MakeGate) -> None:
    """It had no batch yet, so nobody would take the older one out of its tag."""
    stage = make_gate(gate={"batching": {"same_submitter": "30m", "dependencies": False}})
    stage.tester.silent.add(OLD)
    stage.build_lands(OLD)
    stage.settle()
    stage.build_lands(NEW)
    stage.turn()
    assert stage.states() == {OLD: "superseded", NEW: "arrived"}

    stage.move_by_hand(NEW, PENDING, QUARANTINE)
    stage.settle()
    stage.wait(minutes=20)

    assert stage.states() == {OLD: "superseded", NEW: "quarantined"}
    assert stage.tags_of(OLD) == set()
