"""Does the index ask PDC only what it must, and is what it says never a guess?"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Event, Thread

import pytest

from relengotron.engine.digest import Digest
from relengotron.engine.intake import Intake
from relengotron.engine.journal import relations
from relengotron.engine.journal.database import Database
from relengotron.engine.relations import Known, RelationIndex
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.errors import MalformedInput, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.handlers.routes import route, unread
from relengotron.systems.pdc.port import Containment
from tests.engine.pdc_place import HABITS, KINDS, RELEASE, PdcPlace
from tests.engine.toys import EPOCH, Clock
from tests.unit.messages.builders import a_message

PACKAGES = ("bash", "dash", "zsh")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pdc(clock: Clock) -> PdcPlace:
    place = PdcPlace(clock)
    place.holds("atomic-host", "bash", "dash")
    place.holds("atomic-iso", "bash", kind=KINDS[0])
    place.heard.clear()
    return place


@pytest.fixture
def index(database: Database, pdc: PdcPlace, clock: Clock) -> RelationIndex:
    return RelationIndex(database, pdc.client, clock, HABITS)


@pytest.fixture
def hear(database: Database, clock: Clock, pdc: PdcPlace) -> Callable[[], None]:
    """What PDC has announced since is understood."""
    intake = Intake(database, clock)
    digest = Digest(database, route, EmbeddedWakeQueue(), clock, unread)
    numbers = count()

    def let_it_be_heard() -> None:
        for topic, body in pdc.heard:
            assert intake.store(a_message(topic, body, msg_id=f"2016-{next(numbers)}"))
        pdc.heard.clear()
        while digest.work():
            pass

    return let_it_be_heard


def ask(index: RelationIndex, *packages: str) -> Known:
    return index.containing(RELEASE, packages or PACKAGES, KINDS)


def held(known: Known) -> set[tuple[str, str]]:
    return {(row.artifact, row.package) for row in known.rows}


ALL = {("atomic-host", "bash"), ("atomic-host", "dash"), ("atomic-iso", "bash")}


def test_what_was_asked_once_is_not_asked_again_while_it_is_fresh(
    journal: Database, pdc: PdcPlace, clock: Clock
) -> None:
    index = RelationIndex(journal, pdc.client, clock, HABITS)

    first = ask(index)
    clock.pass_by(hours=11)
    second = ask(index, "bash", "zsh")

    assert len(pdc.asked) == 1
    assert (first.source, first.as_of, first.trouble) == ("PDC", EPOCH, "")
    assert (second.source, second.as_of) == ("PDC, as it was at 2016-11-01 12:00 UTC (index)", EPOCH)
    assert first.rows == (
        Containment("atomic-iso", RELEASE, "ImageIncludesRPM", "bash"),
        Containment("atomic-host", RELEASE, "OSTreeIncludesRPM", "bash"),
        Containment("atomic-host", RELEASE, "OSTreeIncludesRPM", "dash"),
    )
    assert held(second) == {("atomic-host", "bash"), ("atomic-iso", "bash")}


def test_what_is_contained_in_nothing_is_known_too(index: RelationIndex, pdc: PdcPlace) -> None:
    assert [ask(index, "zsh", "ksh").rows for _ in range(3)] == [(), (), ()]
    assert len(pdc.asked) == 1


def test_only_what_is_old_or_unknown_is_asked_again(index: RelationIndex, pdc: PdcPlace, clock: Clock) -> None:
    ask(index, "bash")
    clock.pass_by(hours=7)
    ask(index, "dash")
    clock.pass_by(hours=6)

    known = ask(index)

    assert held(known) == ALL
    assert known.as_of == EPOCH + timedelta(hours=7)
    assert "to_component_name=bash&to_component_name=zsh" in pdc.asked[-1]
    assert "dash" not in pdc.asked[-1]


def test_nothing_is_forgotten_by_a_restart(journal: Database, pdc: PdcPlace, clock: Clock) -> None:
    before = ask(RelationIndex(journal, pdc.client, clock, HABITS))
    pdc.goes_away()

    after = ask(RelationIndex(journal, pdc.client, clock, HABITS))

    assert after.rows == before.rows
    assert len(pdc.asked) == 1


def test_nothing_is_asked_about_nothing(index: RelationIndex, pdc: PdcPlace) -> None:
    assert index.containing(RELEASE, (), KINDS).rows == ()
    assert index.containing(RELEASE, PACKAGES, ()).rows == ()
    assert pdc.asked == []


@pytest.mark.parametrize("name", ["", " bash", "a\nb", "\ud800", "x" * 256])
def test_what_is_no_name_is_refused_and_not_remembered(index: RelationIndex, database: Database, name: str) -> None:
    with pytest.raises(MalformedInput):
        ask(index, "bash", name)
    with database.read() as db:
        assert relations.summary(db).names == 0


def test_a_type_that_was_never_asked_for_is_asked_for(index: RelationIndex, pdc: PdcPlace) -> None:
    assert held(index.containing(RELEASE, PACKAGES, KINDS[1:])) == {("atomic-host", "bash"), ("atomic-host", "dash")}
    assert held(ask(index)) == ALL
    assert held(index.containing(RELEASE, PACKAGES, KINDS[:1])) == {("atomic-iso", "bash")}
    assert len(pdc.asked) == 2


def test_releases_are_kept_apart(index: RelationIndex, pdc: PdcPlace) -> None:
    pdc.holds("cloud", "bash", release="fedora-25-updates")
    ask(index)

    other = index.containing("fedora-25-updates", PACKAGES, KINDS)

    assert held(other) == {("cloud", "bash")}
    assert held(ask(index)) == ALL
    assert len(pdc.asked) == 2


# -- PDC is away -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("503 Service Unavailable", b'{"detail": "no"}'),
        ("400 Bad Request", b'{"detail": "no"}'),
        ("200 OK", b'[{"id": 5, "type": "Imag'),
        ("200 OK", b'{"count": 2, "next": null, "previous": null, "results": []}'),
        ("200 OK", b'[{"id": 5, "type": "ImageIncludesRPM"}]'),
        ("302 Found", b"<html>log in</html>"),
    ],
    ids=["503", "400", "half a page", "half of the rows", "a row of another shape", "a wall"],
)
def test_while_pdc_cannot_be_read_old_answers_are_used_and_it_is_said(
    index: RelationIndex, pdc: PdcPlace, clock: Clock, status: str, body: bytes
) -> None:
    ask(index)
    clock.pass_by(hours=20)
    pdc.goes_away(status, body)

    known = ask(index)

    assert held(known) == ALL
    assert known.source == "PDC, as it was at 2016-11-01 12:00 UTC (index)"
    assert known.trouble.startswith("PDC cannot be read since 2016-11-02 08:00 UTC: what it said before is used (")


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("503 Service Unavailable", b'{"detail": "no"}', SystemUnreachable),
        ("200 OK", b'[{"id": 5, "type": "Imag', SystemUnreachable),
        ("200 OK", b'{"count": 2, "next": null, "previous": null, "results": []}', SystemUnreachable),
        ("400 Bad Request", b'{"detail": "no"}', RequestRefused),
        ("200 OK", b'[{"id": 5, "type": "ImageIncludesRPM"}]', MalformedInput),
    ],
)
def test_without_answers_from_before_no_answer_is_no_answer(
    index: RelationIndex, pdc: PdcPlace, clock: Clock, status: str, body: bytes, error: type[Exception]
) -> None:
    ask(index, "bash")
    pdc.goes_away(status, body)
    for _ in range(3):
        with pytest.raises(error):
            ask(index)
        clock.pass_by(minutes=6)

    pdc.comes_back()

    known = ask(index)
    assert (held(known), known.trouble) == (ALL, "")


def test_what_is_too_old_holds_with_the_reason_in_the_same_words_each_time(
    index: RelationIndex, pdc: PdcPlace, clock: Clock
) -> None:
    ask(index, "bash", "dash")
    clock.pass_by(hours=37)
    pdc.goes_away()
    words = set()
    for _ in range(3):
        with pytest.raises(SystemUnreachable) as raised:
            ask(index, "bash", "dash", "zsh", *(f"lib{number}" for number in range(9)))
        words.add(str(raised.value).partition("; GET ")[0])
        clock.pass_by(minutes=6)

    assert words == {
        "PDC cannot be read since 2016-11-03 01:00 UTC, and the index is no help for 12 of 12 packages: lib0, lib1, "
        "lib2 and 7 more were never answered; what it said of bash, dash is older than 36 h"
    }


def test_a_pdc_in_trouble_is_left_alone_for_a_while_when_the_index_will_do(
    index: RelationIndex, pdc: PdcPlace, clock: Clock
) -> None:
    ask(index)
    clock.pass_by(hours=20)
    pdc.goes_away("500 Internal Server Error")
    pdc.asked.clear()

    for _ in range(60):
        assert held(ask(index)) == ALL
        clock.pass_by(seconds=10)

    assert 5 <= len(pdc.asked) <= 11
    pdc.comes_back()
    clock.pass_by(minutes=5)
    assert ask(index).source == "PDC"
    assert held(ask(index)) == ALL


def test_what_pdc_said_before_it_went_away_is_kept(index: RelationIndex, pdc: PdcPlace, clock: Clock) -> None:
    names = [f"a-package-with-a-rather-long-name-{number:03}" for number in range(300)]
    pdc.goes_away()
    pdc.answers_before_it = 1
    with pytest.raises(SystemUnreachable, match=r"no help for 1[0-9]{2} of 300 packages"):
        ask(index, *names)

    pdc.comes_back()
    pdc.asked.clear()
    clock.pass_by(minutes=1)
    ask(index, *names)

    assert len(pdc.asked) == 2, "the first of three questions was answered before"


def test_an_answer_from_the_future_proves_nothing(index: RelationIndex, pdc: PdcPlace, clock: Clock) -> None:
    clock.pass_by(days=400)
    ask(index)
    clock.pass_by(days=-400)

    ask(index)

    assert len(pdc.asked) == 2


# -- news --------------------------------------------------------------------------------------------------------------


def test_what_pdc_announces_to_change_is_asked_again_and_not_answered_from_the_memory_of_pdc(
    index: RelationIndex, pdc: PdcPlace, clock: Clock, hear: Callable[[], None]
) -> None:
    ask(index)
    clock.pass_by(seconds=5)
    pdc.holds("atomic-host", "zsh")
    pdc.lets_go("atomic-host", "dash")
    hear()

    assert held(ask(index)) == ALL - {("atomic-host", "dash")} | {("atomic-host", "zsh")}
    assert len(pdc.asked) == 2
    assert "name=bash" not in pdc.asked[-1]


def test_an_answer_that_came_with_the_news_is_asked_once_more_later(
    index: RelationIndex, pdc: PdcPlace, clock: Clock, hear: Callable[[], None]
) -> None:
    ask(index)
    pdc.lets_go("atomic-host", "dash")
    hear()
    for seconds in (10, 31, 600, 600):
        clock.pass_by(seconds=seconds)
        ask(index)

    assert len(pdc.asked) == 3


def test_news_that_comes_while_pdc_is_asked_is_not_lost(database: Database, pdc: PdcPlace, clock: Clock) -> None:
    class Interrupted:
        """News comes between PDC's answer and our writing it down."""

        def __getattr__(self, name: str) -> object:
            return getattr(pdc.client, name)

        def artifacts_containing(self, *question: object, fresh: bool = False) -> object:
            said = pdc.client.artifacts_containing(*question, fresh=fresh)  # type: ignore[arg-type]
            pdc.lets_go("atomic-host", "dash")
            with database.write() as db:
                relations.announce(db, RELEASE, ("dash",), (), clock())
            return said

    interrupted = RelationIndex(database, Interrupted(), clock, HABITS)  # type: ignore[arg-type]
    assert held(ask(interrupted)) == ALL
    clock.pass_by(hours=1)

    assert held(ask(RelationIndex(database, pdc.client, clock, HABITS))) == ALL - {("atomic-host", "dash")}


