"""Who goes into quarantine when a batch fails, how soon are all others through, and who is never suspected?"""

from datetime import datetime, timedelta
from math import ceil, log2
from typing import Any

import pytest

from relengotron.engine.journal import gated
from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH, CONTEXT, BuildState
from relengotron.model.run import Run, RunState
from relengotron.systems.koji.client import KojiHub
from relengotron.systems.mischief import Kind, Rule
from relengotron.workflows.gating import arriving
from tests.stage.gate_configuration import (
    BATCH_TEST,
    BUILD_TEST,
    GATE,
    PENDING,
    PRODUCT,
    QUARANTINE,
    TARGET,
    freeze,
    policies,
)
from tests.stage.gate_stage import PACKAGER, GateStage
from tests.stage.quarantined import by_somebody_else
from tests.stories.conftest import MakeGate

NAMES = tuple(f"pkg{number}-1-1.fc26" for number in range(4))
TOGETHER = {"batching": {"same_submitter": "5m"}}


def a_gate(make_gate: MakeGate, **more: Any) -> GateStage:
    """Everything that one packager brings within five minutes goes together."""
    return make_gate(gate=TOGETHER, **more)


def land(stage: GateStage, *nvrs: str) -> None:
    for nvr in nvrs:
        stage.build_lands(nvr)
    stage.settle()


def batches(stage: GateStage) -> list[Run]:
    return stage.runs("gate_rawhide")


def quarantined(stage: GateStage) -> list[str]:
    return sorted(nvr for nvr, state in stage.states().items() if state == "quarantined")


def accepted(stage: GateStage) -> list[str]:
    return sorted(nvr for nvr, state in stage.states().items() if state == "accepted")


def names_in(message: dict[str, Any]) -> list[str]:
    return [each["nvr"] for each in message["builds"]]


def others(*nvrs: str) -> list[str]:
    return sorted(set(NAMES) - set(nvrs))


def held(stage: GateStage) -> tuple[Run, tuple[str, ...], str, str]:
    """The one batch that waits for people: for what, for whom, and the command."""
    [run] = [run for run in batches(stage) if run.state is RunState.HELD]
    hold = stage.hold(run)
    assert hold is not None
    return run, hold.missing, hold.owner, hold.command


