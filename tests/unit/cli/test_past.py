"""Do people see that messages may be missing, and can they have them looked for?"""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from relengotron.cli.messages import recovering
from relengotron.engine.journal import tables, watermarks
from relengotron.engine.journal.database import Database
from tests.unit.cli.story import NOW, Command


@pytest.fixture(autouse=True)
def _the_clock_stands_still_here_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovering, "now", lambda: NOW)


def looked(database: Database, category: str, until: datetime, trouble: str = "") -> None:
    with database.write() as db:
        watermarks.begin(db, category, until, NOW - timedelta(minutes=2))
        if trouble:
            watermarks.note_trouble(db, category, trouble)


def without_datagrepper(config: Path) -> None:
    path = config / "systems.yaml"
    before, _, after = path.read_text().partition("datagrepper:\n")
    path.write_text(before + after[after.index("\nmirror:") :])


def test_nothing_is_said_of_a_past_that_is_whole(relengotron: Command, database: Database) -> None:
    looked(database, "bodhi", NOW - timedelta(minutes=6))
    assert "Lost" not in relengotron("status").output


def test_trouble_and_a_mark_that_does_not_move_are_told_with_what_to_type(
    relengotron: Command, database: Database
) -> None:
    looked(database, "bodhi", NOW - timedelta(minutes=6))
    looked(database, "buildsys", NOW - timedelta(minutes=6), "datagrepper.example answers 500\nwith more")
    looked(database, "resultsdb", NOW - timedelta(minutes=17))
    told = relengotron("status").output
    assert "buildsys messages since 11:54:00 UTC (6 min ago) may be missing: datagrepper.example answers 500" in told
    assert "resultsdb messages since 11:43:00 UTC (17 min ago) may be missing" in told
    assert "bodhi messages since" not in told
    assert "with more" not in told
    assert "relengotron doctor" in told


@pytest.mark.usefixtures("daemon")
def test_what_may_be_lost_needs_somebody(relengotron: Command, database: Database) -> None:
    looked(database, "bodhi", NOW - timedelta(minutes=6))
    relengotron("status", "--check")
    looked(database, "buildsys", NOW - timedelta(minutes=6), "away")
    assert "messages of buildsys may be missing" in relengotron("status", "--check", status=1).output


def test_one_trouble_of_many_categories_is_told_once_and_short(relengotron: Command, database: Database) -> None:
    for number, category in enumerate(("bodhi", "buildsys", "gilmsg")):
        question = f"/raw?category={category}&start=1464782100&end=1464782760&order=asc&rows_per_page=100&page=1"
        trouble = (
            f"GET http://127.0.0.1:9{question}: HTTPConnectionPool(host='127.0.0.1', port=9): Max retries exceeded "
            f"with url: {question} (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object>: Failed "
            "to establish a new connection: [Errno 111] Connection refused'))"
        )
        looked(database, category, NOW - timedelta(minutes=6 + number), trouble)
    looked(database, "resultsdb", NOW - timedelta(minutes=6), "datagrepper.example answers 500")
    told = relengotron("status").output
    assert told.count("may be missing") == 2
    assert (
        "bodhi, buildsys, gilmsg messages since 11:52:00 UTC (8 min ago) may be missing: GET http://127.0.0.1" in told
    )
    assert told.count("Connection refused") == 1
    assert max(len(line) for line in told.splitlines()) < 300


def test_programs_get_every_category(relengotron: Command, database: Database) -> None:
    looked(database, "bodhi", NOW - timedelta(hours=2), "away")
    (told,) = json.loads(relengotron("status", "--json").output)["past"]
    assert told == {
        "category": "bodhi",
        "until": "2016-06-01T10:00:00+00:00",
        "looked_at": "2016-06-01T11:58:00+00:00",
        "trouble": "away",
        "is_behind": True,
    }


def test_without_a_datagrepper_old_marks_trouble_nobody(relengotron: Command, config: Path, database: Database) -> None:
    looked(database, "bodhi", NOW - timedelta(days=2), "away")
    without_datagrepper(config)
    assert "Lost" not in relengotron("status").output
    assert "no history to look into" in relengotron("messages", "recover", status=1).output


def test_a_person_can_have_lost_messages_looked_for(relengotron: Command, database: Database) -> None:
    looked(database, "bodhi", NOW - timedelta(minutes=6))
    assert "it looks when it is started; what it cannot find" in relengotron("messages", "recover").output
    with database.read() as db:
        mark = watermarks.every(db)["bodhi"]
        noted = [row.what for row in db.execute(tables.audit.select())]
    assert (mark.is_asked_for, mark.until) == (True, NOW - timedelta(minutes=6))
    assert noted == ["lost messages looked for"]


def test_a_daemon_that_never_looked_cannot_be_asked(relengotron: Command, database: Database) -> None:
    assert "never looked yet" in relengotron("messages", "recover", status=1).output
