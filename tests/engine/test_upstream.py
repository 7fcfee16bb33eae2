"""Which versions were seen upstream: kept once, with all that several messages say of one."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from relengotron.engine.intake import Intake
from relengotron.engine.journal import inbox, upstream
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.upstream import KEPT_FOR
from relengotron.engine.ledger import Ledger
from relengotron.handlers.routes import route
from relengotron.model.gated import Upstream
from tests.engine.toys import EPOCH, Clock, House, World

PAGE = "https://release-monitoring.org/project/2/"
NEW = Upstream("2ping", "2.1.1", EPOCH, "2.1.0", PAGE)


def noted(database: Database, *seen: Upstream) -> list[Upstream]:
    with database.write() as db:
        for each in seen:
            upstream.note(db, each)
    return Ledger("rawhide", database, Clock()).upstream(["2ping", "other"])


def test_a_version_is_known_once_with_all_that_was_said_of_it(journal: Database) -> None:
    filed = Upstream("2ping", "2.1.1", EPOCH + timedelta(minutes=1), "2.0", bug=1143475)
    known = Upstream("2ping", "2.1.1", EPOCH, "2.1.0", PAGE, 1143475)
    assert noted(journal, NEW, filed, NEW) == [known]


def test_messages_may_come_in_any_order_and_the_first_sight_counts(journal: Database) -> None:
    late = Upstream("2ping", "2.1.1", EPOCH + timedelta(days=1), bug=7)
    assert noted(journal, late, NEW) == [Upstream("2ping", "2.1.1", EPOCH, "2.1.0", PAGE, 7)]


def test_the_versions_of_a_package_are_told_in_the_order_in_which_they_came(journal: Database) -> None:
    next_one = Upstream("2ping", "2.2", EPOCH + timedelta(days=1))
    stranger = Upstream("3proxy", "0.7", EPOCH)
    assert noted(journal, next_one, NEW, stranger) == [NEW, next_one]


def test_what_nobody_has_packaged_for_years_is_forgotten(database: Database) -> None:
    next_one = Upstream("2ping", "2.2", EPOCH + KEPT_FOR + timedelta(seconds=1))
    assert noted(database, NEW, next_one) == [next_one]


def released(**changed: Any) -> Mapping[str, Any]:
    told = {"upstream_version": "2.1.1", "packages": [{"distro": "Fedora", "package_name": "2ping"}]}
    return {
        "topic": "org.release-monitoring.prod.anitya.project.version.update",
        "msg": {"message": told, "project": {"id": 2}},
        "msg_id": "2016-1",
        "timestamp": (EPOCH - timedelta(hours=5)).timestamp(),
    } | changed


def test_a_message_is_remembered_as_of_when_it_was_sent(database: Database, world: World) -> None:
    Intake(database, Clock()).store(released())
    house = House(database, world, route=route)
    assert house.digest.work() == 1
    seen = Upstream("2ping", "2.1.1", EPOCH - timedelta(hours=5), url=PAGE)
    assert noted(database) == [seen]
    with database.read() as db:
        assert inbox.counts(db) == {MessageState.HANDLED: 1}


def test_a_sender_whose_clock_goes_ahead_is_not_believed(database: Database, world: World) -> None:
    intake = Intake(database, Clock())
    intake.store(released(timestamp=(EPOCH + timedelta(days=9)).timestamp()))
    intake.store(released(timestamp=None, msg_id="2016-2"))
    House(database, world, route=route).digest.work()
    (seen,) = noted(database)
    assert seen.seen_at <= EPOCH + timedelta(minutes=1)
