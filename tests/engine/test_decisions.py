"""Does a step know what was decided, by itself and by people, without asking the journal again and again?"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from relengotron.engine.attempt import Attempt
from relengotron.engine.journal import effects, runs
from relengotron.engine.journal.database import Database
from relengotron.model.intents import Start

NOW = datetime(2016, 11, 1, tzinfo=UTC)


@pytest.fixture
def attempt(database: Database) -> Attempt:
    with database.write() as db:
        opened = runs.open_run(db, Start("push_updates", "F24/testing", "key", {}, "msg"), NOW)
        run = runs.find(db, opened or "")
    assert run is not None
    return Attempt(run, database, lambda: NOW, {})


@pytest.fixture
def asked(database: Database) -> Iterator[list[str]]:
    """The questions to the journal."""
    said: list[str] = []

    def note(*call: object) -> None:
        said.append(str(call[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    yield said
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_step_asks_once_and_sees_at_once_what_it_decides_itself(attempt: Attempt, asked: list[str]) -> None:
    attempt.begin_step("one")
    assert attempt.decisions("eject") == {}
    before = len(asked)
    assert attempt.decisions("eject") == {}
    assert len(asked) == before

    attempt.remember("ejected bash", lambda: True)
    assert attempt.decisions("eject") == {"ejected bash": True}


def test_what_people_decide_meanwhile_is_known_to_the_next_step(attempt: Attempt, database: Database) -> None:
    attempt.begin_step("one")
    assert attempt.decisions("eject") == {}
    with database.write() as db:
        effects.decide(db, attempt.run.id, "eject bash", "please", NOW)

    attempt.begin_step("two")
    assert attempt.decisions("eject") == {"eject bash": "please"}
