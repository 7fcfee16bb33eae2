"""What people see of the calendar, and how they have something done now."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.cli import calendar as command
from relengotron.engine.journal import calendar, inbox, runs
from relengotron.engine.journal.database import Database
from relengotron.model.intents import Start
from relengotron.model.run import RunState
from relengotron.settings import load
from tests.unit.cli.story import NOW, Command


@pytest.fixture(autouse=True)
def _the_clock_of_the_calendar_stands_still_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "now", lambda: NOW)


@pytest.fixture
def repo(tmp_path: Path, config: Path) -> Path:
    """A repo of trees that the calendar looks after every Monday."""
    place, tree = tmp_path / "repo", tmp_path / "tree"
    tree.mkdir()
    subprocess.run(["ostree", f"--repo={place}", "init", "--mode=archive"], check=True, capture_output=True)
    for number in range(3):
        (tree / "file").write_text(str(number))
        words = ["commit", "--branch=live/ref", f"--tree=dir={tree}", "--subject=s", "--no-bindings"]
        subprocess.run(["ostree", f"--repo={place}", *words], check=True, capture_output=True)
    with (config / "relengotron.yaml").open("a") as file:
        file.write(
            f"\ncalendar:\n  - {{name: care, workflow: look_after_trees, every: 7d, at: '03:30',"
            f" trees: {{repo: {place}, deltas: 1}}}}\n"
        )
    return place


def met(database: Database, config: Path) -> None:
    """A daemon has read the calendar."""
    (entry,) = load(config, examine_secrets=False).calendar
    with database.write() as db:
        calendar.settle(db, "care", str(entry.rhythm), NOW)


def opened(database: Database, state: RunState) -> str:
    with database.write() as db:
        run = runs.open_run(db, Start("look_after_trees", "trees /srv", "calendar care 1", None, "-"), NOW)
        assert run is not None
        runs.change(db, run, state, NOW)
        calendar.note_run(db, "care", run)
    return run


def test_an_empty_calendar_says_so(relengotron: Command, database: Database) -> None:
    assert "none: the calendar in relengotron.yaml is empty" in relengotron("calendar").output
    assert "Calendar" not in relengotron("status").output


def test_next_and_last_are_listed_here_and_in_the_status(
    relengotron: Command, database: Database, config: Path, repo: Path
) -> None:
    met(database, config)
    run = opened(database, RunState.DONE)
    listed = relengotron("calendar").output
    assert "2016-06-06 03:30:00 UTC (in 4 d 15 h)" in listed
    assert f"{run}, done" in listed
    assert "care: next 2016-06-06 03:30:00 UTC" in relengotron("status").output
    (told,) = json.loads(relengotron("calendar", "--json").output)
    assert (told["next"], told["last"]["id"]) == ("2016-06-06T03:30:00+00:00", run)


def test_what_the_daemon_has_not_read_yet_is_told(relengotron: Command, database: Database, repo: Path) -> None:
    assert "never: the running daemon does not know it" in relengotron("calendar").output
    assert "restart" in relengotron("calendar", "run", "care", status=1).output


def test_a_plan_says_what_would_be_done_and_changes_nothing(relengotron: Command, repo: Path) -> None:
    planned = relengotron("calendar", "plan", "care").output
    assert "read every object" in planned
    assert "make 1 static deltas to the head of live/ref" in planned
    listed = subprocess.run(
        ["ostree", f"--repo={repo}", "static-delta", "list"], check=True, capture_output=True, text=True
    ).stdout
    assert "No static deltas" in listed


def test_a_wish_is_stored_for_the_daemon(relengotron: Command, database: Database, config: Path, repo: Path) -> None:
    met(database, config)
    assert "Asked to do care now" in relengotron("calendar", "run", "care").output
    with database.read() as db:
        (stored,) = inbox.unsettled(db, 10)
    assert stored.topic.endswith("relengotron.person.appointment")


def test_what_is_being_done_is_not_asked_for_again(
    relengotron: Command, database: Database, config: Path, repo: Path
) -> None:
    met(database, config)
    run = opened(database, RunState.HELD)
    assert f"{run} does it already" in relengotron("calendar", "run", "care", status=1).output


def test_an_unknown_name_is_told_with_the_known_ones(relengotron: Command, database: Database, repo: Path) -> None:
    for verb in ("plan", "run"):
        assert "there are: care" in relengotron("calendar", verb, "nonsense", status=3).output


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("every: 6h, at: '03:30'", "whole days"),
        ("at: 210", "a time of day in quotes"),
        ("workflow: push_updates", "look_after_trees"),
    ],
)
def test_a_mistake_in_the_calendar_is_told_with_what_is_allowed(
    relengotron: Command, config: Path, words: str, allowed: str
) -> None:
    name = "" if "workflow" in words else "workflow: look_after_trees, "
    with (config / "relengotron.yaml").open("a") as file:
        file.write(f"\ncalendar: [{{name: care, {name}{words}, trees: {{repo: /srv/repo}}}}]\n")
    assert allowed in relengotron("check-config", "--without-secrets", status=1).output


def test_two_appointments_of_one_name_are_refused(relengotron: Command, config: Path) -> None:
    entry = "{name: care, workflow: look_after_trees, trees: {repo: /srv/repo}}"
    with (config / "relengotron.yaml").open("a") as file:
        file.write(f"\ncalendar: [{entry}, {entry}]\n")
    assert "found twice: care" in relengotron("check-config", "--without-secrets", status=1).output


def test_a_moment_is_a_week_after_the_last(config: Path, repo: Path) -> None:
    (entry,) = load(config, examine_secrets=False).calendar
    assert entry.rhythm.every == timedelta(days=7)
