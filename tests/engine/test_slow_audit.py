"""Does what PDC said stay fresh by itself, at a pace that PDC does not feel?"""

import logging
from datetime import timedelta

import pytest

from relengotron.engine.journal import relations
from relengotron.engine.journal.database import Database
from relengotron.engine.relations import RelationIndex
from relengotron.engine.slow_audit import SlowAudit
from tests.engine.pdc_place import HABITS, KINDS, RELEASE, PdcPlace
from tests.engine.toys import EPOCH, Clock

PACE = timedelta(minutes=30)
NAMES = tuple(f"a-package-with-a-rather-long-name-{number:03}" for number in range(300))


class House:
    """A journal, a PDC and the audit between them; ``turns`` lets hours pass as the wheel would."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock = database, Clock()
        self.pdc = PdcPlace(self.clock)
        self.pdc.holds("atomic-host", NAMES[0], NAMES[1])
        self.index = RelationIndex(database, self.pdc.client, self.clock, HABITS)
        kept_for = timedelta(days=30)
        self.audit = SlowAudit(database, self.index, KINDS, self.clock, habits=HABITS, kept_for=kept_for)

    def ask(self, *names: str) -> set[str]:
        known = self.index.containing(RELEASE, names or NAMES, KINDS)
        assert known.trouble == ""
        return {row.package for row in known.rows}

    def turns(self, **time: float) -> int:
        done, end = 0, self.clock() + timedelta(**time)
        while self.clock() < end:
            self.clock.time += PACE
            done += self.audit.work()
        return done

    def summary(self) -> relations.Summary:
        with self.database.read() as db:
            return relations.summary(db)


@pytest.fixture
def house(database: Database) -> House:
    return House(database)


def test_a_push_finds_everything_fresh_days_after_the_last_one(journal: Database) -> None:
    house = House(journal)
    house.ask()
    house.pdc.asked.clear()

    house.turns(days=2)

    in_two_days = len(house.pdc.asked)
    assert in_two_days <= 24, "three questions each six hours"
    assert house.ask() == {NAMES[0], NAMES[1]}
    assert len(house.pdc.asked) == in_two_days


def test_a_turn_asks_one_question_and_the_oldest_first(house: House) -> None:
    house.ask(*NAMES[:5])
    house.clock.pass_by(hours=1)
    house.ask(*NAMES[5:])
    house.pdc.asked.clear()
    house.clock.pass_by(hours=5, minutes=1)

    assert house.audit.work() == 1
    assert house.audit.work() == 0

    (question,) = house.pdc.asked
    assert [name for name in NAMES if name in question] == list(NAMES[:5])
    house.clock.pass_by(hours=2)
    house.pdc.asked.clear()
    assert house.audit.work() == 1
    assert len(house.pdc.asked) == 1
    assert len(house.pdc.asked[0]) < 8000


def test_nothing_is_asked_while_nothing_is_known_or_everything_is_fresh(house: House) -> None:
    assert house.turns(hours=12) == 0
    house.ask()
    house.pdc.asked.clear()
    assert house.turns(hours=5) == 0
    assert house.pdc.asked == []


def test_what_changed_without_a_message_is_found_and_said_once(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.ask()
    house.pdc.lets_go("atomic-host", NAMES[1])
    house.pdc.heard.clear()

    with caplog.at_level(logging.INFO, "relengotron"):
        house.turns(hours=20)

    told = [record for record in caplog.records if "says otherwise" in record.message]
    assert [record.__dict__["packages"] for record in told] == [NAMES[1]]
    assert all(record.levelno == logging.INFO for record in told)
    assert house.ask() == {NAMES[0]}


def test_what_was_announced_is_asked_again_first_and_is_no_surprise(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.ask()
    house.pdc.asked.clear()
    house.clock.pass_by(minutes=30)
    house.pdc.lets_go("atomic-host", NAMES[1])
    with house.database.write() as db:
        relations.announce(db, RELEASE, (NAMES[1],), (), house.clock())

    with caplog.at_level(logging.INFO, "relengotron"):
        assert house.turns(minutes=30) == 1

    assert [name for name in NAMES if name in house.pdc.asked[0]] == [NAMES[1]]
    assert not [record for record in caplog.records if "says otherwise" in record.message]
    assert house.summary().doubted == 0


def test_what_a_push_could_not_ask_is_asked_when_pdc_is_back(house: House) -> None:
    house.pdc.goes_away()
    with pytest.raises(Exception, match="no help for 300 of 300 packages"):
        house.ask()
    house.pdc.comes_back()

    house.turns(hours=2)

    house.pdc.asked.clear()
    assert house.ask() == {NAMES[0], NAMES[1]}
    assert house.pdc.asked == []


def test_a_pdc_in_trouble_is_asked_ever_more_seldom_and_the_trouble_is_known(house: House) -> None:
    house.ask()
    house.pdc.goes_away("500 Internal Server Error")
    house.pdc.asked.clear()
    house.clock.pass_by(hours=6)
    since = house.clock()
    for _ in range(200):
        house.clock.pass_by(seconds=3)
        assert house.audit.work() == 0

    assert 7 <= len(house.pdc.asked) <= 10
    trouble = house.summary().trouble
    assert trouble is not None
    assert trouble.since == since + timedelta(seconds=3)
    assert "500" in trouble.words
    house.pdc.comes_back()
    assert house.turns(hours=2) == 3
    assert house.summary().trouble is None


def test_what_no_push_asks_about_any_more_is_forgotten(house: House) -> None:
    house.ask()
    house.clock.pass_by(days=20)
    house.ask(*NAMES[:10])
    assert house.summary().names == 300
    house.clock.pass_by(days=10)

    house.turns(hours=1)

    assert house.summary() == relations.Summary(10, 0, 0, EPOCH + timedelta(days=30, minutes=30), None)


def test_the_index_in_a_few_numbers(house: House) -> None:
    assert house.summary() == relations.Summary(0, 0, 0, None, None)
    house.ask()
    with house.database.write() as db:
        relations.expect(db, RELEASE, ("never-asked",), KINDS, EPOCH)
        relations.announce(db, None, (), (), EPOCH + timedelta(minutes=1))
    assert house.summary() == relations.Summary(301, 1, 300, EPOCH, None)
