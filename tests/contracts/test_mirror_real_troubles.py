"""What does publishing do on a disk that is really full, and in folders that it really may not write?"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.real_trouble import NOBODY
from tests.contracts.rsync_place import on_a_small_disk

HOME = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a user without rights can reach, too."""
    made = Path(tempfile.mkdtemp(prefix="relengotron-trouble-"))
    if os.geteuid() == 0:
        os.chown(made, NOBODY, NOBODY)
    yield made
    shutil.rmtree(made)


def published(*words: object, before: tuple[str, ...] = ()) -> dict[str, Any]:
    command = [*before, sys.executable, "-m", "tests.contracts.real_trouble", *map(str, words)]
    ended = subprocess.run(command, cwd=HOME, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_full_disk_is_told_shows_the_old_state_and_is_published_to_when_there_is_room(folder: Path) -> None:
    (folder / "mirror").mkdir()
    own_disk = on_a_small_disk(folder / "mirror", "700k")
    found = published(folder, "full", "own-disk" if own_disk else "", before=tuple(own_disk or ()))
    words = "is full: make room" if own_disk else "File too large"
    assert found["told"].startswith("SystemUnreachable")
    assert words in found["told"] or "database or disk is full" in found["told"]
    assert not any("big-1" in path or "bash-5" in path for path in found["shown"])
    assert "x86_64/big-1.rpm" in found["after"]


def test_a_folder_that_cannot_be_written_is_told_and_shows_the_old_state(folder: Path) -> None:
    found = published(folder, "closed")
    assert "the daemon may not write to the mirror: look at the owner and the modes" in found["told"]
    assert not any("bash-5" in path for path in found["shown"])
    assert "x86_64/bash-5.rpm" in found["after"]
