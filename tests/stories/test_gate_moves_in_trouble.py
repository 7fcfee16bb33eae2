"""What becomes of moves through a gate when answers are lost, tasks fail, or people change the world meanwhile?"""

from typing import Any

import pytest

from relengotron.bootstrap import procedures
from relengotron.engine.journal import gate_orders
from relengotron.model.gated import Closing
from relengotron.model.run import RunState
from relengotron.systems.koji.simulated.call import EXPOSED
from relengotron.systems.mischief import Kind, Rule
from tests.stage.gate_configuration import ARCH, BUILD_ROOT, GATE, PENDING, QUARANTINE, TARGET
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate

OLD, NEW, NEWEST = "a-1-1.fc26", "a-2-1.fc26", "a-3-1.fc26"
B = "b-1-1.fc26"
PLAIN: dict[str, Any] = {"regenerate": []}


def land(stage: GateStage, *builds: str) -> None:
    for nvr in builds:
        stage.build_lands(nvr)
    stage.settle()


def trouble(stage: GateStage, words: str) -> None:
    stage.outside.builder.trouble["tagBuild"] = words


def close(stage: GateStage) -> None:
    stage.says("gate.close", gate=GATE, reason="Koji is sick", until=None)


# -- answers that are lost ---------------------------------------------------------------------------------------------


