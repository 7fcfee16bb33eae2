"""What a plan says before a push, what it leaves alone, and how it looks on the screen and to programs."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relengotron.cli import against, graph, plan_request, reconfiguring
from relengotron.cli.main import main
from relengotron.model.codec import from_json, to_json
from relengotron.model.push_plan import Move, PushPlan, Treatment
from relengotron.systems.mischief import Kind, Rule
from tests.builders import an_update, our_request
from tests.stage.planning import lane_of, planned
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

TREE = an_update("bash-4.3.42-5.fc24", "openssl-1.0.2-3.fc24", security=True)
REPO = an_update("nano-2.6-1.fc24")
GONE = an_update("nano-2.6-2.fc24", is_in_koji=False)
FIRST = an_update("glibc-2.0-1.fc24")
Command = Callable[..., Result]


def pushed_once(stage: Stage) -> Stage:
    """A lane that was pushed once, so that its artifacts are live, and two updates that wait; Koji lacks a third."""
    stage.start_push()
    stage.run_until_quiet()
    for update in (TREE, REPO, GONE):
        stage.outside.add(update)
    return stage


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage that many plans look at and none changes."""
    stage = Stage(tmp_path_factory.mktemp("plans"), [FIRST])
    yield pushed_once(stage)
    stage.close()


@pytest.fixture
def stage(make_stage: MakeStage) -> Stage:
    """The same for a story that goes on."""
    return pushed_once(make_stage(FIRST))


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Stage], Command]:
    """The command in a rehearsal."""

    def of(stage: Stage) -> Command:
        for module in (plan_request, graph):
            monkeypatch.setattr(module, "world_to_look_at", lambda _: stage.outside.open(stage.settings))
        for module in (plan_request, against, reconfiguring):
            monkeypatch.setattr(module, "now", stage.clock)

        def call(*words: str, status: int = 0, written: str | None = None) -> Result:
            config = str(stage.root / "config")
            result = CliRunner().invoke(main, ["--config", config, *words], input=written, catch_exceptions=False)
            assert result.exit_code == status, result.output
            return result

        return call

    return of


@pytest.fixture
def relengotron(calm: Stage, command: Callable[[Stage], Command]) -> Command:
    """The command on the stage that nobody changes."""
    return command(calm)


def test_a_plan_says_what_ships_moves_changes_and_goes_live(calm: Stage) -> None:
    lane = lane_of(planned(calm), "F24/testing")

    assert {update.alias for update in lane.ships} == {TREE.alias, REPO.alias}
    assert [(each.alias, each.reason) for each in lane.ejected] == [
        (GONE.alias, "Koji has no complete build nano-2.6-2.fc24")
    ]
    assert Move("bash-4.3.42-5.fc24", "f24-updates-candidate", "f24-updates-testing") in lane.moves
    assert {each.tag for each in lane.untags} == {"f24-updates-testing-pending"}
    treatments = {each.name: each.treatment for each in lane.artifacts}
    assert treatments == {
        "f24-updates-testing": Treatment.COMPOSE,
        "atomic-host": Treatment.COMPOSE,
        "atomic-iso": Treatment.FOLLOWS,
        "atomic-disk": Treatment.FOLLOWS,
    }
    host = next(each for each in lane.artifacts if each.name == "atomic-host")
    assert [str(change) for change in host.changes] == [
        "bash 1-1.fc24 → 4.3.42-5.fc24",
        "openssl 1-1.fc24 → 1.0.2-3.fc24",
    ]
    assert host.required_tests == ("dist.ostree_content",)
    assert lane.tasks == {"tagBuild": 3, "runroot": 3, "image": 1}
    assert lane.published == ("f24-updates-testing", "atomic-host", "atomic-iso", "atomic-disk")
    assert lane.acknowledged_by == ("bodhi-stage",)
    assert lane.is_clear


def test_a_plan_estimates_from_history(calm: Stage) -> None:
    forecast = lane_of(planned(calm), "F24/testing").forecast

    assert "from 1 run" in str(forecast.eta)
    assert forecast.tasks == 7
    assert forecast.task_hours is not None
    assert forecast.unknown_kinds == ()


