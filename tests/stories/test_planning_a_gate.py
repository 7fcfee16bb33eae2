"""Does ``relengotron plan --gate`` say what would move, why not the rest, and change nothing?"""

from typing import Any

from relengotron.bootstrap import gate_planner
from relengotron.engine.journal.database import Database
from relengotron.model.gate_plan import GatePlan, PlannedBatch, Prospect
from tests.stage.gate_configuration import BATCH_TEST, BUILD_TEST, GATE, freeze, policies
from tests.stage.gate_stage import GateStage
from tests.stories.conftest import MakeGate


def _only_builds(*more: dict[str, Any]) -> dict[str, Any]:
    return policies(batches=False, more=more)


def planned(stage: GateStage, database: Database | None = None) -> GatePlan:
    settings = stage.settings
    journal = database or stage.machine.database
    world = stage.outside.open(settings)
    return gate_planner(settings, GATE, settings.gates[GATE], world, journal, stage.clock).plan()


def say(stage: GateStage, wish: str, agent: str, **body: Any) -> None:
    stage.says(wish, agent, gate=GATE, **body)
    stage.machine.digest.work()


def the_batch_of(plan: GatePlan, nvr: str) -> PlannedBatch:
    return next(each for each in plan.batches if nvr in each.builds)


def test_what_nobody_has_tested_waits_for_its_tests_and_nothing_is_changed(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.build_lands("bash-4-1")
    before = stage.outside.hub.call(None, "getLastEvent")
    plan = planned(stage)
    batch = the_batch_of(plan, "bash-4-1")
    assert batch.prospect is Prospect.WAITS
    assert any(BUILD_TEST in each for each in batch.reasons)
    assert not plan.is_clear
    assert stage.outside.hub.call(None, "getLastEvent") == before
    assert stage.rows() == []


def test_it_needs_no_journal(make_gate: MakeGate) -> None:
    stage = make_gate(policies={"policies": []})
    stage.build_lands("bash-4-1", side_tag="1")
    nowhere = Database("sqlite:///:memory:")
    plan = planned(stage, nowhere)
    assert the_batch_of(plan, "bash-4-1").prospect is Prospect.HELD  # no policy speaks of this gate
    nowhere.close()


def test_a_good_build_would_move_and_the_older_one_goes_out_of_the_way(make_gate: MakeGate) -> None:
    stage = make_gate(policies=_only_builds())
    stage.build_lands("bash-4-1")
    stage.build_lands("bash-4-2")
    stage.is_in_rawhide("zsh-5-2")
    stage.build_lands("zsh-5-1")
    stage.tester.post("bash-4-2")
    plan = planned(stage)
    assert [each.builds for each in plan.of(Prospect.MOVES)] == [("bash-4-2",)]
    assert {each.build: each.reason for each in plan.out_of_the_way} == {
        "bash-4-1": "bash-4-2 is newer",
        "zsh-5-1": "zsh-5-2 in rawhide is newer",
    }
    assert plan.is_clear


def test_a_failed_build_is_a_suspect_and_its_neighbour_moves(make_gate: MakeGate) -> None:
    stage = make_gate(policies=_only_builds())
    for nvr, outcome in (("bash-4-1", "FAILED"), ("zsh-5-1", "PASSED")):
        stage.build_lands(nvr)
        stage.tester.post(nvr, outcome)
    plan = planned(stage)
    assert the_batch_of(plan, "bash-4-1").prospect is Prospect.SUSPECT
    assert the_batch_of(plan, "zsh-5-1").prospect is Prospect.MOVES


def test_a_closed_gate_and_a_freeze_hold_what_is_good(make_gate: MakeGate) -> None:
    stage = make_gate(policies=_only_builds(freeze("2016-01-01T00:00:00Z", "2030-01-01T00:00:00Z")))
    stage.build_lands("bash-4-1")
    stage.tester.post("bash-4-1")
    say(stage, "gate.close", "alice", reason="mass rebuild", until=None)
    plan = planned(stage)
    batch = the_batch_of(plan, "bash-4-1")
    assert batch.prospect is Prospect.HELD
    assert batch.reasons[0] == "the gate is closed"
    assert any("the beta freeze" in each for each in batch.reasons)
    assert [each.why for each in plan.closings] == ["mass rebuild"]


def test_what_two_people_let_pass_moves_whatever_tests_say_but_not_whatever_koji_says(make_gate: MakeGate) -> None:
    stage = make_gate(policies=_only_builds())
    stage.build_lands("bash-4-1")
    stage.tester.post("bash-4-1", "FAILED")
    stage.machine.keeper.work()
    for who in ("alice", "bob"):
        say(stage, "gate.pass", who, builds=["bash-4-1"], reason="it heals the build root")
    batch = the_batch_of(planned(stage), "bash-4-1")
    assert (batch.prospect, batch.passed_by) == (Prospect.MOVES, ("alice", "bob"))
    stage.outside.hub.call("admin", "editTag2", "rawhide", locked=True)
    batch = the_batch_of(planned(stage), "bash-4-1")
    assert batch.prospect is Prospect.HELD
    assert "locked" in batch.reasons[0]


def test_more_that_belongs_together_is_waited_for(make_gate: MakeGate) -> None:
    stage = make_gate(gate={"batching": {"same_submitter": "10m"}}, policies=_only_builds())
    for nvr in ("bash-4-1", "zsh-5-1"):
        stage.build_lands(nvr)
        stage.tester.post(nvr)
    batch = the_batch_of(planned(stage), "bash-4-1")
    assert batch.builds == ("bash-4-1", "zsh-5-1")
    assert batch.prospect is Prospect.WAITS
    assert "for more that belongs to it" in batch.reasons[0]


def test_a_batch_under_way_is_shown_with_its_run(make_gate: MakeGate) -> None:
    stage = make_gate()
    stage.tester.silent.add("bash-4-1")
    stage.build_lands("bash-4-1")
    stage.run_until_quiet()
    row = stage.row("bash-4-1")
    batch = the_batch_of(planned(stage), "bash-4-1")
    assert batch.batch == row.batch
    assert batch.run is not None
    assert batch.prospect is Prospect.HELD  # its tests were waited for, and nobody has run them
    assert any(BATCH_TEST in each for each in batch.reasons)


def test_builds_of_a_side_tag_are_planned_together_before_anybody_has_seen_them(make_gate: MakeGate) -> None:
    stage = make_gate(policies=_only_builds())
    for nvr in ("lib-2-1", "app-1-2"):
        stage.build_lands(nvr, side_tag="7")
        stage.tester.post(nvr)
    batch = the_batch_of(planned(stage), "lib-2-1")
    assert batch.builds == ("lib-2-1", "app-1-2")
    assert "rawhide-build-side-7" in batch.why


def test_what_would_break_rawhide_waits_and_is_listed_package_by_package(make_gate: MakeGate) -> None:
    stage = make_gate(has_repos=True, policies=_only_builds())
    stage.is_in_rawhide("lib-1-1", provides=["lib.so.1"])
    stage.is_in_rawhide("app-1-1", requires=["lib.so.1"])
    stage.build_lands("lib-2-1", provides=["lib.so.2"])
    stage.tester.post("lib-2-1")
    batch = the_batch_of(planned(stage), "lib-2-1")
    assert batch.prospect is Prospect.WAITS
    assert batch.breaks == ("app-1-1.x86_64 requires lib.so.1, which nothing would provide any more (x86_64)",)
