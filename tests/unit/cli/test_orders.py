"""How does a person's wish reach the daemon?"""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from relengotron.cli.who import person
from relengotron.engine.journal import effects, inbox, sqlite
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import StoredMessage
from relengotron.messages.envelope import Envelope
from tests.unit.cli.story import NOW, Command


def stored(database: Database) -> Sequence[StoredMessage]:
    with database.read() as db:
        return inbox.unsettled(db, 10)


@pytest.mark.parametrize(("wish", "reason"), [("retry", ()), ("cancel", ("--reason", "wrong batch"))])
def test_a_wish_becomes_a_message_in_the_inbox(
    wish: str, reason: tuple[str, ...], relengotron: Command, database: Database, held: str
) -> None:
    told = relengotron("runs", wish, held[-8:], *reason).output
    assert f"Asked to {wish} {held} (F24/testing, waits for people)" in told
    (message,) = stored(database)
    envelope = Envelope.read(message.raw)
    assert envelope.suffix == f"relengotron.person.{wish}"
    assert envelope.body == {"run": held, "agent": person(), "reason": reason[-1] if reason else ""}


def test_a_run_that_is_over_is_left_alone(relengotron: Command, database: Database, done: str) -> None:
    for order in (("cancel", done, "--reason", "x"), ("retry", done)):
        told = relengotron("runs", *order, status=1).output
        assert f"there is nothing to {order[0]}: it is done" in told
    assert not stored(database)


def test_who_waits_for_a_locked_journal_is_told_so_and_how_to_find_who_has_it(
    relengotron: Command, database: Database, held: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = timedelta(milliseconds=10)
    for name in ("WORDLESS", "LOOKS_EVERY"):
        monkeypatch.setattr(sqlite, name, short)
    monkeypatch.setattr("relengotron.engine.journal.database.Database", partial(Database, patience=short * 5))
    with database.write():
        told = relengotron("runs", "retry", held, status=4).stderr
    assert told.count("waiting for the journal") == 1
    assert "database is locked" in told
    assert f"fuser -v {tmp_path}/journal.sqlite" in told


def test_a_cancel_needs_a_reason(relengotron: Command, held: str) -> None:
    assert "Missing option '--reason'" in relengotron("runs", "cancel", held, status=2).output


def test_what_users_have_already_is_only_taken_back_from_them_by_who_says_yes(
    relengotron: Command, database: Database, held: str
) -> None:
    with database.write() as db:
        effects.intend(db, held, "live atomic-host", "show it", None, NOW)

    told = relengotron("runs", "cancel", held, "--reason", "it only waits", status=1).output
    assert "users may have atomic-host already" in told
    assert "--yes" in told
    assert not stored(database)

    relengotron("runs", "cancel", held, "--reason", "it is bad", "--yes")
    assert len(stored(database)) == 1
