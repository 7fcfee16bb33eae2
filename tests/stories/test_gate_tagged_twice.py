"""Somebody tags a build with Koji's own command and takes it out of no other tag: it goes where they tagged it."""

from tests.stage.gate_configuration import PENDING, QUARANTINE, TARGET
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate

FOO = "foo-1.2-1"


def _is_being_tested(stage: GateStage) -> None:
    stage.tester.silent.add(FOO)
    stage.build_lands(FOO)
    stage.settle()


def test_a_build_under_test_that_is_put_into_quarantine_does_not_go_through(make_gate: MakeGate) -> None:
    stage = make_gate()
    _is_being_tested(stage)
    stage.move_by_hand(FOO, None, QUARANTINE)
    stage.tester.silent.clear()

    stage.settle()

    assert stage.states() == {FOO: "quarantined"}
    assert stage.tags_of(FOO) == {QUARANTINE}


def test_a_build_that_lands_in_both_tags_does_not_go_through(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(FOO)
    stage.move_by_hand(FOO, None, QUARANTINE)

    stage.settle()

    assert stage.states() == {FOO: "quarantined"}
    assert stage.tags_of(FOO) == {QUARANTINE}


def test_a_build_in_quarantine_that_is_put_before_the_gate_is_tested_anew(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.bad.add(FOO)
    stage.build_lands(FOO)
    stage.settle()
    stage.tester.bad.clear()
    stage.move_by_hand(FOO, None, PENDING)

    stage.settle()

    assert stage.states() == {FOO: "accepted"}
    assert stage.tags_of(FOO) == {TARGET}
    assert len(stage.said("gate.build.released")) == 1


def test_a_build_in_the_target_that_is_put_before_the_gate_stays_in_the_target(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(FOO)
    stage.settle()
    stage.move_by_hand(FOO, None, PENDING)

    stage.settle()

    assert stage.states() == {FOO: "accepted"}
    assert stage.tags_of(FOO) == {TARGET}
