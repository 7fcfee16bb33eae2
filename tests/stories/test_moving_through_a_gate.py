"""How do good builds come through a gate: in one go, in order, each once, and what holds them before it?"""

from collections.abc import Sequence
from typing import Any

import pytest

from relengotron.model.gated import BuildState
from relengotron.model.run import Run, RunState
from relengotron.systems.mischief import Kind, Rule
from tests.stage.gate_configuration import GATE, PENDING, QUARANTINE, TARGET
from tests.stage.gate_stage import GateStage
from tests.stage.outside import methods_in
from tests.stories.conftest import MakeGate

TOGETHER = {"batching": {"same_submitter": "30s"}}
A, B, C = "a-1-1.fc26", "b-1-1.fc26", "c-1-1.fc26"


def the_batch(stage: GateStage) -> Run:
    return stage.runs("gate_rawhide")[0]


def why(stage: GateStage) -> str:
    return the_batch(stage).reason


def said(stage: GateStage, topic: str) -> list[dict[str, Any]]:
    ours = {each["msg_id"]: each for each in stage.bus.sent if each["topic"].endswith(f".relengotron.gate.{topic}")}
    return [each["msg"] for each in ours.values()]


def landed(stage: GateStage, *builds: str) -> None:
    for nvr in builds:
        stage.build_lands(nvr)
    stage.settle()


# -- good batches ------------------------------------------------------------------------------------------------------


def test_all_builds_of_a_batch_move_in_one_request_and_each_once(make_gate: MakeGate) -> None:
    stage = make_gate(gate=TOGETHER)
    landed(stage, A, B, C)
    assert sorted(stage.moves()) == [(nvr, PENDING, TARGET) for nvr in (A, B, C)]
    asked = [each for each in stage.outside.koji.calls if "moveBuild" in methods_in(each)]
    assert len(asked) == 1
    assert set(stage.states().values()) == {"accepted"}


def test_a_build_costs_koji_three_requests(make_gate: MakeGate) -> None:
    stage = make_gate(gate={"regenerate": []})
    landed(stage, A)
    stage.outside.koji.forget_calls()
    landed(stage, B)
    asked = [set(methods_in(each)) - {"multiCall"} for each in stage.outside.koji.calls]
    ours = [each for each in asked if not each & {"getLastEvent", "queryHistory", "getTaskInfo"}]
    assert [each for each in ours if each != {"listTagged"}] == [
        {"checkTagAccess", "checkTagPackage", "listTags", "listTagged", "evalPolicy"},
        {"moveBuild"},
        {"listTags"},
    ]


def test_builds_that_move_at_the_same_time_are_looked_for_together(make_gate: MakeGate) -> None:
    stage = make_gate(gate={"regenerate": []})
    stage.outside.koji.forget_calls()
    landed(stage, A, B, C)
    looks = [each for each in stage.outside.koji.calls if set(methods_in(each)) == {"multiCall", "listTags"}]
    assert len(looks) == 1


def test_what_somebody_moved_by_hand_is_a_success(make_gate: MakeGate) -> None:
    stage = make_gate(gate=TOGETHER)
    stage.tester.silent |= {A, B}
    landed(stage, A, B)
    stage.move_by_hand(A, PENDING, TARGET)
    stage.tester.silent.clear()
    stage.settle()
    assert stage.states() == {A: "accepted", B: "accepted"}
    assert [each["nvr"] for each in said(stage, "build.accepted")] == [A, B]
    assert [nvr for nvr, _, _ in stage.moves()] == [B]


