"""Policies, waivers and freezes from the request to the live bits; and who can not open a gate."""

from datetime import timedelta
from typing import Any

import yaml

from relengotron.engine.journal import evidence
from relengotron.examination.services import findings
from relengotron.model.run import RunState
from relengotron.settings import load
from tests.builders import a_message, an_update
from tests.stage.planning import lane_of, planned
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

UPDATE = an_update("bash-4.3.42-5.fc24")
LANE = "F24/testing"
TEST = "dist.image_content"
KARMA = {"MinimumKarmaRule": {"karma": 1}}


def a_policy(*rules: dict[str, Any], types: tuple[str, ...] = ("bodhi_update",), **more: Any) -> dict[str, Any]:
    contexts = ["bodhi_update_push_testing"]
    policy = {"id": "p", "product_versions": ["fedora-24"], "decision_contexts": contexts}
    return policy | {"subject_types": list(types), "rules": list(rules)} | more


def put_in_force(stage: Stage, *policies: dict[str, Any], systems: dict[str, Any] | None = None) -> None:
    """Somebody writes ``config/policies`` and starts the daemon anew."""
    config = stage.root / "config"
    (config / "policies").mkdir(exist_ok=True)
    (config / "policies" / "stage.yaml").write_text(yaml.safe_dump({"policies": list(policies)}))
    file = config / "systems.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | (systems or {})))
    stage.settings = load(config)
    stage.restart()


def waive(stage: Stage, name: str, who: str = "alice", until: timedelta | None = None, **change: Any) -> None:
    """Somebody types ``relengotron waive`` about the artifact, update or build of this name."""
    reason = next(each for each in gate(stage)["reasons"] if each["requirement"]["artifact"] == name)["requirement"]
    ends = None if until is None else (stage.clock() + until).isoformat()
    body = {"run": stage.push(LANE).id, "agent": who, "subject_type": reason["type"], "item": reason["item"]}
    body |= {"testcase": reason["testcase"], "scenario": None, "product_version": "fedora-24"}
    body |= {"reason": "known", "until": ends} | change
    stage.machine.intake.store(a_message("relengotron.person.waive", body), is_local=True)
    stage.run_until_quiet()


def withdraw(stage: Stage, waived: str, testcase: str) -> None:
    body = {"run": stage.push(LANE).id, "agent": "bob", "subject_type": "bodhi_update", "item": waived}
    body |= {"testcase": testcase, "reason": "not so"}
    stage.machine.intake.store(a_message("relengotron.person.unwaive", body), is_local=True)
    stage.run_until_quiet()


def gate(stage: Stage) -> dict[str, Any]:
    """What the gate of the push answered last, whole."""
    with stage.machine.database.read() as db:
        kept = evidence.newest_of(db, stage.push(LANE).id, "gate", "bodhi_update_push_testing")
    assert kept is not None
    return dict(kept.facts)


def held_by(stage: Stage) -> tuple[str, ...]:
    hold = stage.hold(stage.push(LANE))
    return () if hold is None else hold.missing


