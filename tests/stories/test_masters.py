"""A push whose master is away, or in somebody else's hands: it waits, nothing is visible, and it goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from relengotron.model.run import RunState
from relengotron.settings import load
from tests.builders import an_update
from tests.contracts.rsync_place import Daemon, running_daemon
from tests.stage.stage import Stage
from tests.stories.conftest import MakeStage

BASH = an_update("bash-4.3.42-5.fc24")
LIVE = "ensure_bits_are_live"


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with running_daemon(tmp_path / "daemon") as running:
        yield running


@pytest.fixture
def stage(make_stage: MakeStage, daemon: Daemon) -> Stage:
    """A daemon that is told of a master in ``ams/pub``, which is not mounted there yet."""
    stage = make_stage(BASH)
    file = stage.root / "config" / "systems.yaml"
    systems = yaml.safe_load(file.read_text())
    systems["mirror"]["masters"] = [{"name": "ams", "url": daemon.url("pub", "ams/pub")}]
    file.write_text(yaml.safe_dump(systems))
    stage.settings = load(stage.root / "config")
    stage.restart()
    return stage


def shown(root: Path) -> dict[str, bytes]:
    """What readers find below the targets of pushes."""
    files = (path for path in root.rglob("*") if path.is_file() and ".relengotron" not in str(path))
    return {path: file.read_bytes() for file in files if (path := str(file.relative_to(root))).startswith(_TARGETS)}


_TARGETS = ("updates", "images")


def test_a_push_waits_for_a_master_that_is_away_and_goes_live_everywhere_when_it_is_back(
    stage: Stage, daemon: Daemon
) -> None:
    stage.start_push()
    stage.turn_until(lambda: bool(stage.runs("push_updates")) and "master ams" in (stage.push(BASH.lane).reason or ""))
    assert shown(stage.root / "pub") == {}
    stage.wait(hours=1)
    held = stage.push(BASH.lane)
    assert held.state is RunState.HELD
    assert "master ams (rsync://" in str(held.reason)

    there = daemon.place("ams/pub")
    stage.wait(hours=1)

    assert stage.push(BASH.lane).state is RunState.DONE
    assert any(path.endswith("bash-4.3.42-5.fc24.x86_64.rpm") for path in shown(there))
    assert shown(there) == shown(stage.root / "pub")


def test_a_push_waits_while_somebody_else_has_changed_the_mirror(make_stage: MakeStage) -> None:
    stage = make_stage()
    stage.first_push()
    changed = stage.root / "pub/updates-testing/24/x86_64/repodata/repomd.xml"
    before = shown(stage.root / "pub")
    changed.write_text("by hand")
    push = stage.push_out(BASH)
    stage.wait(hours=1)
    held = next(run for run in stage.runs("push_updates") if run.id == push.id)
    assert held.state is RunState.HELD
    assert "repomd.xml is not what was published there last: somebody else changed it" in str(held.reason)
    assert changed.read_text() == "by hand"
    assert shown(stage.root / "pub").keys() == before.keys()

    changed.unlink()
    stage.wait(hours=1)

    assert stage.push(BASH.lane).state is RunState.DONE
    assert changed.read_text() not in {"by hand", before["updates-testing/24/x86_64/repodata/repomd.xml"].decode()}
