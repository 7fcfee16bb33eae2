"""A run for each moment: not two, not none, and one for all that was slept through."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from relengotron.engine.calendar import Calendar
from relengotron.engine.digest import Digest
from relengotron.engine.intake import Intake
from relengotron.engine.journal import audit, calendar, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.handlers.routes import route
from relengotron.model.appointment import Appointment, Rhythm
from relengotron.model.run import Run, RunState
from tests.builders import a_message
from tests.engine.toys import Clock

DAILY = Appointment("care", Rhythm(timedelta(days=1), timedelta(hours=3)), "short", "trees /srv/repo", None)


class Keeper:
    """A daemon's calendar, and what it opened."""

    def __init__(self, journal: Database, clock: Clock, appointments: Sequence[Appointment] = (DAILY,)) -> None:
        self.journal, self.clock, self.wakes = journal, clock, EmbeddedWakeQueue()
        self.calendar = Calendar(journal, appointments, clock, self.wakes)

    def after(self, **time: float) -> int:
        self.clock.pass_by(**time)
        return self.calendar.work()

    def opened(self) -> list[Run]:
        with self.journal.read() as db:
            return runs.newest(db, 100)

    def end_all(self, state: RunState = RunState.DONE) -> None:
        with self.journal.write() as db:
            for run in runs.newest(db, 100):
                runs.change(db, run.id, state, self.clock())

    def wish(self, name: str, number: int = 1) -> None:
        body = {"appointment": name, "agent": "ralph"}
        wished = a_message("relengotron.person.appointment", body, f"2016-wish-{number}")
        Intake(self.journal, self.clock).store(wished, is_local=True)
        Digest(self.journal, route, self.wakes, self.clock).work()


@pytest.fixture
def keeper(database: Database) -> Keeper:
    return Keeper(database, Clock())


def test_what_is_new_in_the_calendar_is_not_made_good(keeper: Keeper) -> None:
    assert keeper.after() == keeper.after() == keeper.after(hours=14) == 0
    assert keeper.opened() == []


def test_a_run_is_opened_at_its_moment_once_and_woken(journal: Database) -> None:
    keeper = Keeper(journal, Clock())
    keeper.after()
    assert keeper.after(hours=15) == 1
    assert keeper.after(seconds=5) == 0
    (run,) = keeper.opened()
    assert (run.key, run.lane) == ("calendar care 2016-11-02T03:00:00Z", "trees /srv/repo")
    assert keeper.wakes.take_nowait() == run.id


def test_what_was_slept_through_is_made_good_once(keeper: Keeper) -> None:
    keeper.after()
    assert keeper.after(days=10) == 1
    keeper.end_all()
    assert keeper.after(hours=1) == 0
    assert keeper.opened()[0].key == "calendar care 2016-11-11T03:00:00Z"


def test_a_restart_neither_forgets_nor_doubles(keeper: Keeper) -> None:
    keeper.after()
    keeper.after(days=1)
    keeper.end_all()
    again = Keeper(keeper.journal, keeper.clock)
    assert again.after() == 0
    assert again.after(days=1) == 1


def test_two_daemons_never_open_two(journal: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    first, second = Keeper(journal, clock), Keeper(journal, clock)
    first.after()
    clock.pass_by(days=1)
    assert [each.calendar.work() for each in (first, second)] == [1, 0]
    first.end_all()
    clock.pass_by(days=1)
    look = second.calendar._is_wanted
    monkeypatch.setattr(second.calendar, "_is_wanted", lambda *words: look(*words) and first.calendar.work() == 1)
    assert second.calendar.work() == 0  # the other one opened it between its look and its write
    assert len(first.opened()) == 2


def test_what_still_goes_on_gets_no_second_run_and_the_newest_moment_follows_it(keeper: Keeper) -> None:
    keeper.after()
    assert keeper.after(days=1) == 1
    assert keeper.after(days=3) == 0
    keeper.end_all(RunState.FAILED)
    assert keeper.after() == 1
    assert [run.key[-20:] for run in keeper.opened()] == ["2016-11-05T03:00:00Z", "2016-11-02T03:00:00Z"]


def test_another_rhythm_counts_from_now_on(keeper: Keeper) -> None:
    keeper.after()
    changed = Appointment("care", Rhythm(timedelta(hours=6)), "short", "trees /srv/repo", None)
    other = Keeper(keeper.journal, keeper.clock, (changed,))
    assert other.after(days=2) == 0
    assert other.after(hours=6) == 1


def test_a_clock_that_was_wrong_neither_doubles_nor_silences(keeper: Keeper) -> None:
    keeper.after()
    keeper.after(days=400)
    keeper.end_all()
    assert keeper.after(days=-399) == 0
    assert keeper.after(days=1) == 1


def test_a_person_gets_a_run_at_once_and_one_only(keeper: Keeper) -> None:
    keeper.after()
    keeper.wish("care")
    assert keeper.after(seconds=5) == 1
    keeper.end_all()
    assert keeper.after(seconds=5) == 0
    assert [run.key for run in keeper.opened()] == ["calendar care 2016-wish-1"]
    assert keeper.after(days=1) == 1


def test_a_wish_for_what_no_daemon_knows_leads_to_nothing(keeper: Keeper) -> None:
    keeper.after()
    keeper.wish("nonsense")
    assert keeper.after() == 0
    with keeper.journal.read() as db:
        assert calendar.find(db, "nonsense") is None
        assert audit.started_with(db) is None


def test_a_wish_from_the_bus_is_not_one(keeper: Keeper) -> None:
    keeper.after()
    wished = a_message("relengotron.person.appointment", {"appointment": "care", "agent": "mallory"}, "2016-forged")
    Intake(keeper.journal, keeper.clock).store(wished)
    Digest(keeper.journal, route, keeper.wakes, keeper.clock).work()
    assert keeper.after() == 0
    assert keeper.opened() == []


def test_an_empty_calendar_asks_the_journal_nothing(keeper: Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper.journal, "read", lambda: pytest.fail("it was asked"))
    assert Keeper(keeper.journal, keeper.clock, ()).after() == 0