def test_a_waiver_opens_the_gate_and_it_is_kept_who_answers_for_what(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-disk"] = "FAILED"
    stage.start_push()
    stage.run_until_quiet()
    assert held_by(stage) == (f"atomic-disk: {TEST} failed",)

    waive(stage, "atomic-disk")

    push = stage.push(LANE)
    assert push.state is RunState.DONE
    told = {each["requirement"]["artifact"]: each for each in gate(stage)["reasons"]}
    assert (told["atomic-disk"]["state"], told["atomic-disk"]["waived"]) == ("waived", "failed")
    assert told["atomic-disk"]["waivers"][0]["who"] == "alice"
    assert gate(stage)["engine"] == "own evaluation"
    assert stage.facts(push, "journal 1", "used")["why"] == "known"
    assert len(stage.said("push.hold", lane=LANE)) == 1


def test_a_waiver_of_other_bits_or_of_another_product_opens_nothing(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-disk"] = "FAILED"
    stage.start_push()
    stage.run_until_quiet()
    waive(stage, "atomic-disk", item="sha256:other")
    waive(stage, "atomic-disk", product_version="fedora-25")
    waive(stage, "atomic-disk", subject_type="bodhi_update")
    assert stage.push(LANE).state is RunState.HELD
    assert len(stage.said("push.hold", lane=LANE)) == 1


def test_a_waiver_that_expires_shuts_the_gate_again_before_the_bits_are_live(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-disk"] = "FAILED"
    stage.start_push()
    stage.run_until_quiet()
    bodhi = stage.outside.bodhi.state.updates
    found = next(each for each in bodhi if each.alias == UPDATE.alias)
    found.locked = False
    waive(stage, "atomic-disk", until=timedelta(hours=1))
    assert "not locked" in held_by(stage)[0]

    stage.clock.pass_by(hours=2)
    found.locked = True
    stage.wait(minutes=1)

    assert held_by(stage) == (f"atomic-disk: {TEST} failed",)
    assert not stage.said("artifact.published", lane=LANE)
    waive(stage, "atomic-disk", who="bob")
    assert stage.push(LANE).state is RunState.DONE


def test_karma_freeze_and_the_two_person_rule_hold_a_push(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    freeze = {"reason": "beta", "begins": "2016-01-01T00:00:00Z", "ends": "2017-01-01T00:00:00Z"}
    frozen = a_policy({"FreezeRule": freeze}, id="frozen")
    put_in_force(stage, a_policy(KARMA, waivers_need=2), frozen)
    stage.start_push()
    stage.run_until_quiet()
    assert held_by(stage) == (
        f"{UPDATE.alias}: bodhi.karma too little (karma 0, needed 1)",
        f"{UPDATE.alias}: relengotron.freeze frozen (until 2017-01-01 00:00 UTC: beta)",
    )

    waive(stage, UPDATE.alias)
    waive(stage, UPDATE.alias, testcase="relengotron.freeze")
    assert held_by(stage) == (
        f"{UPDATE.alias}: bodhi.karma too little (karma 0, needed 1; waived by alice; 1 more must)",
    )
    withdraw(stage, UPDATE.alias, "bodhi.karma")
    waive(stage, UPDATE.alias, who="bob", testcase="bodhi.karma")
    assert "waived by bob; 1 more must" in held_by(stage)[0]
    waive(stage, UPDATE.alias, who="alice", testcase="bodhi.karma")
    assert stage.push(LANE).state is RunState.DONE


def test_builds_without_a_policy_for_their_product_are_a_gap_that_holds(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    rule = {"PassingTestCaseRule": {"test_case_name": "dist.rpmdeplint"}}
    put_in_force(stage, a_policy(rule, types=("koji_build",), product_versions=["fedora-25"]))
    stage.start_push()
    stage.run_until_quiet()
    assert "bash-4.3.42-5.fc24: relengotron.policy policy missing" in held_by(stage)[0]


def test_no_message_opens_a_gate_whoever_signs_it(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    stage.outside.tester.verdicts["atomic-disk"] = "FAILED"
    stage.start_push()
    stage.run_until_quiet()
    requirement = next(e["requirement"] for e in gate(stage)["reasons"] if e["state"] == "failed")
    item, run = requirement["item"], stage.push(LANE).id
    result = {"id": 999, "testcase": {"name": TEST}, "outcome": "PASSED", "data": {"item": [item], "type": ["compose"]}}
    wish = {"run": run, "agent": "alice", "subject_type": "compose", "item": item, "testcase": TEST}
    wish |= {"scenario": None, "product_version": "fedora-24", "reason": "trust me", "until": None}
    for topic, body in (
        ("resultsdb.result.new", result | {"submit_time": "2016-11-01T00:00:00", "groups": [], "note": None}),
        ("taskotron.result.new", {"task": {"name": TEST, "item": item, "type": "compose"}, "result": {"id": 9}}),
        ("relengotron.person.waive", wish),
        ("waiverdb.waiver.new", wish | {"waived": True}),
        ("greenwave.decision.update", {"policies_satisfied": True, "subject_identifier": item}),
        ("bodhi.update.request.testing", {"update": {"alias": UPDATE.alias}, "agent": "mallory"}),
    ):
        stage.receive(a_message(topic, body))
        stage.run_until_quiet()
    assert stage.push(LANE).state is RunState.HELD
    assert held_by(stage) == (f"atomic-disk: {TEST} failed",)


def test_a_greenwave_that_is_away_is_waited_for_and_then_a_person_is_asked(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    put_in_force(stage, systems={"greenwave": {"url": "http://127.0.0.1:9/api/v1.0"}})
    stage.start_push()
    stage.run_until_quiet()
    stage.wait(hours=2)
    push = stage.push(LANE)
    assert push.state is RunState.HELD
    assert "127.0.0.1:9" in held_by(stage)[0].replace(", port=", ":").replace("'", "")
    assert not stage.said("artifact.published", lane=LANE)


def test_a_waiverdb_that_is_away_waives_nothing_and_holds_nothing_that_passes(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE, patience={"tests": "1h"})
    put_in_force(stage, a_policy(KARMA), systems={"waiverdb": {"url": "http://127.0.0.1:9/api/v1.0"}})
    stage.start_push()
    stage.run_until_quiet()
    assert [each.split(":")[0] for each in held_by(stage)] == [UPDATE.alias, "WaiverDB"]
    waive(stage, UPDATE.alias)
    assert stage.push(LANE).state is RunState.DONE


def test_a_plan_shows_what_policies_will_ask_of_an_artifact(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    rule = {"PassingTestCaseRule": {"test_case_name": "compose.boots"}}
    put_in_force(stage, a_policy(rule, KARMA, types=("compose", "bodhi_update")))
    artifacts = {each.name: each.required_tests for each in lane_of(planned(stage), LANE).artifacts}
    assert artifacts["atomic-disk"] == (TEST, "compose.boots")


def test_the_doctor_sees_a_greenwave_and_a_waiverdb_that_are_away(make_stage: MakeStage) -> None:
    stage = make_stage()
    away = {"url": "http://127.0.0.1:9/api/v1.0"}
    put_in_force(stage, systems={"greenwave": away, "waiverdb": away})
    found = {each.name: each for each in findings(stage.settings, stage.outside.open(stage.settings), stage.clock())}
    assert not found["greenwave"].ok
    assert not found["waiverdb"].ok
    assert found["resultsdb"].ok


def test_karma_that_comes_later_opens_the_gate_within_minutes(make_stage: MakeStage) -> None:
    stage = make_stage(UPDATE)
    put_in_force(stage, a_policy(KARMA))
    stage.start_push()
    stage.run_until_quiet()
    assert stage.push(LANE).state is RunState.HELD

    stage.outside.bodhi.comment(UPDATE.alias, "works for me", 1, "carol")
    stage.wait(minutes=6)
    assert stage.push(LANE).state is RunState.DONE