def test_news_about_other_packages_other_types_or_other_releases_costs_nothing(
    index: RelationIndex, pdc: PdcPlace, clock: Clock, hear: Callable[[], None]
) -> None:
    ask(index)
    clock.pass_by(hours=1)
    pdc.holds("atomic-host", "ksh")
    pdc.holds("cloud", "bash", release="fedora-25-updates")
    pdc.state.tables["relationship_types"].add(name="RPMRequires")
    pdc.holds("vim", "bash", kind="RPMRequires")
    hear()

    ask(index)

    assert len(pdc.asked) == 1


def test_a_package_that_is_renamed_is_asked_again_under_both_names(
    journal: Database, pdc: PdcPlace, clock: Clock
) -> None:
    index = RelationIndex(journal, pdc.client, clock, HABITS)
    ask(index)
    clock.pass_by(hours=1)
    component = next(row for row in pdc.state.tables["release_components"] if row["name"] == "dash")
    pdc.state.tables["release_components"].change(component, name="zsh")
    with journal.write() as db:
        relations.announce(db, None, ("dash", "zsh"), (), clock())

    assert held(ask(index)) == {("atomic-host", "bash"), ("atomic-host", "zsh"), ("atomic-iso", "bash")}
    assert "name=bash" not in pdc.asked[-1]


