"""What people say about a gate is heeded by the batches there, and the page says so."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from relengotron.cli.find import of_build
from relengotron.cli.gates import planning, showing, status
from relengotron.cli.main import main
from relengotron.engine.journal import holds
from relengotron.model.run import HoldRecord
from relengotron.settings import load
from relengotron.workflows.gating import telling
from tests.stage.gate_configuration import GATE, PENDING, TARGET, freeze, policies
from tests.stage.gate_stage import GateStage
from tests.stage.typed import is_understood
from tests.stories.conftest import MakeGate

NVR = "bash-4-1"
Command = Callable[..., str]


@pytest.fixture
def stage(make_gate: MakeGate) -> GateStage:
    return make_gate(policies=policies(batches=False))


@pytest.fixture
def relengotron(stage: GateStage, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Call the command as people do, at the time of the story."""
    for module in (planning, showing, status):
        monkeypatch.setattr(module, "now", stage.clock)
    monkeypatch.setattr(planning, "world_to_look_at", lambda settings: stage.outside.open(settings))

    def call(*words: str, status: int = 0) -> str:
        result = CliRunner().invoke(main, ["--config", str(stage.root / "config"), *words], catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result.output

    return call


def say(stage: GateStage, wish: str, agent: str = "alice", **body: Any) -> None:
    stage.says(f"gate.{wish}", agent, gate=GATE, reason="so", **body)
    stage.run_until_quiet()


def test_a_closed_gate_lets_nothing_move_until_it_is_opened(stage: GateStage, relengotron: Command) -> None:
    say(stage, "close", until=None)
    stage.build_lands(NVR)
    stage.run_until_quiet()
    assert stage.tags_of(NVR) == {"rawhide-pending"}
    told = relengotron("gate", "status")
    assert "CLOSED by alice" in told
    assert "Ready, before a shut gate (1)" in told
    assert "relengotron gate open rawhide --reason TEXT" in relengotron("gate", "show", NVR)
    assert "the gate is closed" in relengotron("plan", "--gate", GATE, status=1)

    say(stage, "open", "bob")

    assert stage.tags_of(NVR) == {"rawhide"}
    assert [each["closed_by"] for each in stage.said("gate.opened")] == [["alice"]]
    told = relengotron("gate", "status")
    assert "\n  open\n" in told
    assert "1 in the last day" in told
    assert "Nothing is pending" in relengotron("plan", "--gate", GATE)


def test_a_suspect_is_on_the_page_with_its_ways_out(stage: GateStage, relengotron: Command) -> None:
    stage.tester.bad.add(NVR)
    stage.build_lands(NVR)
    stage.build_lands("zsh-5-1")
    stage.run_until_quiet()
    told = relengotron("gate", "status")
    assert "In quarantine (1)" in told
    assert "Stuck" not in told
    (gate,) = json.loads(relengotron("gate", "status", "--json"))
    assert gate["quarantine"][0]["state"] == "quarantined"
    assert gate["counts"] == {"accepted": 1, "quarantined": 1}
    assert "relengotron quarantine release bash-4-1" in relengotron("gate", "show", NVR)


def test_a_test_that_is_missing_names_the_waiver_that_leads_on(stage: GateStage, relengotron: Command) -> None:
    stage.tester.silent.add(NVR)
    stage.build_lands(NVR)
    stage.run_until_quiet()
    stage.wait(days=2)
    told = relengotron("gate", "status")
    assert "Stuck (1)" in told
    assert "relengotron waive" in told
    batch = stage.row(NVR).batch
    assert batch is not None
    assert "dist.gate_build --reason TEXT" in relengotron("explain", batch)
    assert batch in relengotron("gate", "show", NVR)


def hold_of(stage: GateStage, nvr: str) -> HoldRecord:
    """What whoever answers for a build waits for people for."""
    with stage.machine.database.read() as db:
        run = of_build(db, nvr)
        hold = None if run is None else holds.open_of(db, run.id)
    assert hold is not None
    return hold


def test_whoever_waits_for_people_names_somebody_and_a_command_that_can_be_typed(stage: GateStage) -> None:
    stage.tester.silent.add(NVR)
    stage.tester.bad.add("zsh-5-1")
    stage.build_lands(NVR)
    stage.build_lands("zsh-5-1", owner="carol")
    stage.run_until_quiet()
    stage.wait(hours=1)
    stage.outside.hub.call("admin", "editTag2", TARGET, locked=True)
    stage.build_lands("sed-4-1")
    stage.run_until_quiet()
    waiting = {nvr: hold_of(stage, nvr) for nvr in (NVR, "zsh-5-1", "sed-4-1")}
    assert [hold.owner for hold in waiting.values()] == ["releng", "carol", "releng"]
    assert all(is_understood(hold.command) for hold in waiting.values())


def test_a_freeze_names_a_build_that_is_still_there(make_gate: MakeGate) -> None:
    frozen = freeze("2016-11-01T00:00:00Z", "2016-12-01T00:00:00Z")
    stage = make_gate(policies=policies(batches=False, more=(frozen,)))
    for nvr in (NVR, "zsh-5-1"):
        stage.build_lands(nvr, side_tag="7")
    stage.wait(minutes=5)
    first, other = stage.row(NVR), stage.row("zsh-5-1")
    assert first.batch == other.batch is not None
    stage.move_by_hand(NVR, PENDING, None)
    stage.wait(minutes=5)
    assert stage.states() == {NVR: "gone", "zsh-5-1": "testing"}
    assert hold_of(stage, "zsh-5-1").command == f"relengotron gate pass {GATE} zsh-5-1 --reason TEXT"


def test_what_is_left_at_a_gate_that_is_not_configured_any_more_is_somebodys_alarm(
    stage: GateStage, relengotron: Command
) -> None:
    stage.tester.bad.add("zsh-5-1")
    stage.tester.silent.add(NVR)
    stage.build_lands(NVR)
    stage.build_lands("zsh-5-1")
    stage.run_until_quiet()
    for name in ("gates.yaml", "policies/gates.yaml"):
        (stage.root / "config" / name).unlink()
    stage.settings = load(stage.root / "config")
    stage.restart()
    stage.wait(hours=1)
    assert "2 left at gate rawhide, which is not in gates.yaml any more" in relengotron("status", "--check", status=1)
    for nvr in (NVR, "zsh-5-1"):
        hold = hold_of(stage, nvr)
        assert (hold.owner, is_understood(hold.command)) == ("releng", True)
        assert hold.command in relengotron("gate", "show", nvr)


def test_a_command_stands_in_one_line_and_once(stage: GateStage, relengotron: Command) -> None:
    nvr = "nodejs-" + "a-very-long-name-" * 6 + "1-1"
    stage.tester.silent.add(nvr)
    stage.build_lands(nvr)
    stage.run_until_quiet()
    stage.wait(hours=1)
    told = [line.strip().removeprefix("releng: ") for line in relengotron("gate", "show", nvr).splitlines()]
    commands = [line for line in told if line.startswith("relengotron ")]
    assert sum(f"gate pass {GATE} {nvr}" in each for each in commands) == 1
    assert all(map(is_understood, commands))
    assert hold_of(stage, nvr).command in relengotron("gate", "status")


@pytest.mark.parametrize("nvr", ["$(reboot)-1-1", "a;b-1-1", "a b-1-1"])
def test_a_name_that_would_do_something_in_a_shell_is_quoted(stage: GateStage, relengotron: Command, nvr: str) -> None:
    stage.tester.bad.add(nvr)
    stage.build_lands(nvr)
    stage.run_until_quiet()
    told = hold_of(stage, nvr).command
    assert is_understood(told)
    assert nvr in shlex.split(told)
    assert told in relengotron("gate", "show", nvr)


def test_the_plan_says_that_people_are_needed_for_a_result_that_never_came(
    stage: GateStage, relengotron: Command
) -> None:
    stage.tester.silent.add(NVR)
    stage.build_lands(NVR)
    for _ in range(3):
        stage.turn()
    assert "Waits (1 build)" in relengotron("plan", "--gate", GATE, status=1)
    stage.wait(hours=1)
    assert "Held: people are needed (1 build)" in relengotron("plan", "--gate", GATE, status=1)


def test_a_build_that_koji_does_not_let_out_of_quarantine_is_stuck_and_offers_nothing_that_would_be_refused(
    stage: GateStage, relengotron: Command
) -> None:
    stage.tester.bad.add(NVR)
    stage.build_lands(NVR)
    stage.run_until_quiet()
    assert "1 in quarantine" in relengotron("gate", "status")
    stage.outside.hub.call("admin", "packageListBlock", PENDING, "bash")
    relengotron("quarantine", "release", NVR, "--reason", "the test was wrong")
    stage.run_until_quiet()
    assert "  builds   1 stuck\n" in relengotron("gate", "status")
    told = relengotron("gate", "show", NVR)
    assert "relengotron runs retry " in told
    assert "relengotron quarantine" not in told


def test_a_batch_whose_builds_are_through_and_that_still_waits_for_people_is_not_silent(
    stage: GateStage, relengotron: Command
) -> None:
    stage.outside.hub.call("admin", "revokePermission", "relengotron", "regen-repo")
    stage.build_lands(NVR)
    stage.run_until_quiet()
    assert stage.states() == {NVR: "accepted"}
    told = relengotron("gate", "status")
    assert "Stuck (1)" in told
    assert "regen-repo permission required" in told
    assert "  builds   nothing stands here\n" in told
    assert "releng: relengotron runs retry " in told
    assert "1 stuck at gate rawhide" in relengotron("status", "--check", status=1)


def test_a_batch_that_a_defect_stopped_after_its_builds_were_through_is_not_silent(
    stage: GateStage, relengotron: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_anything: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(telling, "_say_passed", break_down)
    stage.build_lands(NVR)
    stage.run_until_quiet()
    assert stage.states() == {NVR: "accepted"}
    assert "releng: relengotron runs retry " in relengotron("gate", "status")
    monkeypatch.undo()
