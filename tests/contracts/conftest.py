"""What several contract tests of the mirror stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from relengotron.systems.mirror.client import Remote
from tests.contracts.masters import a_pair, through_ssh
from tests.contracts.mirror_place import ARCH, NEW, OLD, Place, compose, publish, without_platters
from tests.contracts.rsync_place import Daemon, running_daemon


@pytest.fixture
def no_platters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rehearsal need not wait until anything is really on disk."""
    without_platters(monkeypatch)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A mirror that shows a first state; a second one lies ready in ``new``."""
    made = Place(tmp_path / "calm")
    publish(made.mirror, compose(tmp_path / "old", OLD, ARCH), "run-1")
    compose(tmp_path / "new", NEW, ARCH)
    return made


@pytest.fixture(scope="session")
def rsync_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A real rsync daemon on loopback."""
    with running_daemon(tmp_path_factory.mktemp("rsync")) as daemon:
        yield daemon


@pytest.fixture
def there(rsync_daemon: Daemon, tmp_path: Path) -> Path:
    """Where a master keeps its files."""
    return rsync_daemon.place(tmp_path.name)


@pytest.fixture
def one(there: Path, tmp_path: Path) -> Remote:
    """That master, which shows nothing yet; without a daemon each word to it takes a fifth of the time."""
    return through_ssh(there, tmp_path)


@pytest.fixture
def pair(one: Remote, tmp_path: Path) -> Place:
    """A mirror and one remote master that show a first state; a second one lies ready in ``new``."""
    return a_pair(tmp_path, one)
