"""What do people see while runs are in flight?"""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from relengotron.cli import picture, watching
from relengotron.cli.exits import Exit
from relengotron.cli.surroundings import Surroundings
from relengotron.engine.journal import effects, evidence, runs
from relengotron.engine.journal.database import Database
from relengotron.model.run import Evidence, RunState, StepState
from relengotron.workflows.push_updates import PROMISES
from tests.unit.cli.story import NOW, Command, opened

MINUTE = timedelta(minutes=1)
LANE = "F24/testing"
SIGNED, MASHED, COMPOSED = "ensure_builds_are_signed", "ensure_repos_are_mashed", "ensure_artifacts_are_composed"
PLACE = 1 + list(PROMISES).index(COMPOSED)


@pytest.fixture(autouse=True)
def _the_clock_of_those_who_watch_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "now", lambda: NOW)


@pytest.fixture
def moments(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What happens in each pause between two looks; after the last of it somebody types Ctrl-C."""

    def plan(*acts: Callable[[], object]) -> None:
        coming = iter(acts)

        def pause(_seconds: float) -> None:
            act = next(coming, None)
            if act is None:
                raise KeyboardInterrupt
            act()

        monkeypatch.setattr(watching, "pause", pause)

    return plan


def a_former_run(database: Database, key: str, compose_minutes: float, lane: str = LANE) -> str:
    """A push of last week: ten minutes for the signatures, some for the composes."""
    begun = NOW - timedelta(days=7)
    run = opened(database, lane, key, begun)
    with database.write() as db:
        for step in PROMISES:
            minutes = {SIGNED: 10.0, COMPOSED: compose_minutes}.get(step, 0.0)
            runs.write_step(db, run, step, StepState.DONE, "", begun + minutes * MINUTE, began=begun)
        asked = effects.intend(db, run, "compose atomic-iso try 1", "compose atomic-iso", None, begun)
        effects.finish(db, asked, {"task": 1}, begun)
        built = effects.intend(db, run, "decision built atomic-iso try 1", "decide", None, begun)
        effects.finish(db, built, {"kind": "image"}, begun + compose_minutes * MINUTE)
        runs.change(db, run, RunState.DONE, begun + timedelta(hours=1))
    return run


@pytest.fixture
def composing(database: Database) -> str:
    """A push that has signed its builds and composes for 4 minutes now; two such runs are remembered."""
    a_former_run(database, "one", 8)
    a_former_run(database, "two", 20)
    return at_composes(database, LANE, "now")


def at_composes(database: Database, lane: str, key: str) -> str:
    begun = NOW - timedelta(minutes=30)
    run = opened(database, lane, key, begun)
    steps = list(PROMISES)
    with database.write() as db:
        for step in steps[: steps.index(COMPOSED)]:
            runs.write_step(db, run, step, StepState.DONE, "", begun)
        note = "atomic-iso: Koji task 4711 is open"
        runs.write_step(db, run, COMPOSED, StepState.RUNNING, note, NOW - 4 * MINUTE, began=NOW - 4 * MINUTE)
        for name, state, reason, ago in (
            ("atomic-disk", "skipped", "it contains none of the 2 changed packages", 5),
            ("atomic-iso", "composing", "Koji task 4711 is free", 3),
            ("atomic-iso", "waiting", "Koji is down", 2),
            ("atomic-iso", "composing", "Koji task 4711 is open", 1),
            ("atomic-host", "composed", "Koji task 4710 made abc", 2),
        ):
            at = NOW - ago * MINUTE
            evidence.add(db, Evidence(run, COMPOSED, "artifact", name, state, reason, {"kind": "image"}, at))
        runs.change(db, run, RunState.OPEN, NOW, reason=note, look_again_at=NOW + MINUTE)
    return run


def ended(database: Database, run: str, state: RunState = RunState.DONE) -> Callable[[], object]:
    def end() -> None:
        with database.write() as db:
            runs.write_step(db, run, COMPOSED, StepState.DONE, "", NOW)
            runs.change(db, run, state, NOW)

    return end


@pytest.mark.usefixtures("daemon")
def test_one_look_shows_step_promise_eta_and_artifacts(relengotron: Command, composing: str) -> None:
    told = relengotron("runs", "watch", "--once", composing[-8:]).output
    for part in (
        f"{LANE}  running, for 30 min  {composing}",
        f"{PLACE} of {len(PROMISES)}: artifacts are composed, since 11:56:00 UTC (4 min ago)",
        "Every affected artifact is composed",
        "about 10 min (4 to 16 min, from 2 runs)",
        "atomic-iso: Koji task 4711 is open",
        "1 composing, 1 composed, 1 skipped",
        "atomic-iso  composing for 3 min, usually about 14 min (8 to 20 min, from 2 runs)",
        "atomic-host  composed: Koji task 4710 made abc",
        "atomic-disk  skipped: it contains none of the 2 changed packages",
    ):
        assert part in told
    assert "\x1b" not in told
    assert told == relengotron("runs", "watch", "--once").output


def test_a_hold_shows_who_must_do_what_and_no_eta(relengotron: Command, held: str, database: Database) -> None:
    a_former_run(database, "one", 8)
    told = relengotron("runs", "watch", "--once").output
    assert "bash-4.3.42-1.fc24 is not signed with 81b46521" in told
    assert "since 11:00:00 UTC (1 h ago) until 15:00:00 UTC (in 3 h)" in told
    assert f"relengotron runs retry {held}" in told
    assert "ETA" not in told


def test_without_history_it_says_so(relengotron: Command, database: Database) -> None:
    at_composes(database, LANE, "first")
    assert "ETA        no history" in relengotron("runs", "watch", "--once").output


@pytest.mark.usefixtures("composing")
def test_a_daemon_that_is_down_is_said(relengotron: Command) -> None:
    assert "The daemon is down: nobody works on this journal" in relengotron("runs", "watch", "--once").output


def test_it_ends_when_the_run_is_done(
    relengotron: Command, composing: str, database: Database, moments: Callable[..., None]
) -> None:
    moments(lambda: None, ended(database, composing))
    lines = relengotron("runs", "watch").output.splitlines()
    assert len(lines) == 2, "a line for each change and none for the time that passes"
    begun = f"12:00:00  {LANE}  running; artifacts are composed ({PLACE} of {len(PROMISES)}); atomic-iso: Koji task"
    assert lines[0].startswith(begun)
    assert "ETA about 10 min (4 to 16 min, from 2 runs)" in lines[0]
    assert lines[1].startswith(f"12:00:00  {LANE}  done")


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELLED, RunState.PARKED])
def test_a_run_that_ends_otherwise_is_status_1(
    relengotron: Command, composing: str, database: Database, moments: Callable[..., None], state: RunState
) -> None:
    moments(ended(database, composing, state))
    relengotron("runs", "watch", composing, status=Exit.NO)


def test_all_that_is_in_flight_is_watched_to_the_last_end(
    relengotron: Command, composing: str, database: Database, moments: Callable[..., None]
) -> None:
    other = at_composes(database, "F24/stable", "other")
    opened(database, LANE, "behind", NOW)
    moments(ended(database, composing, RunState.CANCELLED), ended(database, other))
    told = relengotron("runs", "watch", "--once").output
    assert "1 more run waits behind these" in told
    assert told.index("F24/stable") < told.index(LANE)
    with database.read() as db:
        behind = runs.newest(db, 1)[0].id
    moments(
        ended(database, composing, RunState.CANCELLED), ended(database, other), lambda: None, ended(database, behind)
    )
    lines = relengotron("runs", "watch", status=Exit.NO).output.splitlines()
    assert [line.split("  ")[1:3] for line in lines if "done" in line or "cancelled" in line] == [
        [LANE, "cancelled; the daemon is down"],
        ["F24/stable", "done; the daemon is down"],
        [LANE, "done; the daemon is down"],
    ]


@pytest.mark.usefixtures("composing")
def test_ctrl_c_ends_it_quietly(relengotron: Command, moments: Callable[..., None]) -> None:
    moments()
    assert "Abort" not in relengotron("runs", "watch", status=130).output


def test_programs_get_a_line_for_each_change(
    relengotron: Command, composing: str, database: Database, moments: Callable[..., None]
) -> None:
    moments(lambda: None, ended(database, composing))
    first, last = map(json.loads, relengotron("runs", "watch", "--json").output.splitlines())
    assert (first["run"], first["step"]) == (composing, COMPOSED)
    assert (first["step_number"], first["steps"]) == (PLACE, len(PROMISES))
    assert (first["eta"]["median_s"], first["eta"]["low_s"], first["eta"]["high_s"]) == (600, 240, 960)
    assert first["eta"]["text"] == "about 10 min (4 to 16 min, from 2 runs)"
    iso = next(each for each in first["artifacts"] if each["artifact"] == "atomic-iso")
    assert (iso["state"], iso["since"], iso["usual"]["median_s"]) == ("composing", "2016-06-01T11:57:00Z", 840)
    assert (last["state"], last["eta"], last["daemon_runs"]) == ("done", None, False)


@pytest.mark.usefixtures("database")
def test_nothing_in_flight_is_said_and_is_well(relengotron: Command) -> None:
    assert "nothing is in flight" in relengotron("runs", "watch", "--once").output
    assert relengotron("runs", "watch").output == "nothing is in flight\n"
    assert relengotron("runs", "watch", "--json").output == ""


def test_an_unknown_run_is_not_found(relengotron: Command, composing: str) -> None:
    assert composing in relengotron("runs", "watch", "no-such-run", status=3).output


@pytest.fixture
def surroundings(config: Path) -> Surroundings:
    return Surroundings(config)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """A terminal of 80 columns."""
    written = StringIO()
    monkeypatch.setattr(watching, "is_a_terminal", lambda: True)
    terminal = Console(file=written, force_terminal=True, width=80, height=40, color_system="standard")
    monkeypatch.setattr(watching, "Console", lambda: terminal)
    return written


def test_a_terminal_shows_it_live_in_80_columns(
    surroundings: Surroundings, composing: str, database: Database, moments: Callable[..., None], screen: StringIO
) -> None:
    moments(lambda: None, ended(database, composing))
    assert watching.watch(surroundings, composing, once=False, json_wanted=False) == Exit.OK
    told = screen.getvalue()
    assert "about 10 min (4 to 16 min, from 2 runs)" in told
    assert "\x1b[?25l" in told
    assert "\x1b[?25h" in told, "the cursor is there again"
    assert "F24/testing  done" in told


def test_what_comes_from_outside_cannot_steer_a_terminal(
    surroundings: Surroundings, composing: str, database: Database, screen: StringIO
) -> None:
    with database.write() as db:
        hostile = "[red]\x1b]0;owned\x07 " + "w" * 200
        evidence.add(db, Evidence(composing, COMPOSED, "artifact", hostile, "failed", hostile, {}, NOW))
        runs.change(db, composing, RunState.OPEN, NOW, reason=hostile)
    assert watching.watch(surroundings, composing, once=True, json_wanted=False) == Exit.OK
    told = screen.getvalue()
    assert "owned" in told
    assert "[red]" in told
    assert "\x1b]" not in told
    assert "\x07" not in told


def test_no_line_is_wider_than_the_terminal_and_many_artifacts_are_counted(database: Database, composing: str) -> None:
    with database.write() as db:
        for number in range(60):
            name = f"{'image' * 20}-{number}"
            evidence.add(db, Evidence(composing, COMPOSED, "artifact", name, "composed", "made", {}, NOW))
    seen = watching.Lookout(database, "sqlite://", composing).look()
    paper = Console(file=StringIO(), width=80)
    lines = paper.render_lines(picture.on_a_terminal(seen))
    text = "\n".join("".join(part.text for part in line) for line in lines)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert f"and {63 - picture.MOST_ARTIFACTS} more: relengotron explain {composing}" in " ".join(text.split())
    assert "atomic-iso  composing" in text, "what goes on is shown first"


def test_status_says_how_long_it_takes(relengotron: Command, composing: str) -> None:
    assert "ETA          about 10 min (4 to 16 min, from 2 runs)" in relengotron("status").output
    lanes = {lane["lane"]: lane for lane in json.loads(relengotron("status", "--json").output)["lanes"]}
    assert lanes[LANE]["run"] == composing
    assert lanes[LANE]["eta"]["runs"] == 2
    assert lanes["F24/stable"]["eta"] is None


def test_a_run_shows_how_long_it_takes(relengotron: Command, composing: str, done: str) -> None:
    assert "ETA        about 10 min" in relengotron("runs", "show", composing).output
    assert "ETA" not in relengotron("runs", "show", done).output
    assert json.loads(relengotron("runs", "show", composing, "--json").output)["eta"]["scope"] == "lane"


def test_a_run_that_has_not_begun_takes_as_long_as_a_whole_one(relengotron: Command, database: Database) -> None:
    a_former_run(database, "one", 8)
    opened(database, LANE, "next", NOW)
    told = relengotron("runs", "watch", "--once").output
    assert "waits for its turn" in told
    assert "about 18 min (from 1 run)" in told