def test_a_lane_without_history_says_so(make_stage: MakeStage) -> None:
    forecast = planned(make_stage(REPO)).lanes[0].forecast

    assert str(forecast.eta) == "no history"
    assert forecast.task_hours is None
    assert forecast.unknown_kinds == ("image", "mash", "ostree")


def test_a_plan_changes_nothing(calm: Stage) -> None:
    calm.power.arm()
    said, journal = len(calm.bus.sent), calm.machine.database
    with journal.read() as db:
        before = list(db.connection.driver_connection.iterdump())  # type: ignore[union-attr]

    assert planned(calm).is_clear

    with journal.read() as db:
        assert list(db.connection.driver_connection.iterdump()) == before  # type: ignore[union-attr]
    assert calm.power.moments == []
    assert len(calm.bus.sent) == said


def test_a_plan_reads_what_the_index_knows_while_pdc_is_away_and_says_so(make_stage: MakeStage) -> None:
    stage = make_stage(an_update("bash-4.3.42-5.fc24"))
    stage.start_push()
    stage.run_until_quiet()
    stage.outside.add(an_update("bash-4.3.42-6.fc24"))
    stage.clock.pass_by(hours=24)
    stage.outside.pdc.misbehave(Rule(Kind.REFUSED, times=None))

    notes = planned(stage).lanes[0].notes

    assert any(note.startswith("which artifacts contain a package: PDC, as it was at") for note in notes)


def test_files_that_cannot_be_read_leave_only_names_to_compare(calm: Stage) -> None:
    there, away = calm.root / "koji" / "packages", calm.root / "koji" / "away"
    there.rename(away)
    try:
        lane = lane_of(planned(calm, REPO), "F24/testing")
    finally:
        away.rename(there)

    assert any("RPM files cannot be read" in note for note in lane.notes)
    host = next(each for each in lane.artifacts if each.name == "atomic-host")
    assert host.treatment is Treatment.DOUBT


def test_what_cannot_be_installed_would_hold_the_push(stage: Stage) -> None:
    stage.outside.builder.words.requires["bash"] = ["nothing-has-it"]

    lane = lane_of(planned(stage, TREE), "F24/testing")

    assert not lane.is_clear
    assert lane.holds[0].startswith("atomic-host: cannot be installed on x86_64: ")


def test_a_run_in_the_lane_is_told(stage: Stage) -> None:
    stage.outside.tester.verdicts["atomic-host"] = "FAILED"
    stage.start_push()
    stage.run_until_quiet()
    later = an_update("nano-2.7-1.fc24")
    stage.outside.add(later)

    notes = lane_of(planned(stage, later), "F24/testing").notes

    assert f"{stage.push('F24/testing').id} is at work in this lane: the push waits for it" in notes


def test_builds_without_an_update_are_planned_into_the_lane_that_they_are_thought_of(relengotron: Command) -> None:
    told = relengotron("plan", "--builds", "glibc-2.0-1.fc24", "--release", "F24", "--request", "testing").output

    assert "Bodhi has no update of glibc-2.0-1.fc24: planned as if it had one" in told
    assert "In their target already" in told


def test_builds_that_nobody_can_place_are_a_mistake(relengotron: Command) -> None:
    told = relengotron("plan", "--builds", "glibc-2.0-1.fc24", status=2).output
    assert "say into which lane they are thought" in told


def test_a_build_brings_its_whole_update(relengotron: Command) -> None:
    told = relengotron("plan", "--builds", "openssl-1.0.2-3.fc24").output
    assert "1 update, 2 builds" in told


def test_an_edited_manifest_that_the_solver_cannot_install_is_told_beside_the_edit(
    calm: Stage, command: Callable[[Stage], Command]
) -> None:
    new = calm.root / "typo"
    shutil.copytree(calm.root / "config", new)
    artifacts = new / "artifacts" / "stage.yaml"
    artifacts.write_text(artifacts.read_text().replace("bash", "bsah"))
    told = " ".join(command(calm)("--config", str(new), "plan", status=1).output.split())
    assert "Would hold the push atomic-host: cannot be installed on x86_64: nothing provides bsah, which" in told


