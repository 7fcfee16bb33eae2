"""What do Greenwave and WaiverDB say at a gate, and what becomes of builds while they say nothing?"""

from typing import Any

from relengotron.model.gate import BUILD
from relengotron.model.gated import BATCH, CONTEXT
from relengotron.systems.mischief import Kind, Rule
from tests.stage.gate_configuration import BATCH_TEST, BUILD_TEST, PRODUCT, policies
from tests.stage.gate_services import GateServices
from tests.stage.gate_stage import GateStage
from tests.stage.quarantined import NVR, in_quarantine, keeper_of, wish
from tests.stories.conftest import MakeGate

FOO, BAR, BAZ = "foo-1.2-1", "bar-3.0-1", "baz-2-1"
TOGETHER = {"batching": {"same_submitter": "5m"}}


def greenwaves(kind: str, test: str) -> dict[str, Any]:
    """A policy as the files of Greenwave have it."""
    about = {"product_versions": [PRODUCT], "decision_contexts": [CONTEXT], "subject_types": [kind]}
    return {"id": f"g-{kind}", **about, "rules": [{"type": "PassingTestCaseRule", "test_case_name": test}]}


def land(stage: GateStage, *nvrs: str) -> None:
    for nvr in nvrs:
        stage.build_lands(nvr)
    stage.settle()


def waived_in_waiverdb(services: GateServices, item: str, test: str = BUILD_TEST) -> None:
    about = {"subject_type": BUILD, "subject_identifier": item, "testcase": test, "product_version": PRODUCT}
    services.waivers.create({**about, "comment": "known"}, "alice")


def wanted(stage: GateStage) -> list[tuple[str, str]]:
    return [(test["testcase"], test["type"]) for body in stage.said("gate.batch.testing") for test in body["tests"]]


def test_what_greenwave_alone_wants_of_builds_is_tested_and_makes_suspects(make_gate: MakeGate) -> None:
    stage = make_gate(gate=TOGETHER, policies=policies(batches=False))
    GateServices(stage, greenwaves(BUILD, "dist.of_greenwave"))
    stage.tester.tests = {BUILD: "dist.of_greenwave"}
    for nvr in (FOO, BAR):
        stage.outside.results.create_result(
            {"testcase": BUILD_TEST, "outcome": "PASSED", "data": {"item": [nvr], "type": [BUILD]}}
        )
    stage.tester.bad = {FOO}
    land(stage, FOO, BAR)

    assert wanted(stage)[0] == ("dist.of_greenwave", BUILD)
    assert stage.states() == {FOO: "quarantined", BAR: "accepted"}
    assert stage.row(FOO).reason == "dist.of_greenwave failed"


def test_what_greenwave_alone_wants_of_the_whole_is_tested_anew_when_a_build_leaves(make_gate: MakeGate) -> None:
    stage = make_gate(gate=TOGETHER, policies=policies(batches=False))
    GateServices(stage, greenwaves(BATCH, BATCH_TEST), types=(BATCH,))
    stage.tester.silent = {BAZ}
    for nvr in (FOO, BAR, BAZ):
        stage.build_lands(nvr)
    stage.turn_until(lambda: bool(stage.tester.rounds))
    stage.move_by_hand(FOO, "rawhide-pending", None)
    stage.tester.silent = set()
    stage.settle()

    assert stage.states() == {FOO: "gone", BAR: "accepted", BAZ: "accepted"}
    assert stage.tester.rounds == [(BAR, BAZ, FOO), (BAR, BAZ)]


def test_a_greenwave_that_is_away_is_waited_for_and_testers_hear_of_all_that_it_wants(make_gate: MakeGate) -> None:
    stage = make_gate()
    services = GateServices(stage, greenwaves(BUILD, "dist.of_greenwave"))
    services.greenwave.misbehave(Rule(Kind.STATUS, status=503, times=4))
    stage.build_lands(FOO)
    stage.turn_until(lambda: bool(stage.tester.rounds))

    assert {test for test, _ in wanted(stage)} == {"dist.of_greenwave", BUILD_TEST, BATCH_TEST}


def test_a_waiver_of_waiverdb_lets_a_build_through_whose_test_failed(make_gate: MakeGate) -> None:
    stage = make_gate()
    services = GateServices(stage)
    stage.tester.bad = {FOO}
    waived_in_waiverdb(services, FOO)
    land(stage, FOO)

    assert stage.states() == {FOO: "accepted"}


def test_nobody_is_suspected_while_waiverdb_may_know_a_waiver(make_gate: MakeGate) -> None:
    stage = make_gate()
    services = GateServices(stage)
    away = Rule(Kind.STATUS, status=503, times=None)
    stage.tester.bad = {FOO}
    waived_in_waiverdb(services, FOO)
    services.waiverdb.misbehave(away)
    land(stage, FOO)
    assert stage.states() == {FOO: "testing"}
    assert {kind for _, kind in wanted(stage)} == {BUILD, BATCH}

    away.times = 0
    stage.wait(minutes=30)
    assert stage.states() == {FOO: "accepted"}


def test_a_released_build_is_not_kept_by_what_greenwave_makes_of_its_old_result(make_gate: MakeGate) -> None:
    stage = make_gate()
    GateServices(stage, greenwaves(BUILD, BUILD_TEST))
    in_quarantine(stage)
    stage.run_until_quiet()
    wish(stage, "release")
    stage.settle()

    assert stage.states() == {NVR: "accepted"}
    assert len(stage.runs(keeper_of(stage).workflow)) == 1
