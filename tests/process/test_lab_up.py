"""Can a lab be kept up in the background, pushed in, and taken down without a trace?"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.process.labs import processes_in

PUSHED_WITHIN_S = 60
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def root(tmp_path: Path, packages: Path) -> Path:
    root = tmp_path / "lab"
    root.mkdir()
    packages.mkdir(parents=True, exist_ok=True)
    (root / "packages").symlink_to(packages)
    return root


@pytest.fixture
def lab(root: Path) -> Iterator[Command]:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "relengotron", "lab", *words, "--root", str(root)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)

    yield run
    run("down")


@pytest.mark.chaos
def test_a_lab_goes_up_once_pushes_and_comes_down_without_a_trace(root: Path, lab: Command) -> None:
    assert lab("down").stdout == "no lab is up\n"
    assert "no lab is up" in lab("push").stderr

    up = lab("up", "--releases", "24")
    assert up.returncode == 0, up.stderr
    addresses = json.loads(up.stdout)
    bodhi = f"{addresses['urls']['bodhi']}/updates/"
    assert requests.get(bodhi, params={"locked": "true"}, timeout=10).json()["total"] == 0

    again = lab("up", "--releases", "24")
    assert (again.returncode, "a lab is up already" in again.stderr) == (1, True)

    assert "ordered" in lab("push").stdout
    assert _lanes(root) == {"F24/stable", "F24/testing"}

    down = lab("down")
    assert (down.returncode, down.stdout) == (0, "the lab is down\n")
    assert processes_in(root) == []
    for url in addresses["urls"].values():
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=5)
    assert not (root / "world" / "lab.json").exists()
    assert "Traceback" not in (root / "lab.log").read_text()


def _lanes(root: Path) -> set[str]:
    """The lanes that have a push, as the command says it; they are asked for until there are two."""
    command = [sys.executable, "-m", "relengotron", "--config", str(root / "world" / "config"), "status", "--json"]
    deadline, lanes = time.monotonic() + PUSHED_WITHIN_S, set[str]()
    while len(lanes) < 2 and time.monotonic() < deadline:
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
        lanes = {view["lane"] for view in json.loads(said)["lanes"] if view["run"]}
    return lanes
