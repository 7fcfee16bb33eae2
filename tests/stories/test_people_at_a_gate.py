"""What people say about a gate is heeded by the batches there, and the page says so."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from relengotron.cli.gates import planning, showing, status
from relengotron.cli.main import main
from tests.stage.gate_configuration import GATE, policies
from tests.stage.gate_stage import GateStage
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