def test_an_older_build_is_told_of_although_nobody_heard_that_it_was_untagged(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    stage.tester.silent.add(OLD)
    land(stage, OLD)
    stage.outside.koji.misbehave(Rule(Kind.LOST_ANSWER, body="untagBuild"))
    land(stage, NEW)
    assert (stage.states(), stage.tags_of(OLD)) == ({OLD: "superseded", NEW: "accepted"}, set())
    assert [(each["nvr"], each["by"]) for each in stage.said("gate.build.superseded")] == [(OLD, NEW)]


def test_what_the_target_superseded_was_taken_out_by_nobody_else(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    stage.is_in_rawhide(NEW)
    stage.outside.koji.misbehave(Rule(Kind.LOST_ANSWER, body="untagBuild"))
    land(stage, OLD)
    assert stage.states() == {OLD: "superseded"}
    assert [(each["nvr"], each["by"]) for each in stage.said("gate.build.superseded")] == [(OLD, NEW)]
    assert stage.said("gate.build.gone") == []


def test_a_move_that_was_never_heard_of_is_ours_all_the_same(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    stage.outside.koji.misbehave(Rule(Kind.LOST_ANSWER, body="moveBuild"))
    stage.outside.koji.misbehave(Rule(Kind.REFUSED, body="listTasks", times=6))
    land(stage, OLD)
    assert stage.row(OLD).reason == f"it was moved to {TARGET}"
    assert len(stage.moves()) == 1


# -- moves that nobody asked for again ---------------------------------------------------------------------------------


@pytest.mark.crash
def test_a_retry_while_a_task_is_slow_does_not_make_it_somebody_elses(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    trouble(stage, "leave")
    land(stage, OLD)
    stage.wait(hours=25)
    (run,) = stage.runs("gate_rawhide")
    assert run.state is RunState.HELD
    stage.wish("retry", run)
    stage.wait(minutes=5)
    stage.outside.builder.trouble.clear()
    stage.settle()
    assert (stage.states(), len(stage.moves())) == ({OLD: "accepted"}, 1)
    (told,) = stage.said("gate.build.accepted")
    assert told["reason"] == f"it was moved to {TARGET}"
    assert told["koji_task_id"] is not None


def test_a_newer_build_supersedes_one_whose_move_has_failed(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    trouble(stage, "the disk is full")
    land(stage, OLD)
    assert [run.state for run in stage.runs("gate_rawhide")] == [RunState.HELD]
    stage.outside.builder.trouble.clear()
    land(stage, NEW)
    stage.wait(minutes=5)
    assert stage.states() == {OLD: "superseded", NEW: "accepted"}
    assert stage.tags_of(OLD) == set()
    assert {run.state for run in stage.runs("gate_rawhide")} == {RunState.DONE}
    assert [(each["nvr"], each["by"]) for each in stage.said("gate.build.superseded")] == [(OLD, NEW)]


@pytest.mark.crash
def test_a_refusal_that_koji_gives_only_when_it_is_asked_to_move_is_told_once(
    make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So do very old hubs, which have no previews."""
    stage = make_gate(gate=PLAIN)
    monkeypatch.delitem(EXPOSED, "evalPolicy")
    stage.outside.change_policies({"tag": f"has_perm admin :: allow\ntag {TARGET} :: deny rawhide is shut"})
    land(stage, OLD)
    stage.wait(minutes=20)
    (told,) = stage.said("gate.batch.hold")
    assert "rawhide is shut" in told["reason"]
    close(stage)
    stage.wait(minutes=5)
    stage.outside.change_policies({"tag": "all :: allow"})
    stage.wait(minutes=5)
    assert (stage.states(), stage.moves()) == ({OLD: "testing"}, [])
    assert len(stage.said("gate.batch.hold")) == 1


# -- what changes between the look and the move ------------------------------------------------------------------------


@pytest.mark.crash
def test_a_gate_that_is_closed_while_a_batch_waits_for_another_lets_it_not_through(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    trouble(stage, "leave")
    land(stage, OLD)
    stage.build_lands(NEW)
    stage.turn_until(lambda: any(f"{OLD} of another batch first" in run.reason for run in stage.runs("gate_rawhide")))
    close(stage)
    stage.outside.builder.trouble.clear()
    stage.settle()
    assert stage.states() == {OLD: "accepted", NEW: "testing"}
    assert stage.moves() == [(OLD, PENDING, TARGET)]


def test_a_gate_that_is_closed_while_a_batch_waits_for_its_turn_lets_it_not_through(
    make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = make_gate(gate=PLAIN)

    class Turn:
        """Somebody closes the gate while others decide."""

        def __enter__(self) -> None:
            closing = Closing(GATE, "ralph", "Koji is sick", stage.clock())
            with stage.machine.database.write() as db:
                gate_orders.close(db, closing)

        def __exit__(self, *_trouble: object) -> None:
            """The next one decides."""

    monkeypatch.setattr(procedures, "Lock", Turn)
    stage.restart()
    land(stage, OLD)
    assert (stage.states(), stage.moves()) == ({OLD: "testing"}, [])


def test_a_gate_that_is_closed_while_koji_takes_no_moves_lets_nothing_through(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    stage.outside.koji.misbehave(Rule(Kind.REFUSED, body="moveBuild", times=8))
    stage.build_lands(OLD)
    stage.turn_until(lambda: stage.states() == {OLD: "moving"})
    close(stage)
    stage.wait(minutes=30)
    assert (stage.states(), stage.moves()) == ({OLD: "testing"}, [])
    (run,) = stage.runs("gate_rawhide")
    assert "is closed until somebody opens it" in run.reason
    stage.says("gate.open", gate=GATE, reason="it is well")
    stage.settle()
    assert (stage.states(), len(stage.moves())) == ({OLD: "accepted"}, 1)


def test_a_retry_asks_first_whether_the_build_is_still_the_newest(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    trouble(stage, "the disk is full")
    land(stage, OLD)
    stage.outside.builder.trouble.clear()
    stage.build_lands(NEW, into=TARGET)
    stage.wait(minutes=5)
    stage.wish("retry", stage.runs("gate_rawhide")[0])
    stage.settle()
    assert stage.latest("a") == NEW
    assert stage.states(OLD) == {OLD: "superseded"}


def test_what_people_let_through_does_not_wait_for_the_move_that_failed_before(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    stage.tester.bad.add(OLD)
    trouble(stage, "the disk is full")
    land(stage, OLD)
    assert stage.runs("gate_rawhide")[0].state is RunState.HELD
    stage.outside.builder.trouble.clear()
    for agent in ("ralph", "kevin"):
        stage.says("gate.pass", agent, gate=GATE, builds=[OLD], reason="it mends booting")
    stage.settle()
    stage.wait(minutes=5)
    assert stage.states() == {OLD: "accepted"}


@pytest.mark.crash
def test_who_is_let_through_while_koji_moves_it_away_stays_in_quarantine_with_its_reason(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN)
    stage.tester.bad.add(OLD)
    trouble(stage, "leave")
    stage.build_lands(OLD)
    stage.turn_until(lambda: len(stage.moves()) == 1)
    for agent in ("ralph", "kevin"):
        stage.says("gate.pass", agent, gate=GATE, builds=[OLD], reason="it mends booting")
    stage.settle()
    stage.outside.builder.trouble.clear()
    stage.settle()
    assert stage.moves() == [(OLD, PENDING, QUARANTINE)]
    assert stage.row(OLD).state == "quarantined"
    assert "by hand" not in stage.row(OLD).reason


# -- what is asked before ----------------------------------------------------------------------------------------------


def test_a_batch_is_not_torn_apart_by_a_package_that_may_not_be_in_the_target(make_gate: MakeGate) -> None:
    stage = make_gate(gate=PLAIN | {"batching": {"same_submitter": "30s"}})
    for nvr in (OLD, B):
        stage.make(nvr)
    stage.outside.hub.call("admin", "packageListBlock", TARGET, "b")
    for nvr in (OLD, B):
        stage.outside.hub.call("admin", "tagBuildBypass", PENDING, nvr)
    stage.settle()
    (run,) = stage.runs("gate_rawhide")
    assert run.reason == f"Koji lets nobody move {B}: package b is not in the list of {TARGET}, or blocked there"
    assert stage.moves() == []
    stage.outside.hub.call("admin", "packageListUnblock", TARGET, "b")
    stage.wait(minutes=10)
    assert set(stage.states().values()) == {"accepted"}


# -- the repo afterwards -----------------------------------------------------------------------------------------------


def repos_of(stage: GateStage, tag: str) -> int:
    rows = stage.outside.hub.call(None, "listTasks", {"method": "newRepo", "decode": True}, {"order": "id"})
    return sum(row["request"][0] == tag for row in rows)


@pytest.mark.crash
def test_the_repo_of_a_tag_with_a_longer_name_is_not_taken_for_the_lost_one(make_gate: MakeGate) -> None:
    longer = f"{BUILD_ROOT}-bootstrap"
    stage = make_gate(gate={"regenerate": [longer, BUILD_ROOT]})
    stage.outside.hub.call("admin", "createTag", longer, arches=ARCH)
    stage.outside.koji.misbehave(Rule(Kind.REFUSED, body="<methodName>newRepo", skip=1))
    land(stage, OLD)
    assert (repos_of(stage, longer), repos_of(stage, BUILD_ROOT)) == (1, 1)


@pytest.mark.crash
def test_a_repo_of_somebody_else_that_failed_is_not_the_one_that_was_wanted(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.koji.misbehave(Rule(Kind.REFUSED, body="listTasks", times=None))
    stage.build_lands(OLD)
    stage.turn_until(lambda: stage.states() == {OLD: "accepted"})
    stage.wait(minutes=3)
    stage.outside.builder.trouble["newRepo"] = "the disk is full"
    stage.outside.hub.call("admin", "newRepo", BUILD_ROOT)
    stage.turn()
    stage.outside.builder.trouble.clear()
    stage.outside.koji.behave()
    stage.wait(minutes=10)
    assert repos_of(stage, BUILD_ROOT) == 2
