"""Is every message of a burst stored once, whatever happens to the journal in the middle of it?

The bus loses nothing here, and nobody remembers what it said: the hub itself must keep every message until it can be
written.
"""

import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest

from tests.postgres import stopped_server
from tests.process.account import Account
from tests.process.bursts import Place, a_place
from tests.process.running_hub import PATIENCE_S, until

COUNT, LARGE = 3_000, 20_000
DISK_MB = 128
A_FEW = 50
"""Sent again and again: a journal on a full disk still has room in the log that it writes from the beginning."""
UNLIMITED = 0
NOT_YET = "not stored yet"
LATER = 75
"""Exit status of a hub that may start better after a while."""

Trouble = Callable[[], AbstractContextManager[None]]


def outlives(place: Place, count: int, trouble: Trouble, is_seen: Callable[[], bool]) -> None:
    """Half of a burst comes before the trouble is seen, half while it lasts; the same hub stores all of it."""
    hub = place.listening_hub()
    with place.burst.without_datagrepper():
        place.burst.send(count // 3)
        with trouble():
            place.burst.send(count // 3)
            until(is_seen, "the hub is in trouble", again=lambda: place.burst.send(A_FEW), within=150, looks_every=0.2)
            place.burst.send(count // 3)
        place.burst.send_until_stored(place.kept)
        assert place.burst.missing(place.kept) == 0
    assert hub.process.poll() is None
    assert "message lost" not in hub.said()


@contextmanager
def locked(journal: str) -> Iterator[None]:
    """Another program writes into the journal for a long time, as a backup might."""
    with closing(sqlite3.connect(journal.removeprefix("sqlite:///"), isolation_level=None, timeout=30)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """There is no room left."""
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 65536):
                pass
        except OSError:
            yield
    filling.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("nobody may mount a tmpfs here, so no disk can be filled")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def stands_still(place: Place) -> Callable[[], bool]:
    """Whether nothing has been stored for many looks, although more has come."""
    counts: list[int] = []

    def looked() -> bool:
        counts.append(place.kept.count())
        return len(counts) > 20 and counts[-1] == counts[-20] < len(place.burst.said)

    return looked


def test_a_burst_that_meets_a_full_disk_is_stored_when_there_is_room_again(
    tmp_path: Path, small_disk: Path, account: Account
) -> None:
    with a_place(tmp_path, f"sqlite:///{small_disk / 'journal.db'}", UNLIMITED) as place:
        outlives(place, COUNT, lambda: full(small_disk), lambda: NOT_YET in place.hubs[-1].said())
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))
        assert place.hubs[-1].stop() == 0


@pytest.mark.chaos
def test_a_burst_that_meets_a_postgresql_that_is_restarted_is_stored_when_it_is_back(
    tmp_path: Path, postgres_server: Path, postgres_url: str, account: Account
) -> None:
    with a_place(tmp_path, postgres_url, UNLIMITED) as place:
        outlives(place, COUNT, lambda: stopped_server(postgres_server), lambda: NOT_YET in place.hubs[-1].said())
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))
        assert place.hubs[-1].stop() == 0


@pytest.mark.chaos
def test_a_burst_that_meets_a_locked_journal_is_stored_when_the_lock_is_gone(tmp_path: Path, account: Account) -> None:
    with a_place(tmp_path, queue=UNLIMITED) as place:
        outlives(place, COUNT, lambda: locked(place.settings.journal.url), stands_still(place))
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_a_burst_waits_longer_for_a_locked_journal_than_sqlite_does(tmp_path: Path, account: Account) -> None:
    with a_place(tmp_path, queue=UNLIMITED) as place:
        outlives(place, LARGE, lambda: locked(place.settings.journal.url), lambda: NOT_YET in place.hubs[-1].said())
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_what_a_hub_could_not_store_before_it_was_ended_on_a_full_disk_comes_back_from_datagrepper(
    tmp_path: Path, small_disk: Path, account: Account
) -> None:
    with a_place(tmp_path, f"sqlite:///{small_disk / 'journal.db'}") as place:
        hub = place.listening_hub()
        place.burst.send(COUNT)
        with full(small_disk):
            place.burst.send(COUNT)
            until(lambda: NOT_YET in hub.said(), "the hub is in trouble")
            hub.stop(signal.SIGTERM)
            assert place.burst.missing(place.kept) > 0
        place.listening_hub()
        place.burst.wait_until_nothing_is_missing(place.kept)
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_a_hub_outlives_a_postgresql_that_is_away_for_long_and_stays_the_only_one_on_its_journal(
    tmp_path: Path, postgres_server: Path, postgres_url: str, account: Account
) -> None:
    with a_place(tmp_path, postgres_url, UNLIMITED) as place:
        outlives(place, LARGE, lambda: stopped_server(postgres_server), lambda: place.hubs[0].said().count(NOT_YET) > 6)
        account(len(place.burst.said), *place.burst.lost_and_doubled(place.kept))

        second = place.start_hub()
        assert second.process.wait(PATIENCE_S) == LATER
        assert "another relengotron works on" in second.said()
        assert place.hubs[0].stop() == 0
        with stopped_server(postgres_server):
            early = place.start_hub()
            assert early.process.wait(PATIENCE_S) == LATER
            assert "server does not answer" in early.said()