def test_the_screen_fits_a_terminal_and_says_holds_first(
    make_stage: MakeStage, command: Callable[[Stage], Command]
) -> None:
    stage = make_stage(TREE, GONE, an_update("openssl-1.0.2-4.fc24", is_signed=False))

    told = command(stage)("plan", "--release", "F24", status=1).output

    assert max(map(len, told.splitlines())) <= 80
    lines = told.splitlines()
    assert lines[1] == "  Would hold the push"
    assert "openssl-1.0.2-4.fc24: 3 RPMs lack a signature of key deadbeef" in lines[2]
    assert f"    {GONE.alias} stays behind: Koji has no complete build" in told


def test_only_one_request_can_be_looked_at(relengotron: Command) -> None:
    assert "F24/testing" in relengotron("plan", "--request", "testing").output
    assert relengotron("plan", "--request", "stable", status=1).output == "Nothing is left to push.\n"
    told = relengotron("plan", "--updates", TREE.alias, "--request", "stable", status=1).output
    assert "left out: F24/testing: it is not asked for here" in told


def test_the_graph_leads_from_a_build_through_its_packages_to_what_is_made_from_them(relengotron: Command) -> None:
    told = relengotron("graph", "F24/testing", "--build", "bash-4.3.42-5.fc24", "--json").output
    edges = {(edge["kind"], edge["start"], edge["end"], edge["learned_from"].split()[0])
             for artifact in json.loads(told)[0]["artifacts"] for edge in artifact["edges"]}  # fmt: skip
    assert ("builds", "bash", "bash", "Koji") in edges
    assert ("is included in", "bash", "atomic-host", "commit") in edges
    assert ("goes into", "f24-updates-testing", "atomic-host", "config/artifacts") in edges
    assert ("goes into", "atomic-host", "atomic-iso", "config/artifacts") in edges
    assert (
        relengotron("graph", "--build", "nobody-1-1", status=3).output
        == "Error: Koji has no complete build nobody-1-1\n"
    )
    assert "there are F24/stable, F24/testing" in relengotron("graph", "F24", status=2).output


def test_the_graph_of_a_package_that_nothing_contains_is_empty(relengotron: Command) -> None:
    assert "bash-1-1.fc24.x86_64" in relengotron("graph", "F24/testing", "--package", "bash").output
    assert relengotron("graph", "--package", "nobody", status=1).output.startswith("Error: nothing that is live")


def test_one_artifact_is_shown_whole(relengotron: Command) -> None:
    told = relengotron("plan", "--updates", TREE.alias, "--artifact", "atomic-host").output

    assert "atomic-host in F24/testing" in told
    assert "    bash 1-1.fc24 → 4.3.42-5.fc24 (x86_64)" in told
    assert "Koji task runroot in f24-build: rpm-ostree compose tree" in told
    assert "knows no artifact 'atomic-hose'" in relengotron("plan", "--artifact", "atomic-hose", status=3).output


def test_names_after_an_option_belong_to_it_and_strangers_are_told(relengotron: Command) -> None:
    told = relengotron("plan", "--updates", TREE.alias, REPO.alias, "nothing-1-1").output

    assert "left out: Bodhi knows no update nothing-1-1" in told
    assert "2 updates, 3 builds" in told
    assert "left out: Bodhi knows no update" in relengotron("plan", "--updates", "nothing-1-1", status=3).output
    relengotron("plan", TREE.alias, status=2)
    relengotron("plan", "--updates", TREE.alias, "--builds", "a-1-1", status=2)


def test_a_batch_is_read_as_strictly_as_a_message(relengotron: Command) -> None:
    body = our_request(TREE)["msg"]
    assert "1 update, 2 builds" in relengotron("plan", "--batch", "-", written=json.dumps(body)).output

    del body["agent"]
    told = relengotron("plan", "--batch", "-", written=json.dumps(body), status=2).output
    assert "msg.agent: missing" in told
    relengotron("plan", "--batch", "-", written="[" * 100_000, status=2)
    assert "larger than" in relengotron("plan", "--batch", "/dev/zero", status=2).output