def test_the_one_who_breaks_a_batch_is_found_in_a_logarithm_of_rounds(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    stage.tester.guilty = {frozenset({NAMES[3]})}
    land(stage, *NAMES)

    assert quarantined(stage) == [NAMES[3]]
    assert accepted(stage) == others(NAMES[3])
    assert stage.tags_of(NAMES[3]) == {QUARANTINE}
    rounds = [body["round"] for body in stage.said("gate.batch.testing")]
    assert max(rounds) == 1 + ceil(log2(len(NAMES)))
    told = stage.said("gate.batch.failed")
    assert [body["reason"].partition(" (round")[2] for body in told[:2]] == [" 1 of at most 3)", " 2 of at most 3)"]
    assert [each["nvr"] for each in told[-1]["suspects"]] == [NAMES[3]]
    [message] = stage.said("gate.build.quarantined")
    assert message["packager"] == PACKAGER
    assert message["testcases"] == [BATCH_TEST]
    assert message["command"] == f"relengotron quarantine release {NAMES[3]} --gate {GATE} --reason TEXT"


def test_builds_that_the_failed_test_names_go_at_once_and_the_rest_is_tried_once_more(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    stage.tester.guilty, stage.tester.names_them = {frozenset({NAMES[1]}), frozenset({NAMES[2]})}, True
    land(stage, *NAMES)

    assert quarantined(stage) == [NAMES[1], NAMES[2]]
    assert accepted(stage) == others(NAMES[1], NAMES[2])
    assert len(stage.tester.rounds) == 2


@pytest.mark.crash
def test_of_two_that_break_one_another_one_comes_through(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    stage.tester.guilty = {frozenset({NAMES[0], NAMES[2]})}
    land(stage, *NAMES)

    [kept] = quarantined(stage)
    assert kept in (NAMES[0], NAMES[2])
    assert accepted(stage) == others(kept)


@pytest.mark.crash
def test_a_test_that_fails_once_for_nothing_keeps_nobody(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    stage.tester.flaky = {" ".join(NAMES): ["FAILED"]}
    land(stage, *NAMES)

    assert accepted(stage) == list(NAMES)
    assert max(body["round"] for body in stage.said("gate.batch.testing")) == 3


def test_testers_are_called_once_in_each_round_with_what_they_need(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    land(stage, NAMES[0], NAMES[1])

    [message] = stage.said("gate.batch.testing")
    assert message["item"] == f"{message['batch']}.1"
    assert message["tests"] == [
        {"testcase": BUILD_TEST, "type": BUILD, "scenario": None, "items": [NAMES[0], NAMES[1]]},
        {"testcase": BATCH_TEST, "type": BATCH, "scenario": None, "items": [message["item"]]},
    ]
    assert accepted(stage) == [NAMES[0], NAMES[1]]


def test_a_result_that_never_comes_is_nobodys_fault_and_waits_for_who_answers_for_it(make_gate: MakeGate) -> None:
    stage = make_gate(gate={"tests": "2h"})
    stage.tester.silent = {NAMES[0]}
    land(stage, NAMES[0])
    stage.wait(hours=3)

    run, missing, owner, command = held(stage)
    batch = run.lane.partition("/")[2]
    assert missing == (f"{NAMES[0]}: {BUILD_TEST} missing", f"{batch}: {BATCH_TEST} missing")
    assert owner == stage.settings.owner
    assert command == f"relengotron waive {run.id} {BUILD_TEST} --reason TEXT"
    assert stage.tags_of(NAMES[0]) == {PENDING}

    for kind, item, test in ((BUILD, NAMES[0], BUILD_TEST), (BATCH, f"{batch}.1", BATCH_TEST)):
        about: dict[str, Any] = {"run": run.id, "subject_type": kind, "item": item, "testcase": test, "scenario": None}
        stage.says("waive", **about, product_version=PRODUCT, reason="the tester is broken", until=None)
    stage.settle()
    assert accepted(stage) == [NAMES[0]]


def test_who_has_no_result_waits_for_people_and_keeps_nobody_else(make_gate: MakeGate) -> None:
    stage = make_gate(gate=TOGETHER | {"tests": "2h"})
    stage.tester.silent = {NAMES[0]}
    for nvr in NAMES[:3]:
        stage.build_lands(nvr)
    stage.turn_until(lambda: bool(stage.said("gate.batch.testing")))
    began = stage.clock()
    stage.wait(hours=3)

    assert accepted(stage) == [NAMES[1], NAMES[2]]
    [message] = [each for each in stage.said("gate.batch.testing") if names_in(each) == [NAMES[1], NAMES[2]]]
    assert datetime.fromisoformat(message["at"]) - began >= timedelta(hours=2)
    assert stage.states()[NAMES[0]] == "testing"
    [failed] = stage.said("gate.batch.failed")
    assert f"{NAMES[0]}: {BUILD_TEST} missing" in failed["reason"]
    assert failed["suspects"] == []


def test_a_test_that_broke_down_makes_nobody_suspect(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.outside.results.outcomes += ("ERROR",)
    stage.tester.flaky = {NAMES[0]: ["ERROR"]}
    land(stage, NAMES[0])

    _, missing, *_ = held(stage)
    assert missing == (f"{NAMES[0]}: {BUILD_TEST} errored",)
    stage.tester.post(NAMES[0])
    stage.settle()
    assert accepted(stage) == [NAMES[0]]


def test_without_a_policy_nothing_passes(make_gate: MakeGate) -> None:
    stage = make_gate(policies=policies(builds=False, batches=False))
    land(stage, NAMES[0])

    _, missing, *_ = held(stage)
    assert "policy missing" in missing[0]
    assert stage.tags_of(NAMES[0]) == {PENDING}


@pytest.mark.crash
def test_where_no_policy_speaks_of_batches_builds_are_tested_alone(make_gate: MakeGate) -> None:
    stage = make_gate(policies=policies(batches=False))
    land(stage, NAMES[0])

    assert accepted(stage) == [NAMES[0]]
    [message] = stage.said("gate.batch.testing")
    assert [each["type"] for each in message["tests"]] == [BUILD]


def test_a_freeze_holds_good_builds_and_makes_nobody_suspect(make_gate: MakeGate) -> None:
    shut = freeze("2016-11-01T00:00:00Z", "2016-11-03T00:00:00Z")
    stage = make_gate(policies=policies(more=(shut,)))
    land(stage, NAMES[0])

    _, missing, *_ = held(stage)
    assert missing == (f"{NAMES[0]}: relengotron.freeze frozen (until 2016-11-03 00:00 UTC: the beta freeze)",)
    stage.wait(days=3)
    assert accepted(stage) == [NAMES[0]]


def test_what_two_people_let_through_waits_for_no_test_and_for_no_other_build(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    stage.tester.silent = {NAMES[0], NAMES[1]}
    land(stage, NAMES[0], NAMES[1])
    stage.says("gate.pass", "alice", gate=GATE, builds=[NAMES[0]], reason="the world burns")
    stage.settle()
    assert accepted(stage) == []
    stage.says("gate.pass", "bob", gate=GATE, builds=[NAMES[0]], reason="it does")
    stage.settle()

    assert stage.tags_of(NAMES[0]) == {TARGET}
    assert stage.states() == {NAMES[0]: "accepted", NAMES[1]: "testing"}


def test_koji_refusing_a_suspect_is_quoted_and_keeps_no_innocent(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    stage.tester.bad = {NAMES[0]}
    for nvr in NAMES[:3]:
        stage.build_lands(nvr)
    stage.outside.hub.call("admin", "packageListBlock", QUARANTINE, "pkg0")
    stage.settle()

    _, missing, *_ = held(stage)
    assert "pkg0" in missing[0]
    assert "blocked" in missing[0]
    assert accepted(stage) == [NAMES[1], NAMES[2]]
    stage.outside.hub.call("admin", "packageListUnblock", QUARANTINE, "pkg0")
    stage.wait(hours=1)
    assert quarantined(stage) == [NAMES[0]]
    assert stage.row(NAMES[0]).reason == f"{BUILD_TEST} failed"


def test_a_suspect_that_somebody_took_away_is_let_go(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    stage.tester.bad = {NAMES[0]}
    stage.build_lands(NAMES[0])
    stage.turn_until(lambda: bool(stage.tester.rounds))
    stage.move_by_hand(NAMES[0], PENDING, None)
    stage.settle()

    assert stage.states() == {NAMES[0]: "gone"}


@pytest.mark.parametrize("newer", [pytest.param(None, marks=pytest.mark.crash, id="by hand"), "pkg1-2-1.fc26"])
def test_what_is_left_when_a_build_leaves_is_tested_anew(make_gate: MakeGate, newer: str | None) -> None:
    stage = a_gate(make_gate)
    stage.tester.silent = {NAMES[2]}
    for nvr in NAMES[:3]:
        stage.build_lands(nvr)
    stage.turn_until(lambda: bool(stage.said("gate.batch.testing")))
    stage.tester.silent = set()
    if newer is None:
        stage.move_by_hand(NAMES[1], PENDING, None)
    else:
        stage.build_lands(newer)
    stage.settle()

    assert accepted(stage) == sorted(filter(None, (NAMES[0], NAMES[2], newer)))
    first, second = (each for each in stage.said("gate.batch.testing") if newer not in names_in(each))
    assert second["item"] == f"{first['batch']}.2"
    assert names_in(second) == [NAMES[0], NAMES[2]]


def test_a_tester_that_nobody_can_ask_is_trouble_and_no_pass(make_gate: MakeGate) -> None:
    stage = make_gate()
    down = Rule(Kind.STATUS, status=500, times=6)
    stage.outside.services["resultsdb"].misbehave(down)
    land(stage, NAMES[0])

    assert down.seen >= 6
    assert accepted(stage) == [NAMES[0]]


def test_what_goes_together_or_not_at_all_is_suspect_together(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate, has_repos=True)
    stage.is_in_rawhide("libfoo-1-1.fc26", provides=["libfoo.so.1"])
    stage.is_in_rawhide("app-1-1.fc26", requires=["libfoo.so.1"])
    stage.build_lands("libfoo-2-1.fc26", provides=["libfoo.so.2"])
    stage.build_lands(NAMES[0])
    stage.build_lands("app-2-1.fc26", requires=["libfoo.so.2"])
    stage.build_lands(NAMES[1])
    stage.tester.guilty = {frozenset({"app-2-1.fc26"})}
    stage.settle()

    assert accepted(stage) == [NAMES[0], NAMES[1]]
    assert quarantined(stage) == ["app-2-1.fc26", "libfoo-2-1.fc26"]
    assert [len(builds) for builds in stage.tester.rounds] == [4, 2, 2]


def test_who_would_break_without_a_suspect_waits_no_second_time(make_gate: MakeGate) -> None:
    stage = make_gate(has_repos=True, gate={"wait_for_dependants": "1h", **TOGETHER})
    stage.is_in_rawhide("libfoo-1-1.fc26", provides=["libfoo.so.1"])
    stage.is_in_rawhide("app-1-1.fc26", requires=["libfoo.so.1"])
    stage.build_lands("libfoo-2-1.fc26", provides=["libfoo.so.2"])
    stage.build_lands("tool-1-1.fc26", requires=["libfoo.so.2"])
    stage.settle()
    stage.wait(minutes=70)
    stage.wait(minutes=3)

    assert quarantined(stage) == ["libfoo-2-1.fc26", "tool-1-1.fc26"]
    assert "without the suspects tool-1-1.fc26.x86_64 requires libfoo.so.2" in stage.row("tool-1-1.fc26").reason
    assert stage.tester.rounds == []


def test_a_test_that_fails_while_its_build_waits_before_a_closed_gate_counts(make_gate: MakeGate) -> None:
    stage = a_gate(make_gate)
    stage.says("gate.close", "kevin", gate=GATE, reason="the mirrors are full", until=None)
    land(stage, *NAMES[:2])
    stage.wait(hours=3)
    stage.tester.bad = {NAMES[0]}
    stage.tester.post(NAMES[0], "FAILED")
    stage.says("gate.open", "kevin", gate=GATE, reason="they are not")
    stage.settle()

    assert stage.states() == {NAMES[0]: "quarantined", NAMES[1]: "accepted"}


def test_a_build_that_leaves_while_the_first_steps_are_walked_is_not_tested_with_the_others(
    make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = a_gate(make_gate)

    def leave(*_seen: object) -> bool:
        with by_somebody_else(stage).write() as db:
            gated.put(db, GATE, [NAMES[1]], BuildState.SUPERSEDED, stage.clock(), reason="pkg1-2-1.fc26 is newer")
        return True

    monkeypatch.setattr(arriving, "_were_just_seen", leave)
    for nvr in NAMES[:3]:
        stage.build_lands(nvr)
    stage.turn_until(lambda: bool(stage.tester.rounds))

    assert stage.tester.rounds == [(NAMES[0], NAMES[2])]


def test_a_suspect_whose_move_koji_has_forgotten_is_not_taken_for_moved(
    make_gate: MakeGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = a_gate(make_gate)
    stage.tester.bad = {NAMES[0]}
    stage.outside.builder.is_away = True
    stage.build_lands(NAMES[0])
    stage.turn_until(lambda: bool(stage.moves()))
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(KojiHub, "tasks", lambda _self, _ids: {})
        stage.settle()

    run, missing, *_ = held(stage)
    assert missing == (f"Koji knows no task 1, which was to move {NAMES[0]}",)
    assert stage.states() == {NAMES[0]: "testing"}

    stage.outside.builder.is_away = False
    stage.wish("retry", run)
    stage.settle()
    assert quarantined(stage) == [NAMES[0]]


def test_only_the_scenario_that_is_wanted_names_suspects(make_gate: MakeGate) -> None:
    rule = {"PassingTestCaseRule": {"test_case_name": BATCH_TEST, "scenario": "boot"}}
    about = {"product_versions": [PRODUCT], "decision_contexts": [CONTEXT], "subject_types": [BATCH]}
    stage = a_gate(make_gate, policies=policies(batches=False, more=({"id": "boots", **about, "rules": [rule]},)))
    stage.tester.tests = {BUILD: BUILD_TEST}
    for nvr in NAMES[:3]:
        stage.build_lands(nvr)
    stage.turn_until(lambda: bool(stage.tester.rounds))
    [item] = [body["item"] for body in stage.said("gate.batch.testing")]
    for scenario, nvr in (("sleep", NAMES[0]), ("boot", NAMES[1])):
        found = {"item": [item], "type": [BATCH], "scenario": [scenario], "nvr": [nvr]}
        stage.outside.results.create_result({"testcase": BATCH_TEST, "outcome": "FAILED", "data": found})
    stage.turn_until(lambda: bool(quarantined(stage)))

    assert stage.states() == {NAMES[0]: "testing", NAMES[1]: "quarantined", NAMES[2]: "testing"}


@pytest.mark.parametrize("bad", ["libfoo-2-1.fc26", "app-2-1.fc26"])
def test_who_cannot_go_without_a_suspect_waits_alone_for_what_mends_it(make_gate: MakeGate, bad: str) -> None:
    stage = make_gate(has_repos=True, gate={"wait_for_dependants": "1h", **TOGETHER})
    stage.is_in_rawhide("libfoo-1-1.fc26", provides=["libfoo.so.1"])
    stage.is_in_rawhide("app-1-1.fc26", requires=["libfoo.so.1"])
    stage.build_lands("libfoo-2-1.fc26", provides=["libfoo.so.2"])
    stage.build_lands("app-2-1.fc26", requires=["libfoo.so.2"])
    stage.build_lands(NAMES[0])
    stage.tester.bad = {bad}
    stage.turn_until(lambda: stage.states().get(NAMES[0]) == "accepted")

    [other] = {"libfoo-2-1.fc26", "app-2-1.fc26"} - {bad}
    assert stage.states() == {bad: "quarantined", other: "testing", NAMES[0]: "accepted"}
    assert stage.clock() - stage.row(NAMES[0]).arrived_at < timedelta(minutes=30)
    stage.wait(minutes=70)
    stage.wait(minutes=3)
    assert quarantined(stage) == sorted([bad, other])
