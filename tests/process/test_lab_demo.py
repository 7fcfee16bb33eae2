"""Does `relengotron lab demo` push, show and confirm, and does it clean up however it ends?"""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.process.labs import processes_in, until

FIGURES = re.compile(r"(\d+) checks from outside, 0 of them wrong")


def start_demo(root: Path, packages: Path, *words: str) -> subprocess.Popen[str]:
    root.mkdir()
    packages.mkdir(parents=True, exist_ok=True)
    (root / "packages").symlink_to(packages)
    command = [sys.executable, "-m", "relengotron", "lab", "demo", "--root", str(root), "--releases", "24", *words]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_the_demo_pushes_two_lanes_and_is_confirmed_from_outside(tmp_path: Path, packages: Path) -> None:
    root = tmp_path / "lab"
    demo = start_demo(root, packages)
    said, _ = demo.communicate(timeout=110)

    assert demo.returncode == 0, said
    found = FIGURES.search(said)
    assert found is not None
    assert int(found[1]) > 100
    for text in ("F24/stable: complete", "F24/testing: complete", "left behind: nethack", "0 updates are still locked"):
        assert text in said
    for text in ("together with gnupg2", "was in quarantine: dist.installs failed", "✔ koji tag rawhide-badnewsbears"):
        assert text in said
    assert processes_in(root) == []
    assert who_knows_the_passphrase(root / "world", said) == ["secrets/artifacts-passphrase"]


def who_knows_the_passphrase(world: Path, said: str) -> list[str]:
    """Every file of the lab (logs, journal, configuration, messages that were kept) that holds what nobody may see."""
    secret = (world / "secrets" / "artifacts-passphrase").read_bytes()
    assert secret.decode() not in said
    files = [place for place in world.rglob("*") if place.is_file() and not place.is_symlink()]
    return [place.relative_to(world).as_posix() for place in files if secret in place.read_bytes()]


@pytest.mark.chaos
def test_a_demo_that_is_interrupted_takes_every_process_with_it(tmp_path: Path, packages: Path) -> None:
    demos = {number: start_demo(tmp_path / number.name, packages) for number in (signal.SIGINT, signal.SIGTERM)}
    for number, demo in demos.items():
        until(lambda root=tmp_path / number.name: processes_in(root) != [], "the hub runs")  # type: ignore[misc]
        demo.send_signal(number)
    for number, demo in demos.items():
        root = tmp_path / number.name
        said, _ = demo.communicate(timeout=60)
        assert demo.returncode == 130, said
        assert "interrupted" in said
        assert f"logs: {root / 'world' / 'log'}" in said
        assert processes_in(root) == []
