"""What does a person see and type of what stands at the gates?"""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.cli.gates import ordering, planning, showing, status
from relengotron.cli.who import person
from relengotron.engine.journal import effects, evidence, gate_looks, gate_orders, gated, holds, inbox, runs, upstream
from relengotron.engine.journal.database import Database
from relengotron.engine.sole import SoleRunner
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.model.codec import to_json
from relengotron.model.events import GateClosingWished, GateOpeningWished, PassWished
from relengotron.model.gate import GATE, GateAnswer, Reason, Requirement, RequirementState, Verdict
from relengotron.model.gate_plan import GatePlan, OutOfTheWay, PlannedBatch, Prospect
from relengotron.model.gated import (
    BuildState,
    Closing,
    GateBatch,
    GatedBuild,
    Pass,
    Quarantine,
    Suspicion,
    Upstream,
    WayOut,
    lane_of_batch,
    lane_of_quarantine,
)
from relengotron.model.intents import Start
from relengotron.model.outcome import Hold
from relengotron.model.quarantine import LEAVING, QuarantineWish
from relengotron.model.run import Evidence, RunState, StepState
from tests.unit.cli.story import NOW, Command

GATES = """\
gates:
  rawhide:
    pending: rawhide-pending
    target: rawhide
    quarantine: rawhide-badnewsbears
    product_version: fedora-rawhide
    owner: rawhide-oncall
"""
BATCH = "rawhide-0a1b2c3d4e5f"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _the_clock_stands_still_at_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (status, showing, ordering):
        monkeypatch.setattr(module, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def gates(config: Path) -> Path:
    """The example without its gates, and with one of our own."""
    path = config / "gates.yaml"
    path.write_text(GATES)
    (config / "policies" / "rawhide.yaml").unlink(missing_ok=True)
    return path


def a_build(nvr: str, state: BuildState = BuildState.ARRIVED, *, batch: str | None = None, reason: str = "", hours: float = 2) -> GatedBuild:  # fmt: skip  # noqa: E501
    came = NOW - HOUR * hours
    return GatedBuild("rawhide", nvr, nvr.rsplit("-", 2)[0], "0", "kevin", state, batch, reason, came, came)


def keep(database: Database, *builds: GatedBuild) -> None:
    with database.write() as db:
        for each in builds:
            assert gated.arrive(db, each)


def a_batch(database: Database, batch: str, *nvrs: str) -> str:
    """A run that tests these builds."""
    keep(database, *(a_build(nvr, BuildState.TESTING, batch=batch) for nvr in nvrs))
    request = GateBatch("rawhide", batch, nvrs, "built in f25-build-side-17")
    start = Start("gate_rawhide", lane_of_batch("rawhide", batch), f"batch {batch}", request, "keeper")
    with database.write() as db:
        run = runs.open_run(db, start, NOW - HOUR)
        assert run is not None
        step = "ensure_builds_have_verdicts"
        waits = "tests: bash-4.3.42-1.fc25: dist.depcheck not scheduled yet"
        runs.write_step(db, run, step, StepState.RUNNING, waits, NOW - HOUR)
        runs.change(db, run, RunState.OPEN, NOW - HOUR, reason=waits, look_again_at=NOW + HOUR)
        for nvr in nvrs:
            evidence.add(db, Evidence(run, step, "build", nvr, "testing", "it came with others", {}, NOW - HOUR))
    return run


def hold(database: Database, run: str, missing: str, command: str | None = None, step: str = "ensure_builds_may_move") -> None:  # fmt: skip  # noqa: E501
    with database.write() as db:
        wait = Hold((missing,), NOW + HOUR, "rawhide-oncall", command or f"relengotron explain {run}")
        runs.write_step(db, run, step, StepState.HELD, missing, NOW)
        holds.open_hold(db, run, step, wait, NOW)
        runs.change(db, run, RunState.HELD, NOW, reason=missing)


def in_quarantine(database: Database, nvr: str, tests: tuple[str, ...] = ("dist.depcheck",)) -> str:
    build = a_build(nvr, BuildState.QUARANTINED, reason="dist.depcheck failed", hours=72)
    keep(database, build)
    suspicion = Suspicion(nvr, build.reason, tests, (17,))
    request = Quarantine("rawhide", nvr, build.package, build.owner, suspicion, None)
    lane = lane_of_quarantine("rawhide", nvr)
    with database.write() as db:
        run = runs.open_run(db, Start("keep_in_quarantine", lane, f"keep {nvr}", request, "keeper"), build.since)
        assert run is not None
        command = f"relengotron quarantine release {nvr} --gate rawhide --reason TEXT"
        step = "ensure_a_way_out_is_found"
        runs.write_step(db, run, step, StepState.HELD, build.reason, build.since)
        holds.open_hold(db, run, step, Hold((build.reason,), NOW + HOUR, "kevin", command), build.since)
        runs.change(db, run, RunState.HELD, build.since, reason=build.reason)
    return run


def unwrapped(told: str) -> str:
    return " ".join(told.split())


def wishes(database: Database) -> list[object]:
    with database.read() as db:
        return [understand(Envelope.read(each.raw)) for each in inbox.unsettled(db, 10)]


def test_status_says_where_everything_stands_and_since_when(
    relengotron: Command, database: Database, daemon: SoleRunner
) -> None:
    a_batch(database, BATCH, "bash-4.3.42-1.fc25", "readline-6.3-9.fc25")
    in_quarantine(database, "gcc-6.1-1.fc25")
    keep(database, a_build("zsh-5.2-5.fc25", reason="waits for more of kevin until 12:10"))
    keep(database, a_build("vim-7.4-1.fc25", BuildState.ACCEPTED, hours=3), a_build("sed-4-1.fc25", BuildState.GONE))
    told = relengotron("gate", "status").output
    assert "rawhide  rawhide-pending -> rawhide, suspects to rawhide-badnewsbears\n  open\n" in told
    assert "1 pending, 2 testing, 1 in quarantine" in told
    assert f"{BATCH}, since 10:00:00 UTC (2 h ago): bash-4.3.42-1.fc25 and 1 more" in unwrapped(told)
    assert "builds have verdicts: tests: bash-4.3.42-1.fc25: dist.depcheck not scheduled yet" in unwrapped(told)
    assert "gcc-6.1-1.fc25 of kevin, for 3 d\n      dist.depcheck failed" in told
    assert "do: relengotron quarantine release|retry|drop NVR --reason TEXT" in told
    assert "zsh-5.2-5.fc25 of kevin, since 10:00:00 UTC (2 h ago)" in told
    assert "1 in the last day, 1 in the last week" in told
    assert "Stuck" not in told
    assert max(map(len, told.splitlines())) <= 80


def test_a_gate_whose_tags_nobody_can_see_says_since_when_and_why(relengotron: Command, database: Database) -> None:
    with database.write() as db:
        gate_looks.note(db, "rawhide", NOW - 3 * HOUR)
        gate_looks.note_trouble(db, "rawhide", "koji does not answer", NOW - 2 * HOUR)
        gate_looks.note_trouble(db, "rawhide", "koji is offline", NOW - HOUR)
    told = unwrapped(relengotron("gate", "status").output)
    assert "BLIND since 10:00:00 UTC (2 h ago), what has come since then is not seen: koji is offline" in told
    (gate,) = json.loads(relengotron("gate", "status", "--json").output)
    assert gate["look"]["trouble"] == "koji is offline"
    with database.write() as db:
        gate_looks.note(db, "rawhide", NOW)
    assert "BLIND" not in relengotron("gate", "status").output


def test_what_is_stuck_stands_first_and_together_with_its_like(relengotron: Command, database: Database) -> None:
    for number in range(9):
        hold(database, a_batch(database, f"rawhide-00000000000{number}", f"p{number}-1-1"), "tag is locked")
    told = relengotron("gate", "status").output
    assert told.startswith("The daemon is down")
    assert "Stuck (9)\n" in told
    assert told.count("tag is locked") == 1
    assert "and 8 more, since" in told
    assert "rawhide-oncall: relengotron explain " in told
    assert "9 stuck" in told


def test_a_batch_whose_run_is_over_and_a_build_without_a_run_are_stuck(
    relengotron: Command, database: Database
) -> None:
    run = a_batch(database, BATCH, "bash-1-1")
    with database.write() as db:
        runs.change(db, run, RunState.PARKED, NOW, reason="a defect")
    keep(database, a_build("gcc-1-1", BuildState.QUARANTINED))
    (gate,) = json.loads(relengotron("gate", "status", "--json").output)
    assert gate["batches"][0]["stuck"]["command"] == f"relengotron runs retry {run}"
    assert gate["quarantine"][0]["stuck"]["why"] == "no run answers for it"


def test_thousands_are_counted_and_the_oldest_listed(relengotron: Command, database: Database) -> None:
    keep(database, *(a_build(f"p{number}-1-1", hours=1 + number / 100) for number in range(1200)))
    told = relengotron("gate", "status").output
    assert "Pending (1,200)" in told
    assert "p1199-1-1" in told
    assert "and 1,194 more: --all" in told
    assert len(told.splitlines()) < 24
    assert relengotron("gate", "status", "--all").output.count("of kevin") == 1200
    assert len(json.loads(relengotron("gate", "status", "--json").output)[0]["pending"]) == 1200


def test_the_pace_of_the_last_week_says_how_long_what_is_under_way_takes(
    relengotron: Command, database: Database
) -> None:
    came = NOW - timedelta(days=2)
    for number, took in enumerate((1, 2, 3, 4, 30)):
        build = a_build(f"p{number}-1-1", BuildState.ACCEPTED)
        keep(database, replace(build, arrived_at=came - HOUR * took, since=came))
    keep(database, a_build("zsh-5-1", hours=2.5))
    told = relengotron("gate", "status").output
    assert "0 in the last day, 5 in the last week; each in 3 h (1 h to 1 d 6 h, from 5 builds)" in unwrapped(told)
    assert "ETA      about 1 h 30 min" in told
    (gate,) = json.loads(relengotron("gate", "status", "--json").output)
    assert gate["eta_s"]["count"] == 3
    assert gate["through"]["week"] == {"accepted": 5}


def test_a_closed_gate_says_who_closed_it_and_how_it_is_opened(relengotron: Command, database: Database) -> None:
    with database.write() as db:
        gate_orders.close(db, Closing("rawhide", "alice", "mass rebuild", NOW - HOUR, NOW + HOUR))
        gate_orders.close(db, Closing("rawhide", "bob", "beta freeze", NOW))
    told = relengotron("gate", "status", "--tag", "rawhide").output
    assert "CLOSED by alice since 11:00:00 UTC (1 h ago), until 13:00:00 UTC (in 1 h): mass rebuild" in unwrapped(told)
    assert "do: relengotron gate open rawhide --reason TEXT" in told
    (gate,) = json.loads(relengotron("gate", "status", "--json").output)
    assert not gate["is_open"]
    assert [each["who"] for each in gate["closings"]] == ["alice", "bob"]


def test_what_waits_for_a_closed_gate_is_ready_and_no_alarm(
    relengotron: Command, database: Database, daemon: SoleRunner
) -> None:
    command = "relengotron gate open rawhide --reason TEXT"
    hold(database, a_batch(database, BATCH, "bash-1-1"), "gate rawhide is closed, by alice: mass rebuild", command)
    told = relengotron("gate", "status").output
    assert "Ready, before a shut gate (1)" in told
    assert "Stuck" not in told
    assert "rawhide: 1 ready" in relengotron("status", "--check").output


def test_what_waits_for_its_dependants_is_under_way_and_no_alarm(
    relengotron: Command, database: Database, daemon: SoleRunner
) -> None:
    run = a_batch(database, BATCH, "lib-2-1")
    missing, command = "app requires lib.so.1", "relengotron gate pass rawhide lib-2-1 --reason TEXT"
    hold(database, run, missing, command, step="ensure_the_target_stays_closed")
    assert "rawhide: 1 testing" in relengotron("status", "--check").output
    assert missing in relengotron("gate", "status").output


def test_a_gate_or_tag_that_nobody_knows_is_not_found(relengotron: Command, database: Database) -> None:
    assert "There are: rawhide" in relengotron("gate", "status", "--gate", "rawhidee", status=3).output
    assert "The tags of gates: rawhide, rawhide-b" in relengotron("gate", "status", "--tag", "f24", status=3).output


def test_without_gates_everything_says_so_kindly(relengotron: Command, gates: Path, database: Database) -> None:
    gates.unlink()
    assert relengotron("gate", "status").output.startswith("No gate is configured")
    assert json.loads(relengotron("gate", "status", "--json").output) == []
    for words in (("close", "rawhide"), ("open", "rawhide"), ("pass", "rawhide", "bash-1-1")):
        assert "docs/gates.md says how" in relengotron("gate", *words, "--reason", "x", status=3).output
    assert "no gate knows" in relengotron("gate", "show", "bash-1-1", status=3).output


def test_builds_at_a_gate_that_was_taken_out_of_the_configuration_are_not_forgotten(
    relengotron: Command, gates: Path, database: Database
) -> None:
    keep(database, a_build("bash-1-1"))
    gates.write_text(GATES.replace("rawhide:", "elsewhere:"))
    told = relengotron("gate", "status").output
    assert "rawhide is not in gates.yaml any more, and 1 build left there" in unwrapped(told)


def test_a_person_closes_a_gate_until_a_time_and_opens_it_again(relengotron: Command, database: Database) -> None:
    told = relengotron("gate", "close", "rawhide", "--reason", "beta freeze", "--until", "2h").output
    assert "Asked to close gate rawhide until 14:00:00 UTC (in 2 h)" in told
    assert "nobody has closed gate rawhide" in relengotron("gate", "open", "rawhide", "--reason", "x", status=1).output
    with database.write() as db:
        gate_orders.close(db, Closing("rawhide", "alice", "beta freeze", NOW))
    assert "which alice closed" in relengotron("gate", "open", "rawhide", "--reason", "it is over").output
    assert wishes(database) == [
        GateClosingWished("rawhide", person(), "beta freeze", NOW + timedelta(hours=2)),
        GateOpeningWished("rawhide", person(), "it is over"),
    ]


def test_what_cannot_be_said_of_a_gate_is_refused_and_nothing_is_stored(
    relengotron: Command, database: Database
) -> None:
    keep(database, a_build("bash-1-1"), a_build("vim-1-1", BuildState.ACCEPTED))
    for words, code, told in (
        (("close", "rawhide"), 2, "Missing option '--reason'"),
        (("close", "rawhide", "--reason", "x\ny"), 2, "one printable line"),
        (("close", "rawhide", "--reason", "x", "--until", "tomorrow"), 2, "is no time"),
        (("close", "rawhide", "--reason", "x", "--until", "2001-01-01T00:00:00Z"), 2, "is over already"),
        (("pass", "rawhide", "--reason", "x"), 2, "Missing argument 'NVR...'"),
        (("pass", "rawhide", "bash-1-1", "gcc-1-1", "--reason", "x"), 3, "never came to gate rawhide: gcc-1-1"),
        (("pass", "rawhide", "bash-1-1", "vim-1-1", "--reason", "x"), 1, "vim-1-1 is accepted already"),
    ):
        assert told in relengotron("gate", *words, status=code).output
    assert not wishes(database)


def test_a_pass_says_how_many_people_are_still_needed(relengotron: Command, database: Database) -> None:
    keep(database, a_build("bash-1-1"), a_build("gcc-1-1", BuildState.QUARANTINED))
    told = relengotron("gate", "pass", "rawhide", "bash-1-1", "--reason", "it heals the build root").output
    assert f"Asked to let bash-1-1 pass: let through by {person()}; 1 more must say so." in told
    with database.write() as db:
        for nvr in ("bash-1-1", "gcc-1-1"):
            gate_orders.let_through(db, Pass("rawhide", nvr, "somebody-else", "yes", NOW))
    told = relengotron("gate", "pass", "rawhide", "bash-1-1", "gcc-1-1", "--reason", "it heals").output
    assert f"Asked to let bash-1-1 pass: let through by somebody-else, {person()}." in told
    assert "out of it: relengotron quarantine release gcc-1-1 --gate rawhide --reason TEXT" in told
    assert wishes(database)[1] == PassWished("rawhide", person(), ("bash-1-1", "gcc-1-1"), "it heals")


def test_the_story_of_a_build_tells_where_it_stands_why_and_what_can_be_done(
    relengotron: Command, database: Database
) -> None:
    run = a_batch(database, BATCH, "bash-1-1", "gcc-1-1")
    shut(database, run, "bash-1-1")
    told = relengotron("gate", "show", "bash-1-1").output
    assert told.startswith("bash-1-1  tested at gate rawhide\n")
    assert f"batch {BATCH}" in told
    assert f"Batch {BATCH} of 2 builds, run {run}, running" in told
    assert f"relengotron waive {run} dist.depcheck --reason TEXT" in told
    assert "relengotron gate pass rawhide bash-1-1 --reason TEXT" in told
    assert "testing: it came with others" in told
    assert told == relengotron("explain", "bash-1-1").output
    (known,) = json.loads(relengotron("gate", "show", "bash-1-1", "--json").output)
    assert known["build"]["batch"] == BATCH
    assert len(known["runs"]) == 1


def shut(database: Database, run: str, nvr: str) -> None:
    requirement = Requirement(nvr, nvr, "dist.depcheck", "koji_build")
    reasons = (Reason(requirement, RequirementState.FAILED, Verdict.CLOSED),)
    answer = GateAnswer(Verdict.CLOSED, reasons, "own evaluation", "koji_gate", "fedora-rawhide")
    step = "ensure_builds_have_verdicts"
    with database.write() as db:
        evidence.add(db, Evidence(run, step, GATE, answer.context, "closed", "", to_json(answer), NOW))


def test_a_batch_is_found_by_its_name_wherever_a_run_is_named(relengotron: Command, database: Database) -> None:
    run = a_batch(database, BATCH, "bash-1-1", "gcc-1-1")
    hold(database, run, "tag is locked")
    told = relengotron("gate", "show", BATCH).output
    assert told.startswith(f"{BATCH}  2 builds at gate rawhide\n  why: built in f25-build-side-17\n")
    assert "gcc-1-1  tested since" in told
    assert f"rawhide-oncall: relengotron explain {run}" in told
    assert run in relengotron("explain", BATCH).output
    assert run in relengotron("runs", "show", BATCH).output
    assert run in relengotron("runs", "show", "gcc-1-1").output
    assert json.loads(relengotron("gate", "show", BATCH, "--json").output)["batch"]["id"] == BATCH


def test_a_build_that_follows_upstream_says_so(relengotron: Command, database: Database) -> None:
    old, new = a_build("bash-4.3-9", BuildState.ACCEPTED, hours=9), a_build("bash-4.4-1")
    keep(database, old, new)
    with database.write() as db:
        upstream.note(
            db, Upstream("bash", "4.4", NOW - HOUR * 5, "4.3.48", "https://release-monitoring.org/project/166/", 7)
        )

    told = " ".join(relengotron("gate", "show", "bash-4.4-1").output.split())
    sentence = f"update of bash from 4.3 to 4.4, found upstream on {NOW - HOUR * 5:%Y-%m-%d}"
    assert f"{sentence} (https://release-monitoring.org/project/166/, bug 7)" in told
    assert "upstream" not in relengotron("gate", "show", "bash-4.3-9").output
    (known,) = json.loads(relengotron("gate", "show", "bash-4.4-1", "--json").output)
    assert (known["upstream"]["before"], known["upstream"]["version"]) == ("4.3", "4.4")


def test_a_batch_says_what_its_builds_bring_from_upstream(relengotron: Command, database: Database) -> None:
    a_batch(database, BATCH, "bash-4.4-1.fc25", "readline-6.3-9.fc25")
    with database.write() as db:
        upstream.note(db, Upstream("bash", "4.4", NOW - HOUR * 5, "4.3", None, None))
    told = unwrapped(relengotron("gate", "show", BATCH).output)
    assert f"update of bash from 4.3 to 4.4, found upstream on {NOW - HOUR * 5:%Y-%m-%d}" in told
    assert [
        each["package"] for each in json.loads(relengotron("gate", "show", BATCH, "--json").output)["upstream"]
    ] == ["bash"]


def test_a_build_in_quarantine_shows_its_ways_out(relengotron: Command, database: Database) -> None:
    in_quarantine(database, "gcc-1-1")
    told = relengotron("explain", "gcc-1-1").output
    assert told.startswith("gcc-1-1  in quarantine at gate rawhide\n")
    for way in ("release", "retry", "drop"):
        assert f"relengotron quarantine {way} gcc-1-1 --gate rawhide --reason TEXT" in told
    assert "Quarantine, run " in told


def test_a_build_in_quarantine_is_offered_only_what_works_there(relengotron: Command, database: Database) -> None:
    in_quarantine(database, "gcc-1-1", tests=())
    told = relengotron("gate", "show", "gcc-1-1").output
    assert "quarantine release gcc-1-1" in told
    assert "quarantine drop gcc-1-1" in told
    assert "quarantine retry" not in told
    assert "gate pass" not in told


def test_a_build_that_somebody_lets_out_of_quarantine_already_is_offered_nothing(
    relengotron: Command, database: Database
) -> None:
    run = in_quarantine(database, "gcc-1-1")
    with database.write() as db:
        effects.decide(db, run, LEAVING, to_json(QuarantineWish(WayOut.DROP, "ralph", "it is broken", NOW)), NOW)
    (known,) = json.loads(relengotron("gate", "show", "gcc-1-1", "--json").output)
    assert known["commands"] == []


@pytest.mark.parametrize("state", list(BuildState))
def test_people_are_asked_for_a_pass_only_while_a_build_stands_at_the_gate(
    relengotron: Command, database: Database, state: BuildState
) -> None:
    keep(database, a_build("bash-1-1", state))
    with database.write() as db:
        gate_orders.let_through(db, Pass("rawhide", "bash-1-1", "root", "yes", NOW))
    told = relengotron("gate", "show", "bash-1-1").output
    assert ("let through by root; 1 more must say so" in told) != state.is_settled


class _Planner:
    def __init__(self, *batches: PlannedBatch) -> None:
        closings = (Closing("rawhide", "alice", "mass rebuild", NOW),) if len(batches) > 1 else ()
        old = OutOfTheWay("vim-7-1", "vim-7-2 is newer")
        tags = ("rawhide-pending", "rawhide", "rawhide-badnewsbears")
        self.found = GatePlan("rawhide", *tags, NOW, closings, batches, (old,), ("gcc-1-1",), ("a note",))

    def plan(self) -> GatePlan:
        return self.found


def test_the_plan_of_a_gate_says_first_what_moves_and_then_why_the_rest_does_not(
    relengotron: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = PlannedBatch(("bash-1-1", "zsh-1-1"), "built in a side tag", Prospect.MOVES)
    breaks = tuple(f"p{number}-1-1 requires lib.so.1, which nothing provides (x86_64)" for number in range(7))
    bad = PlannedBatch(("lib-2-1",), "", Prospect.WAITS, ("it would break what is in the target",), breaks, BATCH)
    monkeypatch.setattr(planning, "gate_planner", lambda *_words: _Planner(good, bad))
    told = relengotron("plan", "--gate", "rawhide", status=1).output
    assert told.index("Would move now (2 builds)") < told.index("Waits (1 build)")
    assert "bash-1-1, zsh-1-1\n      together: built in a side tag" in told
    assert f"lib-2-1  [{BATCH}]" in told
    assert "and 2 more: --json" in told
    assert "CLOSED by alice: mass rebuild" in told
    assert "vim-7-1: vim-7-2 is newer" in told
    assert json.loads(relengotron("plan", "--gate", "rawhide", "--json", status=1).output)["batches"][1]["breaks"]
    monkeypatch.setattr(planning, "gate_planner", lambda *_words: _Planner(good))
    relengotron("plan", "--gate", "rawhide")


def test_a_plan_of_a_gate_is_of_nothing_else(relengotron: Command) -> None:
    assert "There are: rawhide" in relengotron("plan", "--gate", "f24", status=3).output
    assert "leave out --release" in relengotron("plan", "--gate", "rawhide", "--release", "F24", status=2).output
    assert "only one of" in relengotron("plan", "--gate", "rawhide", "--builds", "bash-1-1", status=2).output


def test_the_overview_has_a_line_for_each_gate_and_none_for_each_batch(
    relengotron: Command, database: Database, daemon: SoleRunner
) -> None:
    run = a_batch(database, BATCH, "bash-1-1")
    in_quarantine(database, "gcc-1-1")
    told = relengotron("status", "--check").output
    assert "rawhide: 1 testing, 1 in quarantine\n" in told
    assert BATCH not in told
    assert "nothing is in flight" in relengotron("runs", "watch", "--once").output
    hold(database, run, "tag is locked")
    told = relengotron("status", "--check", status=1).output
    assert "1 stuck at gate rawhide: relengotron gate status --gate rawhide" in told
    (gate,) = json.loads(relengotron("status", "--json").output)["gates"]
    assert gate == {"gate": "rawhide", "is_open": True, "counts": {"stuck": 1, "in quarantine": 1}, "stuck": 1}


def test_a_shut_gate_of_a_run_names_every_command_that_leads_on(relengotron: Command, database: Database) -> None:
    run = a_batch(database, BATCH, "bash-1-1")
    shut(database, run, "bash-1-1")
    told = relengotron("explain", run).output
    assert "What leads on:" in told
    assert f"relengotron waive {run} dist.depcheck --reason TEXT" in told
    assert "relengotron gate pass rawhide bash-1-1 --reason TEXT" in told
    assert f"relengotron runs cancel {run} --reason TEXT" in told
    assert "eject" not in told


def test_a_gate_whose_tags_nobody_sees_is_an_alarm_after_a_while(
    relengotron: Command, database: Database, daemon: SoleRunner
) -> None:
    with database.write() as db:
        gate_looks.note_trouble(db, "rawhide", "Koji does not answer", NOW - timedelta(minutes=5))
    relengotron("status", "--check")
    with database.write() as db:
        gate_looks.note(db, "rawhide", NOW - HOUR)
        gate_looks.note_trouble(db, "rawhide", "Koji does not answer", NOW - HOUR)
    told = relengotron("status", "--check", status=1).output
    assert "the tags of gate rawhide were not seen since 11:00:00 UTC (1 h ago): relengotron gate status" in told
