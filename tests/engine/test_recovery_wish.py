"""A hub that only stores leaves its wish in the journal, without waiting for the journal."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from relengotron.engine import recovery_wish
from relengotron.engine.journal import watermarks
from relengotron.engine.journal.database import Database
from relengotron.engine.recovery_wish import RecoveryWish
from relengotron.errors import SystemBusy
from tests.engine.toys import EPOCH


def until(holds: Callable[[], bool]) -> None:
    pause, end = threading.Event(), time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it never came true"
        pause.wait(0.005)


@pytest.fixture
def wish(database: Database) -> Iterator[RecoveryWish]:
    with database.write() as db:
        for category in ("bodhi", "buildsys"):
            watermarks.begin(db, category, EPOCH, EPOCH)
    wish = RecoveryWish(database)
    yield wish
    wish.stop()
    assert not any(each.name == "relengotron-recovery-wish" for each in threading.enumerate())


def is_asked(database: Database) -> bool:
    with database.read() as db:
        return all(mark.is_asked_for for mark in watermarks.every(db).values())


def test_a_wish_arrives_in_the_journal_and_moves_no_mark(database: Database, wish: RecoveryWish) -> None:
    wish.start()
    assert not is_asked(database)
    wish.ask()
    until(lambda: is_asked(database))
    with database.read() as db:
        assert {mark.until for mark in watermarks.every(db).values()} == {EPOCH}


def test_a_wish_before_the_start_is_carried_too(database: Database, wish: RecoveryWish) -> None:
    wish.ask()
    wish.start()
    until(lambda: is_asked(database))


@pytest.mark.parametrize("trouble", [SystemBusy("the disk is full"), ZeroDivisionError("a defect")])
def test_a_journal_in_trouble_gets_the_wish_later(
    database: Database, wish: RecoveryWish, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    monkeypatch.setattr(recovery_wish, "TRIES_AGAIN_AFTER", timedelta(0))
    write, troubles = database.write, [trouble] * 3

    def busy() -> Any:
        if troubles:
            raise troubles.pop()
        return write()

    monkeypatch.setattr(database, "write", busy)
    wish.start()
    wish.ask()
    until(lambda: is_asked(database))
    assert troubles == []


def test_stopping_does_not_wait_for_a_journal_in_trouble(
    database: Database, wish: RecoveryWish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery_wish, "TRIES_AGAIN_AFTER", timedelta(hours=1))
    tried = threading.Event()

    def busy() -> Any:
        tried.set()
        raise SystemBusy("the disk is full")

    monkeypatch.setattr(database, "write", busy)
    wish.start()
    wish.ask()
    assert tried.wait(20)
    before = time.monotonic()
    wish.stop()
    assert time.monotonic() - before < 5


def test_a_wish_that_was_never_started_stops_too(database: Database) -> None:
    RecoveryWish(database).stop()
