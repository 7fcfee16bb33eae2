"""Who only looks gets the same answer as the daemon, and leaves no trace in its index."""

from datetime import timedelta

import pytest

from relengotron.engine.journal.database import Database
from relengotron.engine.preview_relations import RelationsInView
from relengotron.engine.relations import RelationIndex
from relengotron.errors import SystemUnreachable
from tests.engine.pdc_place import HABITS, KINDS, RELEASE, PdcPlace
from tests.engine.toys import Clock

PACKAGES = ("bash", "dash", "zsh")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pdc(clock: Clock) -> PdcPlace:
    place = PdcPlace(clock)
    place.holds("atomic-host", "bash", "dash")
    place.holds("atomic-iso", "bash", kind=KINDS[0])
    return place


@pytest.fixture
def index(database: Database, pdc: PdcPlace, clock: Clock) -> RelationIndex:
    return RelationIndex(database, pdc.client, clock, HABITS)


@pytest.fixture
def view(database: Database, pdc: PdcPlace, clock: Clock) -> RelationsInView:
    return RelationsInView(database, pdc.client, clock, HABITS)


def contents(database: Database) -> list[str]:
    with database.read() as db:
        return list(db.connection.driver_connection.iterdump())  # type: ignore[union-attr]


def test_nothing_is_kept_of_what_pdc_says(database: Database, view: RelationsInView, index: RelationIndex) -> None:
    before = contents(database)
    said = view.containing(RELEASE, PACKAGES, KINDS)

    assert contents(database) == before
    assert set(said.rows) == set(index.containing(RELEASE, PACKAGES, KINDS).rows)
    assert said.source == "PDC"


def test_what_the_index_knows_is_not_asked_again(view: RelationsInView, index: RelationIndex, pdc: PdcPlace) -> None:
    index.containing(RELEASE, ("bash",), KINDS)
    pdc.asked.clear()

    assert view.containing(RELEASE, ("bash",), KINDS).source.endswith("(index)")
    assert pdc.asked == []

    both = view.containing(RELEASE, PACKAGES, KINDS)
    assert {(row.artifact, row.package) for row in both.rows} == {
        ("atomic-host", "bash"),
        ("atomic-host", "dash"),
        ("atomic-iso", "bash"),
    }
    assert not any("bash" in question for question in pdc.asked)


def test_while_pdc_is_away_the_index_serves_and_says_so(
    view: RelationsInView, index: RelationIndex, pdc: PdcPlace, clock: Clock
) -> None:
    index.containing(RELEASE, ("bash",), KINDS)
    clock.time += timedelta(hours=20)
    pdc.goes_away()

    said = view.containing(RELEASE, ("bash",), KINDS)

    assert {row.artifact for row in said.rows} == {"atomic-host", "atomic-iso"}
    assert said.trouble.startswith("PDC cannot be read")
    with pytest.raises(SystemUnreachable, match="dash was never answered"):
        view.containing(RELEASE, ("bash", "dash"), KINDS)


def test_no_package_is_no_question(view: RelationsInView, pdc: PdcPlace) -> None:
    pdc.asked.clear()
    assert view.containing(RELEASE, (), KINDS).rows == ()
    assert pdc.asked == []
