"""Builds land in rawhide-pending, are tested, and the good ones move to rawhide."""

from tests.stage.gate_configuration import PENDING, TARGET
from tests.stories.conftest import MakeGate

FOO, BAR = "foo-1.2-1", "bar-3.0-1"


def test_a_build_that_lands_is_tested_and_moves_to_rawhide(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(FOO, owner="alice")

    stage.settle()

    assert stage.tags_of(FOO) == {TARGET}
    assert stage.states() == {FOO: "accepted"}
    assert stage.tester.rounds == [(FOO,)]
    assert stage.moves() == [(FOO, PENDING, TARGET)]


def test_a_build_whose_message_is_lost_is_found_by_the_poll(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.in_silence(lambda: stage.build_lands(FOO))

    stage.settle()

    assert stage.tags_of(FOO) == {TARGET}


def test_a_result_whose_message_is_lost_is_found_by_the_poll(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(FOO)
    stage.build_lands(FOO)
    stage.settle()
    assert stage.tags_of(FOO) == {PENDING}

    stage.tester.silent.clear()
    stage.in_silence(stage.tester.work)
    stage.settle()

    assert stage.tags_of(FOO) == {TARGET}


def test_two_builds_of_nobody_in_particular_do_not_wait_for_each_other(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(FOO)
    stage.build_lands(FOO)
    stage.build_lands(BAR)

    stage.settle()

    assert stage.tags_of(BAR) == {TARGET}
    assert stage.tags_of(FOO) == {PENDING}
    assert sorted(stage.tester.rounds) == [(BAR,), (FOO,)]


def test_builds_of_one_side_tag_go_together(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands(FOO, side_tag="17", owner="alice")
    stage.build_lands(BAR, side_tag="17", owner="bob")

    stage.settle()

    assert stage.tester.rounds == [(BAR, FOO)]
    assert stage.states() == {FOO: "accepted", BAR: "accepted"}


def test_builds_of_one_submitter_within_some_minutes_go_together(make_gate: MakeGate) -> None:
    stage = make_gate(gate={"batching": {"same_submitter": "10m", "dependencies": False}})
    stage.build_lands(FOO, owner="alice")
    stage.turn()
    stage.clock.pass_by(minutes=4)
    stage.build_lands(BAR, owner="alice")
    stage.build_lands("baz-1-1", owner="bob")

    stage.settle()

    assert (BAR, FOO) in stage.tester.rounds
    assert ("baz-1-1",) in stage.tester.rounds
    assert len(stage.tester.rounds) == 2


def test_builds_of_one_submitter_hours_apart_go_alone(make_gate: MakeGate) -> None:
    stage = make_gate(gate={"batching": {"same_submitter": "10m", "dependencies": False}})
    stage.build_lands(FOO, owner="alice")
    stage.settle()
    stage.clock.pass_by(hours=2)
    stage.build_lands(BAR, owner="alice")

    stage.settle()

    assert stage.tester.rounds == [(FOO,), (BAR,)]


def test_a_build_that_comes_back_after_it_left_is_tested_again(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(FOO)
    stage.build_lands(FOO)
    stage.settle()
    stage.move_by_hand(FOO, PENDING, None)
    stage.settle()

    stage.tester.silent.clear()
    stage.move_by_hand(FOO, None, PENDING)
    stage.settle()

    assert stage.states() == {FOO: "accepted"}
    assert stage.row(FOO).tries == 2
