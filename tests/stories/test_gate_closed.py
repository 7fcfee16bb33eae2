"""A gate is closed by policy, by people, or by Koji; two people let a build through all the same."""

from tests.stage.gate_configuration import PENDING, TARGET
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate

FOO = "foo-1.2-1"


def close(stage: GateStage, until: str | None = None) -> None:
    stage.says("gate.close", gate="rawhide", reason="the compilers are being replaced", until=until)


def let_through(stage: GateStage, agent: str) -> None:
    stage.says("gate.pass", agent=agent, gate="rawhide", builds=[FOO], reason="the build system is down without it")


def test_a_gate_that_was_closed_until_some_time_opens_by_itself(make_gate: MakeGate) -> None:
    stage = make_gate()
    close(stage, until="2016-11-01T12:00:00+00:00")
    stage.build_lands(FOO)
    stage.settle()
    assert stage.tags_of(FOO) == {PENDING}

    stage.wait(hours=3)

    assert stage.tags_of(FOO) == {TARGET}


def test_one_person_twice_is_one_person(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(FOO)
    stage.build_lands(FOO)
    stage.settle()

    let_through(stage, "ralph")
    let_through(stage, "root, by sudo from ralph")
    let_through(stage, "ralph")
    stage.settle()

    assert stage.tags_of(FOO) == {PENDING}


def test_a_locked_tag_is_quoted_and_waited_for(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.hub.call("admin", "editTag2", TARGET, locked=True)
    stage.build_lands(FOO)
    stage.settle()
    (run,) = stage.runs("gate_rawhide")
    hold = stage.hold(run)
    assert hold is not None
    assert "locked" in " ".join(hold.missing)

    stage.outside.hub.call("admin", "editTag2", TARGET, locked=False)
    stage.wait(hours=2)

    assert stage.tags_of(FOO) == {TARGET}
