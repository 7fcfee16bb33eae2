"""Is a push of real bits taken back by one command, and shown again by another?"""

from pathlib import Path

import pytest
from click.testing import CliRunner

from relengotron.cli.main import main
from relengotron.engine.journal import runs
from relengotron.lab.life import Lab
from relengotron.lab.pushing import Push
from relengotron.model.run import Run, RunState
from relengotron.systems.ostree.client import OstreeCli
from tests.process.labs import small_lab, until, wait_for_the_end


def runs_of(lab: Lab, workflow: str) -> list[Run]:
    journal = lab.open_journal()
    try:
        with journal.read() as db:
            return [run for run in reversed(runs.newest(db, 100)) if run.workflow == workflow]
    finally:
        journal.close()


def rolled_back(lab: Lab, run: Run) -> Run:
    """Somebody types it, and the daemon does it."""
    done = len(runs_of(lab, "rollback"))
    words = ["--config", str(lab.place.config), "rollback", run.id, "--reason", "it does not start"]
    told = CliRunner().invoke(main, words)
    assert told.exit_code == 0, told.output
    until(
        lambda: [each.state.is_finished for each in runs_of(lab, "rollback")] == [True] * (done + 1), "a rollback", lab
    )
    rollback = runs_of(lab, "rollback")[-1]
    assert rollback.state is RunState.DONE, rollback.reason
    return rollback


@pytest.mark.chaos
def test_real_bits_are_taken_back_and_shown_again(tmp_path: Path, packages: Path) -> None:
    with small_lab(tmp_path / "lab", packages) as lab:
        before, push = _shown(lab), Push(lab)
        push.order()
        wait_for_the_end(lab, push)
        (run,) = runs_of(lab, "push_updates")
        after = _shown(lab)
        assert after != before

        first = rolled_back(lab, run)
        assert _shown(lab) == before
        rolled_back(lab, first)

        assert _shown(lab) == after


def _shown(lab: Lab) -> dict[str, str]:
    """What readers of repos and images start from, and the files of every tree."""
    live, mirror = OstreeCli(lab.place.live_ostree), lab.place.mirror
    starts = (*mirror.glob("updates*/**/repomd.xml"), *mirror.glob("images/**/*-CHECKSUM"))
    found = {path.as_posix(): path.read_text() for path in starts}
    return found | {ref: live.content_checksum(commit) for ref, commit in live.refs().items()}