def test_news_that_nobody_can_read_makes_everything_doubtful(
    index: RelationIndex, pdc: PdcPlace, clock: Clock, hear: Callable[[], None]
) -> None:
    ask(index)
    clock.pass_by(hours=1)
    pdc.heard.append(("pdc.release-component-relationships.added", {"new_value": {"to_component": "dash"}}))
    hear()

    ask(index)

    assert len(pdc.asked) == 2


def test_a_change_that_was_announced_and_cannot_be_read_is_told(
    index: RelationIndex, pdc: PdcPlace, clock: Clock, hear: Callable[[], None]
) -> None:
    ask(index)
    clock.pass_by(hours=1)
    pdc.lets_go("atomic-host", "dash")
    hear()
    pdc.goes_away()

    known = ask(index)

    assert held(known) == ALL
    assert "a change of dash was announced since and cannot be read" in known.trouble


def test_a_flood_of_news_is_cheap_and_leaves_no_rows(
    index: RelationIndex, database: Database, pdc: PdcPlace, clock: Clock
) -> None:
    ask(index)
    with database.write() as db:
        for number in range(500):
            relations.announce(db, f"fedora-{number}", (f"lib{number}",), KINDS, clock())
            relations.announce(db, f"fedora-{number}", (), (), clock())
        relations.announce(db, RELEASE, ("bash",), KINDS, clock())

    with database.read() as db:
        assert relations.summary(db).names == len(PACKAGES)


