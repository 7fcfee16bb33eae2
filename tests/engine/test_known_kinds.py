"""Does a relationship type that PDC lacks stop a wrong skip, and is it said whom to ask?"""

import logging
from datetime import timedelta

import pytest

from relengotron.engine.journal.database import Database
from relengotron.engine.known_kinds import KnownKinds
from relengotron.engine.relations import RelationIndex
from relengotron.errors import SystemUnreachable
from tests.engine.pdc_place import HABITS, KINDS, RELEASE, PdcPlace
from tests.engine.toys import Clock


@pytest.fixture
def pdc() -> PdcPlace:
    place = PdcPlace(Clock())
    place.holds("atomic-host", "bash", kind=KINDS[0])
    place.holds("atomic-host", "openssl", kind=KINDS[1])
    return place


@pytest.fixture
def index(database: Database, pdc: PdcPlace) -> RelationIndex:
    return RelationIndex(database, pdc.client, Clock(), HABITS)


def test_types_that_pdc_has_are_looked_up_once(index: RelationIndex, pdc: PdcPlace) -> None:
    known = KnownKinds(index, KINDS)
    assert known.work() == 1
    asked = len(pdc.asked)
    assert known.work() == 0
    assert len(pdc.asked) == asked
    assert index.containing(RELEASE, ["bash"], KINDS).rows


def test_a_type_that_pdc_lacks_holds_who_needs_it_and_names_whom_to_ask(
    index: RelationIndex, caplog: pytest.LogCaptureFixture
) -> None:
    known = KnownKinds(index, [*KINDS, "NobodyIncludesRPM"])
    with caplog.at_level(logging.ERROR):
        assert known.work() == 1
    assert "ask its administrators" in caplog.text
    with pytest.raises(SystemUnreachable, match="no relationship type NobodyIncludesRPM: ask a PDC administrator"):
        index.containing(RELEASE, ["bash"], [*KINDS, "NobodyIncludesRPM"])
    assert index.containing(RELEASE, ["bash"], KINDS).rows
    assert known.work() == 1, "it is looked for again as long as it is missing"


def test_a_pdc_that_is_away_at_the_start_is_asked_again(index: RelationIndex, pdc: PdcPlace) -> None:
    known = KnownKinds(index, KINDS)
    pdc.goes_away()
    assert known.work() == 0
    pdc.comes_back()
    assert known.work() == 1


def test_what_was_asked_before_anybody_knew_that_a_type_is_missing_is_asked_again_once_it_is_there(
    database: Database,
) -> None:
    clock, types = Clock(), ["NobodyIncludesRPM"]
    pdc = PdcPlace(clock)
    pdc.holds("atomic-host", "bash")
    index = RelationIndex(database, pdc.client, clock, HABITS)
    assert index.containing(RELEASE, ["bash"], types).rows == ()
    known = KnownKinds(index, types)
    assert known.work() == 1
    pdc.has_a_type("NobodyIncludesRPM")
    pdc.holds("atomic-host", "bash", kind="NobodyIncludesRPM")
    clock.time += timedelta(minutes=1)
    assert known.work() == 1
    assert [row.artifact for row in index.containing(RELEASE, ["bash"], types).rows] == ["atomic-host"]
