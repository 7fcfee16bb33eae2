"""One daemon on one journal."""

import errno
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from relengotron.engine.journal.database import Database
from relengotron.engine.sole import SoleRunner, is_held, kept
from relengotron.errors import LaneTaken, RelengError, SettingsError, SystemBusy, SystemUnreachable

HOLDER = """
import sys
from relengotron.engine.sole import SoleRunner
with SoleRunner(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_daemon_is_refused_with_the_name_of_the_first(url: str) -> None:
    with SoleRunner(url), pytest.raises(LaneTaken) as refused, SoleRunner(url):
        pass
    told = str(refused.value)
    assert f"process {os.getpid()} on {socket.gethostname()} since 20" in told
    assert "stop it first" in told


def test_a_daemon_that_ended_is_followed_by_the_next(url: str) -> None:
    for _ in range(3):
        with SoleRunner(url):
            pass


def test_anybody_can_see_whether_a_daemon_has_the_journal_and_looking_takes_it_from_nobody(url: str) -> None:
    assert not is_held(url)
    with SoleRunner(url):
        assert is_held(url)
        assert is_held(url)
    assert not is_held(url)
    with SoleRunner(url):
        pass


def test_a_daemon_that_died_is_not_taken_for_one_that_works(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite.runner").write_text('{"pid": 1}')
    assert not is_held(f"sqlite:///{tmp_path / 'journal.sqlite'}")


def test_whoever_may_not_look_cannot_tell(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite.runner").mkdir()
    with pytest.raises(RelengError, match="journal"):
        is_held(f"sqlite:///{tmp_path / 'journal.sqlite'}")


def test_a_daemon_that_was_killed_is_followed_by_the_next(url: str) -> None:
    root = Path(__file__).parents[2]
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LaneTaken, match=f"process {other.pid} "), SoleRunner(url):
            pass
        other.kill()
    for _ in range(1000):  # a server needs a moment to see that its client is gone
        try:
            with SoleRunner(url):
                return
        except LaneTaken:
            continue
    raise AssertionError("the lock outlived its holder")


def test_the_guard_does_not_stand_in_the_way_of_the_journal(url: str) -> None:
    with SoleRunner(url):
        Database(url).close()


def test_an_unreadable_lock_file_still_refuses(sqlite_url: str, tmp_path: Path) -> None:
    with SoleRunner(sqlite_url):
        (tmp_path / "journal.db.runner").write_text("[not an object")
        with pytest.raises(LaneTaken, match="process unknown"), SoleRunner(sqlite_url):
            pass


def test_a_journal_in_memory_needs_no_guard() -> None:
    with SoleRunner("sqlite://"), SoleRunner("sqlite://"):
        pass


def test_a_server_that_is_away_is_named_without_the_password() -> None:
    with pytest.raises(SystemUnreachable) as refused, SoleRunner("postgresql://me:s3cret@127.0.0.1:1/none"):
        pass
    assert "s3cret" not in str(refused.value)


def test_a_full_disk_is_trouble_that_passes_and_the_journal_is_named(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as small:
        small.setattr("relengotron.engine.sole.json.dumps", no_room)
        with pytest.raises(SystemBusy, match=r"journal\.db.*No space left"), SoleRunner(sqlite_url):
            pass
    with SoleRunner(sqlite_url):
        pass


def no_room(_what: object) -> str:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_journal_below_a_file_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="file"), SoleRunner(f"sqlite:///{tmp_path}/file/journal.db"):
        pass


def hang_up_on_everybody(url: str) -> None:
    """What a restart of the server does to its connections."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as db:
        db.execute(
            text(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_a_journal_whose_server_hung_up_is_taken_again(postgres_url: str) -> None:
    with SoleRunner(postgres_url) as sole:
        hang_up_on_everybody(postgres_url)
        sole.keep()
        with pytest.raises(LaneTaken), SoleRunner(postgres_url):
            pass
        sole.keep()


def test_a_daemon_ends_when_another_took_the_journal_while_its_server_hung_up(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[tuple[int, int]] = []
    monkeypatch.setattr("os.kill", lambda *words: ended.append(words))
    with SoleRunner(postgres_url) as sole:
        assert (kept(sole)(), ended) == (0, [])
        hang_up_on_everybody(postgres_url)
        with SoleRunner(postgres_url):
            kept(sole)()
    assert ended == [(os.getpid(), signal.SIGTERM)]
