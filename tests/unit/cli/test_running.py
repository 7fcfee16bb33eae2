"""How is the daemon started and ended from the command line?"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relengotron.cli import hub_process, logs, runner
from relengotron.errors import LaneTaken
from tests.unit.cli.story import Command

HUB = """#!/bin/sh
echo "hub with $RELENGOTRON_CONFIG in $PWD"
trap 'echo stored; exit 0' INT
while :; do sleep 0.02; done
"""

START = """
import sys
from pathlib import Path
from relengotron.cli import daemon
from relengotron.cli.main import main
daemon._hub_program = lambda: Path({hub!r})
main({arguments!r})
"""


FEDMSG_D = """
import os
config = {
    "relengotron.enabled": True,
    "relengotron.settings": os.environ["RELENGOTRON_CONFIG"],
    "topic_prefix": "org.fedoraproject",
    "environment": "prod",
    "endpoints": {"relengotron.releng01": ["tcp://127.0.0.1:4001"]},
    "zmq_enabled": True,
    "validate_signatures": False,
}
"""


class FakeDaemon:
    """Writes down what is asked of it; its start is followed by a signal."""

    def __init__(self, number: signal.Signals) -> None:
        self.number = number
        self.calls: list[str] = []

    def start(self) -> None:
        """Begin, and be told to stop at once."""
        self.calls.append("start")
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), self.number)

    def stop(self) -> None:
        """End."""
        self.calls.append("stop")


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, config: Path) -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    monkeypatch.setattr(logs, "set_up", lambda _verbose: None)
    _take_the_secrets_out(config)
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def _take_the_secrets_out(config: Path) -> None:
    path = config / "systems.yaml"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if "secrets/" not in line and "principal:" not in line))


def _let_it_be_a_lab(config: Path) -> None:
    path = config / "relengotron.yaml"
    path.write_text(path.read_text().replace("lab: false", "lab: true"))


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_runner_stops_cleanly(
    number: signal.Signals, relengotron: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = FakeDaemon(number)
    monkeypatch.setattr(runner, "open_daemon", lambda _settings: daemon)
    relengotron("runner")
    assert daemon.calls == ["start", "stop"]


@pytest.mark.usefixtures("quiet")
def test_a_second_runner_says_who_has_the_journal(relengotron: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(_settings: object) -> FakeDaemon:
        raise LaneTaken("another relengotron works on it: process 7")

    monkeypatch.setattr(runner, "open_daemon", taken)
    assert "process 7" in relengotron("runner", status=1).output


@pytest.fixture
def start(config: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    _take_the_secrets_out(config)
    _let_it_be_a_lab(config)
    (tmp_path / "fedmsg.d").mkdir()
    (tmp_path / "fedmsg.d" / "relengotron.py").write_text(FEDMSG_D)
    hub = tmp_path / "fedmsg-hub"
    hub.write_text(HUB)
    hub.chmod(0o755)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        everything = ["--config", str(config), "daemon", "--directory", str(tmp_path), *arguments]
        code = START.format(hub=str(hub), arguments=everything)
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30)

    yield call
    call("--stop")


def _comes_true(question: Callable[[], object]) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if question():
            return True
        time.sleep(0.02)
    return False


def test_the_daemon_detaches_runs_once_and_stops_with_its_queue_stored(
    start: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, config: Path
) -> None:
    pidfile, log = tmp_path / "state" / "relengotron.pid", tmp_path / "state" / "relengotron.log"
    begun = start()
    assert begun.returncode == 0, begun.stderr
    assert str(log) in begun.stdout
    assert _comes_true(lambda: log.is_file() and f"hub with {config} in {tmp_path}" in log.read_text())
    assert hub_process.running(pidfile) is not None
    again = start()
    assert again.returncode == 1
    assert "runs already" in again.stderr
    assert "has stopped" in start("--stop").stdout
    assert hub_process.running(pidfile) is None
    assert log.read_text().splitlines()[-1] == "stored"
    assert "does not run" in start("--stop").stdout


def test_a_daemon_with_a_mistake_in_its_configuration_does_not_start(
    start: Callable[..., subprocess.CompletedProcess[str]], config: Path
) -> None:
    (config / "releases.yaml").write_text("releases: {}")
    begun = start()
    assert begun.returncode == 2
    assert "releases.yaml" in begun.stderr


@pytest.mark.parametrize("where", [(), ("--foreground",)])
def test_a_daemon_whose_hub_would_refuse_its_fedmsg_d_does_not_start(
    start: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, where: tuple[str, ...]
) -> None:
    path = tmp_path / "fedmsg.d" / "relengotron.py"
    path.write_text(path.read_text().replace('"validate_signatures": False', '"validate_signatures": None'))
    begun = start(*where)
    assert (begun.returncode, begun.stdout) == (2, "")
    assert "validate_signatures: missing, must be True or False" in begun.stderr
    path.unlink()
    assert "Go to the directory whose fedmsg.d the hub reads" in start(*where).stderr


def test_a_stale_pid_file_is_taken_away(tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    pidfile.write_text(f"{os.getpid()}\n")
    assert hub_process.running(pidfile) is None
    assert not pidfile.exists()