def test_nothing_to_push_is_no(make_stage: MakeStage, command: Callable[[Stage], Command]) -> None:
    assert command(make_stage())("plan", status=1).output == "Nothing is left to push.\n"


def test_a_plan_works_before_there_is_any_journal_and_makes_none(
    make_stage: MakeStage, command: Callable[[Stage], Command]
) -> None:
    stage = make_stage(REPO)
    stage.close()
    for file in stage.root.glob("journal.db*"):
        file.unlink()

    assert "until done: no history" in command(stage)("plan").output

    assert not list(stage.root.glob("journal.db*"))
    stage.restart()


def test_a_saved_plan_is_compared_with_the_run(
    stage: Stage, command: Callable[[Stage], Command], tmp_path: Path
) -> None:
    relengotron = command(stage)
    saved = tmp_path / "plan.json"
    saved.write_text(relengotron("plan", "--json").output)
    assert to_json(from_json(PushPlan, json.loads(saved.read_text()))) == json.loads(saved.read_text())
    stage.start_push()
    stage.run_until_quiet()
    run = stage.push("F24/testing").id

    assert "It did what was planned." in relengotron("explain", run, "--against", str(saved)).output
    told = json.loads(relengotron("explain", run, "--against", str(saved), "--json").output)
    assert told == {"run": run, "equal": True, "differences": []}

    plan = json.loads(saved.read_text())
    plan["lanes"][0]["published"] = []
    saved.write_text(json.dumps(plan))
    assert "unexplained" in relengotron("explain", run, "--against", str(saved), status=1).output
    saved.write_text("{}")
    assert (
        "is no plan as relengotron plan --json writes it: not a PushPlan"
        in relengotron("explain", run, "--against", str(saved), status=2).output
    )
    told = relengotron("explain", run, "atomic-host", "--against", str(saved), status=2).output
    assert "leave out the artifact" in told


def test_a_run_says_why_each_artifact_was_composed_after_it_is_live_too(
    stage: Stage, command: Callable[[Stage], Command]
) -> None:
    stage.start_push()
    stage.run_until_quiet()
    told = command(stage)("explain", stage.push("F24/testing").id).output
    live = told[told.index("artifact atomic-host  published") :].splitlines()
    assert live[1].startswith("    because: ")
    assert "update" in command(stage)("explain", TREE.alias).output.splitlines()[0]


def test_another_configuration_is_looked_at_before_it_is_used(
    stage: Stage, command: Callable[[Stage], Command]
) -> None:
    def told_of(new: Path, status: int = 0) -> str:
        return " ".join(command(stage)("plan", "--config", str(new), status=status).output.split())

    stage.outside.tester.verdicts["atomic-host"] = "FAILED"
    stage.start_push()
    stage.run_until_quiet()
    new = stage.root / "new"
    shutil.copytree(stage.root / "config", new)
    artifacts = new / "artifacts" / "stage.yaml"
    artifacts.write_text(artifacts.read_text().replace("images/{repo}/{version}/atomic-iso", "isos/{repo}/{version}"))

    told = told_of(new)
    command(stage)("plan", "--config", str(new), "--release", "F24", status=2)

    assert "atomic-iso: would be published below isos/updates-testing/24" in told
    assert "Every lane" not in told
    past = told[told.index("Pushes of the last 7 days") :]
    assert "- atomic-iso would have gone live below isos/updates-testing/24 instead of" in past

    systems = new / "systems.yaml"
    calm = systems.read_text()
    systems.write_text(calm.replace("pdc:", "pdc:\n  index_kept_for: 40d", 1))
    assert "Everywhere pdc.index_kept_for is" in told_of(new)
    systems.write_text(calm)

    artifacts.write_text(artifacts.read_text().replace("name: atomic-iso", "name: atomic-cd"))
    told = told_of(new, status=1)
    assert "would be stuck: it stops: atomic-iso is composed, and is not configured any more" in told
    assert "- cannot be told: atomic-cd: nothing was found out about it then" in told

    artifacts.write_text(artifacts.read_text().replace("kind: image", "kind: imagine"))
    assert "imagine" in told_of(new, status=1)