# -- many at once ------------------------------------------------------------------------------------------------------


def test_two_lanes_that_want_to_know_the_same_ask_once(index: RelationIndex, pdc: PdcPlace) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: ask(index), range(8)))

    assert [held(each) for each in answers] == [ALL] * 8
    assert len(pdc.asked) == 1


def test_who_cannot_have_a_turn_comes_again(
    index: RelationIndex, pdc: PdcPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relengotron.engine.relations.TURN_COMES_WITHIN", timedelta(milliseconds=20))
    ask(index, "bash")
    is_asking, may_go_on = Event(), Event()

    def hang(_seconds: float) -> None:
        is_asking.set()
        may_go_on.wait(10)

    pdc.state.row_cost, pdc.state.sleep = 0.001, hang
    slow = Thread(target=ask, args=(index, "dash"))
    slow.start()
    assert is_asking.wait(10)
    try:
        with pytest.raises(SystemBusy, match="another's turn"):
            ask(index, "zsh")
        assert held(ask(index, "bash")) == {("atomic-host", "bash"), ("atomic-iso", "bash")}
    finally:
        may_go_on.set()
        slow.join()


def test_a_push_of_900_packages_is_written_and_read_on_either_database(journal: Database, clock: Clock) -> None:
    names = [f"lib{number:04}" for number in range(900)]
    with journal.write() as db:
        relations.expect(db, RELEASE, names, KINDS, clock())
        relations.expect(db, RELEASE, names[:10], KINDS, clock())
        relations.keep(db, RELEASE, names, KINDS, {("lib0007", KINDS[0]): ["live"]}, clock())
    with journal.read() as db:
        entries = relations.known(db, RELEASE, names, KINDS)
        assert relations.summary(db) == relations.Summary(900, 0, 0, EPOCH, None)
    assert len(entries) == 1800
    assert [each.package for each in entries if each.artifacts] == ["lib0007"]
