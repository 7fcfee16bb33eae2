"""A configuration, a journal with a story in it, and the command."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relengotron.cli import explain, orders, status
from relengotron.cli import runs as runs_command
from relengotron.cli.main import main
from relengotron.cli.messages import filters, listing, settling, showing
from relengotron.engine.journal import effects, evidence, holds, inbox, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.sole import SoleRunner
from relengotron.model.outcome import Hold
from relengotron.model.run import Evidence, RunState, StepState
from tests.postgres import postgres_server, postgres_url
from tests.unit.cli.story import NOW, Command, opened

__all__ = ["postgres_server", "postgres_url"]

EXAMPLE = Path(__file__).parents[3] / "config"


@pytest.fixture(autouse=True)
def _the_clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (status, runs_command, explain, orders, filters, listing, settling, showing):
        monkeypatch.setattr(module, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def _nothing_lies_around_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkout has a fedmsg.d, which is none that a hub could start with."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The example, with a journal of its own."""
    directory = tmp_path / "config"
    shutil.copytree(EXAMPLE, directory)
    path = directory / "relengotron.yaml"
    path.write_text(
        path.read_text()
        .replace("sqlite:////var/lib/relengotron/journal.sqlite", f"sqlite:///{tmp_path}/journal.sqlite")
        .replace("state_dir: /var/lib/relengotron", f"state_dir: {tmp_path}/state")
    )
    return directory


@pytest.fixture
def relengotron(config: Path) -> Command:
    """Call the command as people do."""

    def call(*arguments: str, status: int = 0) -> Result:
        result = CliRunner().invoke(main, ["--config", str(config), *arguments], catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result

    return call


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """The journal that the configuration names."""
    return Database(f"sqlite:///{tmp_path}/journal.sqlite")


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[SoleRunner]:
    """A daemon works on the journal."""
    with SoleRunner(f"sqlite:///{tmp_path}/journal.sqlite") as sole:
        yield sole


@pytest.fixture
def held(database: Database) -> str:
    """A push that waits for a signature, with one update ejected, one artifact composed and one skipped."""
    begun = NOW - timedelta(hours=3)
    run = opened(database, "F24/testing", "held", begun)
    missing = ("bash-4.3.42-1.fc24 is not signed with 81b46521",)
    hold = Hold(missing, NOW + timedelta(hours=3), "releng", f"relengotron runs retry {run}")
    with database.write() as db:
        runs.write_step(db, run, "ensure_updates_are_eligible", StepState.DONE, "", begun)
        runs.write_step(db, run, "ensure_builds_are_signed", StepState.HELD, missing[0], NOW - timedelta(hours=1))
        holds.open_hold(db, run, "ensure_builds_are_signed", hold, NOW - timedelta(hours=1))
        later = NOW + timedelta(minutes=1)
        runs.change(db, run, RunState.HELD, NOW, reason=missing[0], look_again_at=later)
        for kind, subject, state, reason, facts in (
            ("update", "FEDORA-2016-aaaa", "ejected", "it has no builds any more", {}),
            ("artifact", "updates-testing-24", "composing", "every push changes it", {"koji_task_id": 4711}),
            ("artifact", "updates-testing-24", "composed", "mashed from f24-updates-testing", {"koji_task_id": 4711}),
            ("artifact", "atomic-tree-24-testing", "skipped", "PDC: it contains none of the 2 changed packages", {}),
        ):
            at = NOW - timedelta(minutes=30)
            evidence.add(db, Evidence(run, "ensure_builds_are_signed", kind, subject, state, reason, facts, at))
        effect = effects.intend(db, run, "compose updates-testing-24", "mash updates-testing-24", None, begun)
        effects.finish(db, effect, 4711, begun)
        outbox.write(db, run, "start", "relengotron.push.start", {}, begun)
        inbox.store(
            db,
            msg_id="2016-parked",
            business_key=None,
            topic="org.fedoraproject.prod.bodhi.masher.start",
            raw={"a": 1},
            now=NOW - timedelta(minutes=9),
            parked_because="msg.updates: should be a list\x1b[31m",
        )
    return run


@pytest.fixture
def done(database: Database) -> str:
    """A push that ended well."""
    begun = NOW - timedelta(hours=5)
    run = opened(database, "F24/stable", "done", begun)
    with database.write() as db:
        runs.write_step(db, run, "ensure_updates_are_eligible", StepState.DONE, "", begun)
        runs.change(db, run, RunState.DONE, NOW - timedelta(hours=4))
    return run


@pytest.fixture
def failed(database: Database) -> str:
    """A push that ended without its promise."""
    begun = NOW - timedelta(hours=2)
    run = opened(database, "F23/stable", "failed", begun)
    with database.write() as db:
        runs.write_step(db, run, "ensure_repos_are_mashed", StepState.FAILED, "compose failed: disk full", begun)
        runs.change(db, run, RunState.FAILED, NOW - timedelta(hours=1), reason="compose failed: disk full")
    return run
