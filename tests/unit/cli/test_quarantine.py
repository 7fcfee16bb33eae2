"""What does a person type about builds in quarantine, and what is refused with which word?"""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from relengotron.cli.gates import quarantine, status
from relengotron.cli.who import person
from relengotron.engine.journal import effects, gated, holds, inbox, runs
from relengotron.engine.journal.database import Database
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.model.codec import to_json
from relengotron.model.events import QuarantineWished
from relengotron.model.gated import BuildState, GatedBuild, Suspicion, WayOut
from relengotron.model.outcome import Hold
from relengotron.model.quarantine import LEAVING, QuarantineWish
from relengotron.workflows.gating.quarantine.beginning import keeping
from tests.stage.gate_configuration import gates
from tests.stage.typed import is_understood
from tests.unit.cli.story import NOW, Command

NVR = "bash-5.0-1.fc26"
WHY = "dist.gate_build has failed"


@pytest.fixture(autouse=True)
def _a_gate_is_configured(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (config / "gates.yaml").write_text(yaml.dump(gates(has_repos=False)))
    (config / "policies" / "gates.yaml").unlink(missing_ok=True)
    monkeypatch.setattr(quarantine, "now", lambda: NOW)


def is_at_the_gate(
    database: Database, state: BuildState, nvr: str = NVR, gate: str = "rawhide", owner: str = "alice"
) -> GatedBuild:
    since = NOW - timedelta(hours=30)
    build = GatedBuild(gate, nvr, "bash", "0", owner, state, "rawhide-1", WHY, since, since)
    with database.write() as db:
        gated.arrive(db, build)
    return build


def kept(
    database: Database,
    nvr: str = NVR,
    tests: tuple[str, ...] = ("dist.gate_build",),
    owner: str = "alice",
    who: str = "alice",
) -> str:
    """A build in quarantine, and the run that looks after it."""
    build = is_at_the_gate(database, BuildState.QUARANTINED, nvr, owner=owner)
    with database.write() as db:
        run = runs.open_run(db, keeping(build, Suspicion(nvr, WHY, tests, (7,)), "2016-x"), build.since)
        assert run is not None
        hold = Hold((WHY,), NOW + timedelta(hours=42), who, f"relengotron quarantine release {nvr} --reason TEXT")
        holds.open_hold(db, run, "ensure_a_way_out_is_found", hold, build.since)
    return run


def wishes(database: Database) -> list[object]:
    with database.read() as db:
        return [understand(Envelope.read(each.raw)) for each in inbox.unsettled(db, 10)]


def test_the_list_says_whose_a_build_is_why_it_is_there_and_when_people_are_reminded(
    relengotron: Command, database: Database
) -> None:
    kept(database)
    told = relengotron("quarantine", "list").output
    assert NVR in told
    assert "alice" in told
    assert "30 h" in told or "1 d" in told
    assert WHY in told
    assert "(in 42 h)" in told or "(in 1 d" in told


def test_a_build_whose_packager_nobody_knows_is_somebodys_all_the_same(
    relengotron: Command, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(database, owner="", who="rawhide-oncall")
    monkeypatch.setattr(status, "now", lambda: NOW)
    assert "unknown; rawhide-oncall" in relengotron("quarantine", "list").output
    assert f"{NVR} of nobody known (rawhide-oncall can act), for" in relengotron("gate", "status").output


def test_what_a_refusal_tells_to_type_instead_can_be_typed(relengotron: Command, database: Database) -> None:
    kept(database, tests=())
    told = relengotron("quarantine", "retry", NVR, "--reason", "x", status=1).output
    assert is_understood(told.strip().rpartition(": ")[2])


def test_an_empty_list_says_so(relengotron: Command, database: Database) -> None:
    assert relengotron("quarantine", "list").output == "Nothing is in quarantine.\n"
    assert json.loads(relengotron("quarantine", "list", "--json").output) == []
    assert database is not None


def test_programs_get_the_same_as_json(relengotron: Command, database: Database) -> None:
    run = kept(database)
    (found,) = json.loads(relengotron("quarantine", "list", "--gate", "rawhide", "--json").output)
    assert found == {
        "gate": "rawhide",
        "nvr": NVR,
        "package": "bash",
        "packager": "alice",
        "who": "alice",
        "reason": WHY,
        "testcases": ["dist.gate_build"],
        "since": (NOW - timedelta(hours=30)).isoformat(),
        "tries": 1,
        "reminded_next": (NOW + timedelta(hours=42)).isoformat(),
        "run": run,
    }


def test_a_gate_that_does_not_exist_is_named_with_the_nearest(relengotron: Command, database: Database) -> None:
    assert "did you mean 'rawhide'?" in relengotron("quarantine", "list", "--gate", "rawhid", status=3).output
    assert database is not None


@pytest.mark.parametrize("way", list(WayOut))
def test_every_way_out_is_stored_by_name_and_with_a_reason(
    relengotron: Command, database: Database, way: WayOut
) -> None:
    kept(database)
    told = relengotron("quarantine", str(way), NVR, "--reason", "it is fixed").output
    assert f"Asked to {way} {NVR}, in quarantine at gate rawhide" in told
    assert wishes(database) == [QuarantineWished("rawhide", person(), NVR, way, "it is fixed")]


@pytest.mark.parametrize("state", [BuildState.TESTING, BuildState.ACCEPTED])
def test_a_build_that_is_not_in_quarantine_is_refused_with_what_it_is_instead(
    relengotron: Command, database: Database, state: BuildState
) -> None:
    is_at_the_gate(database, state)
    told = relengotron("quarantine", "release", NVR, "--reason", "x", status=1).output
    assert f"gate rawhide knows it as {state}" in told
    assert wishes(database) == []


def test_a_name_that_no_gate_knows_is_answered_with_the_nearest(relengotron: Command, database: Database) -> None:
    kept(database)
    told = relengotron("quarantine", "drop", "bash-5.0-2.fc26", "--reason", "x", status=3).output
    assert f"did you mean {NVR!r}?" in told


def test_a_build_in_quarantine_at_two_gates_wants_the_name_of_one(relengotron: Command, database: Database) -> None:
    kept(database)
    is_at_the_gate(database, BuildState.QUARANTINED, gate="epel")
    assert "name one with --gate" in relengotron("quarantine", "drop", NVR, "--reason", "x", status=2).output
    relengotron("quarantine", "drop", NVR, "--gate", "rawhide", "--reason", "x")


def test_who_comes_second_is_told_who_was_first(relengotron: Command, database: Database) -> None:
    run = kept(database)
    with database.write() as db:
        effects.decide(db, run, LEAVING, to_json(QuarantineWish(WayOut.DROP, "ralph", "it is broken", NOW)), NOW)
    told = relengotron("quarantine", "release", NVR, "--reason", "x", status=1).output
    assert f"ralph wanted to drop {NVR} before: it is broken" in told


def test_a_build_that_no_test_put_there_has_none_to_try_again(relengotron: Command, database: Database) -> None:
    kept(database, tests=())
    assert "no test put" in relengotron("quarantine", "retry", NVR, "--reason", "x", status=1).output
    assert wishes(database) == []


def test_a_reason_must_be_given(relengotron: Command) -> None:
    for way in WayOut:
        relengotron("quarantine", str(way), NVR, status=2)


def test_no_wish_is_stored_that_nobody_would_fulfil_because_the_gate_is_gone(
    relengotron: Command, database: Database, config: Path
) -> None:
    kept(database)
    text = (config / "gates.yaml").read_text().replace("  rawhide:\n", "  other:\n")
    (config / "gates.yaml").write_text(text)
    assert "there is no gate 'rawhide'" in relengotron("quarantine", "drop", NVR, "--reason", "x", status=3).output
    assert wishes(database) == []