@pytest.mark.crash
def test_what_was_tagged_into_the_target_besides_is_taken_out_of_the_pending_tag(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(A)
    landed(stage, A)
    stage.move_by_hand(A, None, TARGET)
    stage.tester.silent.clear()
    stage.settle()
    assert (stage.tags_of(A), stage.states()) == ({TARGET}, {A: "accepted"})
    assert stage.moves() == []


@pytest.mark.parametrize("tag", [None, QUARANTINE])
def test_what_left_by_hand_is_let_go_and_the_others_go_on(make_gate: MakeGate, tag: str | None) -> None:
    stage = make_gate(gate=TOGETHER)
    stage.tester.silent.add(A)
    landed(stage, A, B)
    stage.move_by_hand(A, PENDING, tag)
    stage.tester.silent.clear()
    stage.settle()
    assert stage.states() == {A: "gone" if tag is None else "quarantined", B: "accepted"}
    assert [each["nvr"] for each in said(stage, "build.gone" if tag is None else "build.quarantined")] == [A]


def test_a_downgrade_is_superseded_by_what_the_target_has(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.is_in_rawhide("a-2-1.fc26")
    landed(stage, A)
    assert (stage.states(), stage.tags_of(A)) == ({A: "superseded"}, set())
    assert [each["by"] for each in said(stage, "build.superseded")] == ["a-2-1.fc26"]


def test_a_newer_build_takes_the_older_one_out_of_the_tags(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(A)
    landed(stage, A)
    landed(stage, "a-2-1.fc26")
    assert stage.states() == {A: "superseded", "a-2-1.fc26": "accepted"}
    assert (stage.tags_of(A), stage.latest("a")) == (set(), "a-2-1.fc26")
    assert [(each["nvr"], each["by"]) for each in said(stage, "build.superseded")] == [(A, "a-2-1.fc26")]


def test_an_answer_that_is_lost_moves_nothing_twice(make_gate: MakeGate) -> None:
    stage = make_gate(gate=TOGETHER)
    stage.outside.koji.misbehave(Rule(Kind.LOST_ANSWER, body="moveBuild"))
    landed(stage, A, B)
    assert stage.states() == {A: "accepted", B: "accepted"}
    assert len(stage.moves()) == 2


# -- what holds them ---------------------------------------------------------------------------------------------------


def test_a_closed_gate_holds_good_builds_and_is_told_once(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.says("gate.close", gate=GATE, reason="mass rebuild", until=None)
    landed(stage, A, B)
    assert [each.state for each in stage.runs("gate_rawhide")] == [RunState.HELD] * 2
    assert "gate rawhide is closed until somebody opens it, by ralph: mass rebuild" in why(stage)
    assert (len(said(stage, "closed")), said(stage, "batch.hold"), stage.moves()) == (1, [], [])
    stage.says("gate.open", gate=GATE, reason="done")
    stage.settle()
    assert set(stage.states().values()) == {"accepted"}


def test_two_people_let_a_build_through_a_closed_gate(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.says("gate.close", gate=GATE, reason="mass rebuild", until=None)
    stage.tester.silent |= {A, B}
    landed(stage, A, B)
    for agent in ("ralph", "kevin"):
        stage.says("gate.pass", agent, gate=GATE, builds=[A], reason="it mends booting")
    stage.settle()
    assert stage.states() == {A: "accepted", B: "testing"}
    assert sorted(said(stage, "build.accepted")[0]["passed_by"]) == ["kevin", "ralph"]


def test_koji_says_no_and_is_quoted(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.hub.call("admin", "editTag2", TARGET, locked=True)
    landed(stage, A)
    assert why(stage) == f"Koji lets nobody move {A}: {TARGET}: tag is locked"
    (held,) = said(stage, "batch.hold")
    assert held["command"] == f"relengotron runs retry {the_batch(stage).id}"
    assert stage.moves() == []
    stage.outside.hub.call("admin", "editTag2", TARGET, locked=False)
    stage.wait(minutes=10)
    assert stage.states() == {A: "accepted"}


def test_a_policy_of_koji_that_says_no_is_quoted_also_to_people_in_an_emergency(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.change_policies({"tag": f"has_perm admin :: allow\ntag {TARGET} :: deny rawhide is shut"})
    for agent in ("ralph", "kevin"):
        stage.says("gate.pass", agent, gate=GATE, builds=[A], reason="it mends booting")
    landed(stage, A)
    assert f"policy for {A}: deny rawhide is shut" in why(stage)
    assert stage.moves() == []


# -- moves that fail ---------------------------------------------------------------------------------------------------


def _fail(stage: GateStage, trouble: str) -> None:
    stage.outside.builder.trouble["tagBuild"] = trouble


def test_a_move_that_failed_says_why_and_is_made_again_by_a_retry(make_gate: MakeGate) -> None:
    stage = make_gate()
    _fail(stage, "the disk is full")
    landed(stage, A)
    assert the_batch(stage).state is RunState.HELD
    assert "the disk is full" in why(stage)
    stage.outside.builder.trouble.clear()
    stage.wish("retry", the_batch(stage))
    stage.settle()
    assert stage.states() == {A: "accepted"}


def test_a_batch_that_moved_in_part_says_what_is_where(make_gate: MakeGate) -> None:
    stage = make_gate(gate=TOGETHER)
    _fail(stage, "leave")
    landed(stage, A, B)
    tasks = [row["id"] for row in stage.outside.hub.call(None, "listTasks", {"method": "tagBuild"}, {"order": "id"})]
    stage.outside.hub.call("admin", "cancelTask", tasks[1])
    stage.outside.builder.trouble.clear()
    stage.settle()
    assert (stage.row(A).state, stage.row(B).state) == (BuildState.ACCEPTED, BuildState.MOVING)
    assert why(stage).endswith(f"Koji task {tasks[1]} was cancelled; in {TARGET} already: {A}")
    stage.wish("retry", the_batch(stage))
    stage.settle()
    assert (the_batch(stage).state, stage.states()) == (RunState.DONE, {A: "accepted", B: "accepted"})
    assert [each["nvr"] for each in said(stage, "build.accepted")] == [A, B]


@pytest.mark.crash
def test_a_move_that_failed_although_the_build_arrived_is_a_success(make_gate: MakeGate) -> None:
    stage = make_gate()
    _fail(stage, "leave")
    landed(stage, A)
    stage.move_by_hand(A, PENDING, TARGET)
    stage.outside.builder.trouble.clear()
    stage.settle()
    assert stage.states() == {A: "accepted"}
    assert the_batch(stage).state is RunState.DONE


@pytest.mark.crash
def test_a_task_that_nobody_takes_is_told_when_the_patience_is_over(make_gate: MakeGate) -> None:
    stage = make_gate()
    _fail(stage, "leave")
    landed(stage, A)
    stage.wait(hours=25)
    assert the_batch(stage).state is RunState.HELD
    assert f"{A}: Koji task" in why(stage)


def test_two_builds_of_one_package_move_one_after_the_other(make_gate: MakeGate) -> None:
    stage = make_gate()
    _fail(stage, "leave")
    landed(stage, A)
    stage.build_lands("a-2-1.fc26")
    stage.turn_until(lambda: any(f"{A} of another batch first" in each.reason for each in stage.runs("gate_rawhide")))
    stage.outside.builder.trouble.clear()
    stage.wait(minutes=5)
    assert stage.states() == {A: "accepted", "a-2-1.fc26": "accepted"}
    assert stage.latest("a") == "a-2-1.fc26"


# -- called off --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moved", [pytest.param((), marks=pytest.mark.crash), (A,)])
def test_builds_of_a_batch_that_is_called_off_come_to_the_gate_once_more(
    make_gate: MakeGate, moved: Sequence[str]
) -> None:
    stage = make_gate(gate=TOGETHER)
    _fail(stage, "leave")
    landed(stage, A, B)
    first = the_batch(stage)
    if moved:
        tasks = stage.outside.hub.call(None, "listTasks", {"method": "tagBuild"}, {"order": "id"})
        stage.outside.hub.call("admin", "cancelTask", tasks[1]["id"])
    stage.outside.builder.trouble.clear()
    if moved:
        stage.settle()
    stage.wish("cancel", first)
    stage.settle()
    stage.wait(minutes=20)
    assert next(each for each in stage.runs("gate_rawhide") if each.id == first.id).state is RunState.CANCELLED
    assert {row.nvr: (str(row.state), row.tries) for row in stage.rows()} == {A: ("accepted", 2), B: ("accepted", 2)}
    (told,) = said(stage, "batch.failed")
    assert told["reason"].endswith("what has not gone through comes to the gate once more")


# -- afterwards --------------------------------------------------------------------------------------------------------


def test_the_build_root_is_made_anew_once_for_all_that_have_moved(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.builder.trouble["newRepo"] = "leave"
    landed(stage, A, B)
    assert stage.repos_asked_for() == 1


def test_a_repo_that_we_may_not_ask_for_holds_the_batch_after_its_builds_are_through(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.hub.call("admin", "revokePermission", "relengotron", "regen-repo")
    landed(stage, A)
    assert [each["nvr"] for each in said(stage, "build.accepted")] == [A]
    assert (stage.states(), the_batch(stage).state) == ({A: "accepted"}, RunState.HELD)
    assert "regen-repo permission required" in why(stage)


def test_what_is_through_stays_where_users_have_it_when_its_batch_is_called_off(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.hub.call("admin", "revokePermission", "relengotron", "regen-repo")
    landed(stage, A)
    stage.wish("cancel", the_batch(stage))
    stage.settle()
    assert (stage.states(), the_batch(stage).state) == ({A: "accepted"}, RunState.CANCELLED)
    assert (stage.tags_of(A), stage.row(A).tries) == ({TARGET}, 1)


def test_a_gate_that_is_not_configured_any_more_holds_its_batches(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add(A)
    landed(stage, A)
    stage.settings = stage.settings.model_copy(update={"gates": {}})
    stage.restart()
    stage.wait(days=2)
    assert the_batch(stage).state is RunState.HELD
    assert why(stage) == "gate rawhide is not in gates.yaml any more"
