"""Does the keeper of a gate look at once when something comes into one of its tags, and only then?"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from relengotron.bootstrap import Daemon, Machine, assemble
from relengotron.sdk.discovery import Plugins
from relengotron.settings import Settings
from relengotron.systems.bus.simulated import SimulatedBus
from relengotron.systems.world import open_world
from tests.builders import a_message
from tests.stage import gate_configuration as gates
from tests.stage.configuration import settings_for


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(
        tmp_path, files={"gates.yaml": gates.gates(has_repos=False), "policies/gates.yaml": gates.policies()}
    )


@pytest.fixture
def machine(settings: Settings) -> Iterator[Machine]:
    machine = assemble(settings, open_world(settings), SimulatedBus(lambda: 0.0), Plugins({}, {}))
    yield machine
    machine.database.close()


def _comes(machine: Machine, what: str, tag: str) -> bool:
    """Whether the keeper is called when Koji says so."""
    body = {"name": "bash", "version": "4.3", "release": "1.fc25", "tag": tag, "user": "alice", "instance": "primary"}
    machine.keeper.pushed.clear()
    machine.intake.store(a_message(f"buildsys.{what}", body))
    machine.digest.work()
    return machine.keeper.pushed.is_set()


@pytest.mark.parametrize("what", ["tag", "untag"])
@pytest.mark.parametrize("tag", [gates.PENDING, gates.QUARANTINE])
def test_what_comes_into_a_tag_of_a_gate_or_leaves_it_calls_the_keeper(machine: Machine, what: str, tag: str) -> None:
    assert _comes(machine, what, tag)


def test_what_comes_into_another_tag_calls_nobody(machine: Machine) -> None:
    assert not _comes(machine, "tag", "f24-updates-candidate")


def test_the_keeper_turns_with_every_poll_too(settings: Settings, machine: Machine) -> None:
    assert machine.keeper.every == settings.pace.poll
    assert machine.keeper in Daemon(settings, machine, ExitStack())._works._wheels


def test_without_gates_nobody_is_called_and_nothing_asked(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    machine = assemble(settings, open_world(settings), SimulatedBus(lambda: 0.0), Plugins({}, {}))
    assert not _comes(machine, "tag", gates.PENDING)
    assert machine.keeper.work() == 0
    machine.database.close()
