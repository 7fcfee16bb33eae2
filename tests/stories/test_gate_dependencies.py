"""Rawhide stays closed under dependencies, and what belongs together goes together."""

from tests.stage.gate_configuration import PENDING, QUARANTINE, TARGET
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate

OLD, NEW = "libfoo-1.0-1", "libfoo-2.0-1"
APP, REBUILT = "app-1.0-1", "app-1.0-2"
TOOL = "tool-3-1"


def a_soname(make_gate: MakeGate, **gate: object) -> GateStage:
    stage = make_gate(has_repos=True, gate=gate)
    stage.is_in_rawhide(OLD, provides=["libfoo.so.1"])
    stage.is_in_rawhide(APP, requires=["libfoo.so.1"])
    stage.is_in_rawhide("other-1-1")
    return stage


def test_a_new_soname_goes_through_together_with_the_rebuilt_dependants(make_gate: MakeGate) -> None:
    stage = a_soname(make_gate)
    stage.build_lands(NEW, provides=["libfoo.so.2"], owner="alice")
    stage.build_lands(REBUILT, requires=["libfoo.so.2"], owner="bob")

    stage.settle()

    assert stage.states() == {NEW: "accepted", REBUILT: "accepted"}
    assert (REBUILT, NEW) in stage.tester.rounds
    assert stage.latest("libfoo") == NEW
    assert stage.latest("app") == REBUILT


def test_what_mends_it_counts_although_it_came_while_the_machine_was_dead_beyond_the_deadline(
    make_gate: MakeGate,
) -> None:
    stage = a_soname(make_gate, wait_for_dependants="1h")
    stage.build_lands(NEW, provides=["libfoo.so.2"], owner="alice")
    stage.settle()
    stage.bus_is_cut = True
    stage.build_lands(REBUILT, requires=["libfoo.so.2"], owner="bob")
    stage.clock.pass_by(hours=3)
    stage.restart()
    stage.settle()

    assert stage.states() == {NEW: "accepted", REBUILT: "accepted"}


def test_a_build_that_requires_what_nobody_provides_never_moves(make_gate: MakeGate) -> None:
    stage = a_soname(make_gate, wait_for_dependants="1h")
    stage.build_lands(TOOL, requires=["libbar.so.1"])

    stage.settle()
    stage.wait(hours=2)
    stage.wait(minutes=3)

    assert stage.tags_of(TOOL) == {QUARANTINE}
    assert "libbar.so.1" in stage.row(TOOL).reason


def test_who_is_not_concerned_does_not_wait_for_the_soname(make_gate: MakeGate) -> None:
    stage = a_soname(make_gate)
    stage.build_lands(NEW, provides=["libfoo.so.2"])
    stage.build_lands(TOOL)

    for _ in range(8):
        stage.turn()

    assert stage.tags_of(TOOL) == {TARGET}
    assert stage.tags_of(NEW) == {PENDING}


def test_a_new_build_of_a_dependant_that_is_not_made_for_the_soname_goes_its_own_way(make_gate: MakeGate) -> None:
    stage = a_soname(make_gate)
    stage.build_lands(NEW, provides=["libfoo.so.2"])
    stage.settle()
    stage.build_lands(REBUILT, requires=["libfoo.so.1"])

    stage.settle()

    assert stage.states() == {NEW: "testing", REBUILT: "accepted"}


def test_many_rebuilt_dependants_go_through_together_with_their_library(make_gate: MakeGate) -> None:
    stage = a_soname(make_gate)
    rebuilt = [f"{name}-2-1" for name in ("app", "tool", "web")]
    for name in ("tool", "web"):
        stage.is_in_rawhide(f"{name}-1-1", requires=["libfoo.so.1"])
    for nvr in rebuilt:
        stage.build_lands(nvr, requires=["libfoo.so.2"])
    stage.settle()
    stage.build_lands(NEW, provides=["libfoo.so.2"])

    stage.settle()

    assert stage.states() == dict.fromkeys([*rebuilt, NEW], "accepted")
    assert len(stage.runs("gate_rawhide")) == len(rebuilt) + 2


def test_who_came_together_with_the_soname_and_has_no_part_in_it_does_not_wait(make_gate: MakeGate) -> None:
    stage = a_soname(make_gate, batching={"same_submitter": "10m"})
    stage.build_lands(NEW, provides=["libfoo.so.2"])
    stage.build_lands(TOOL)
    stage.build_lands("user-1-1", requires=["libfoo.so.2"])
    stage.wait(minutes=11)
    stage.settle()

    assert stage.states() == {NEW: "testing", TOOL: "accepted", "user-1-1": "testing"}


def test_an_older_break_of_rawhide_keeps_nobody_out(make_gate: MakeGate) -> None:
    stage = a_soname(make_gate)
    stage.is_in_rawhide("broken-1-1", requires=["libnobody.so.9"])
    stage.build_lands(TOOL)

    stage.settle()

    assert stage.tags_of(TOOL) == {TARGET}
