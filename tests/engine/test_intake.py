"""Many messages come in at once; some of them are lies."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from relengotron.engine.intake import Intake
from relengotron.engine.journal import inbox, refusals, tables
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.errors import Untrusted
from relengotron.messages.arrival import REFUSED, UNREADABLE, Arrival
from tests.engine.toys import Clock, tagging

TOPIC = "org.fedoraproject.prod.buildsys.tag"


class Doorman:
    """Believes what says that it is signed."""

    def sender_of(self, message: Mapping[str, Any]) -> str | None:
        if message.get("signed_by") is None:
            raise Untrusted("unsigned", "nobody signed it")
        if message["signed_by"] == "stranger":
            raise Untrusted("unauthorised", "stranger may not send this", "stranger")
        return str(message["signed_by"])


def arrival(name: str, topic: str | None = TOPIC, **more: Any) -> Arrival:
    return Arrival(json.dumps(tagging(name, msg_id=f"2016-{name}") | more), topic)


def rows(database: Database) -> list[tuple[str, str, str | None]]:
    with database.read() as db:
        query = select(tables.inbox.c.msg_id, tables.inbox.c.state, tables.inbox.c.sender).order_by(tables.inbox.c.id)
        return [tuple(row) for row in db.execute(query)]


def test_many_messages_are_stored_in_their_order_and_each_once(journal: Database) -> None:
    intake = Intake(journal, Clock())
    names = [f"b{number}" for number in range(1200)]
    assert intake.store_all([arrival(name) for name in names]) == 1200
    assert intake.store_all([arrival(name) for name in (*names[:7], "new", "new")]) == 1
    assert [name for name, _, _ in rows(journal)] == [f"2016-{name}" for name in (*names, "new")]


def test_a_message_is_kept_as_it_came(journal: Database) -> None:
    raw = tagging("bash", msg_id="2016-1") | {"signature": "é\u0000\U0001f600", "i": 10**30, "x": 1.5}
    Intake(journal, Clock()).store_all([Arrival(json.dumps(raw), TOPIC), Arrival(json.dumps(raw, ensure_ascii=False))])
    with journal.read() as db:
        (message,) = inbox.unsettled(db, 10)
    assert message.raw == raw


def test_who_sent_a_message_is_stored_with_it(journal: Database) -> None:
    Intake(journal, Clock(), guard=Doorman()).store_all([arrival("bash", signed_by="koji")])
    assert rows(journal) == [("2016-bash", MessageState.NEW, "koji")]


def test_a_message_that_nobody_proves_to_have_sent_is_evidence_and_stands_in_nobodys_way(journal: Database) -> None:
    intake = Intake(journal, Clock(), guard=Doorman())
    intake.store_all([arrival("bash"), arrival("zsh", signed_by="stranger"), Arrival("{no json", TOPIC)])
    assert intake.store_all([arrival("bash", signed_by="koji"), arrival("zsh", signed_by="koji")]) == 2
    states = {name: state for name, state, _ in rows(journal) if not name.startswith(REFUSED)}
    assert states == {"2016-bash": MessageState.NEW, "2016-zsh": MessageState.NEW}
    with journal.read() as db:
        reasons = {message.reason for message in inbox.parked(db, 10)}
        counted = {(each.kind, each.sender, each.topic): each.count for each in refusals.of_all(db)}
    assert reasons == {
        "unsigned: nobody signed it",
        "unauthorised: stranger may not send this",
        "unreadable: not JSON: JSONDecodeError",
    }
    assert counted == {
        ("unsigned", "", TOPIC): 1,
        ("unauthorised", "stranger", TOPIC): 1,
        ("unreadable", "", "unreadable"): 1,
    }


def test_a_flood_of_lies_is_counted_and_does_not_fill_the_disk(database: Database) -> None:
    clock = Clock()
    intake = Intake(database, clock, guard=Doorman())
    intake.store_all([arrival(f"lie{number}") for number in range(100)])
    assert len(rows(database)) == refusals.KEPT_OF_A_KIND
    clock.pass_by(days=2)
    intake.store_all([arrival("another day"), arrival("and once more")])
    assert len(rows(database)) == refusals.KEPT_OF_A_KIND + 1
    with database.read() as db:
        (counted,) = refusals.of_all(db)
    assert (counted.count, counted.last_at - counted.first_at) == (102, timedelta(days=2))


def test_a_lie_that_comes_again_is_counted_once(database: Database) -> None:
    intake = Intake(database, Clock(), guard=Doorman())
    assert [intake.store_all([arrival("lie")]) for _ in range(3)] == [1, 0, 0]
    with database.read() as db:
        assert [each.count for each in refusals.of_all(db)] == [1]


class Forgetful:
    """Nobody wrote the sender into the table."""

    def sender_of(self, message: Mapping[str, Any]) -> str | None:
        raise Untrusted("unauthorised", "koji may not send this", "koji", may_be_genuine=True)


def test_what_may_be_genuine_is_kept_whole_and_not_only_counted(database: Database) -> None:
    intake = Intake(database, Clock(), guard=Forgetful())
    long = arrival("long", padding="x" * 2 * inbox.LONGEST_EVIDENCE)
    intake.store_all([long, *(arrival(f"b{number}") for number in range(2 * refusals.KEPT_OF_A_KIND))])
    assert len(rows(database)) == 2 * refusals.KEPT_OF_A_KIND + 1
    with database.read() as db:
        assert {"refused": long.text} in [message.raw for message in inbox.parked(db, 100)]


def test_invented_topics_are_counted_together(database: Database) -> None:
    intake = Intake(database, Clock(), guard=Doorman())
    beginning = "org.fedoraproject.prod.buildsys."
    intake.store_all([Arrival(json.dumps({"topic": f"{beginning}invented{number}"})) for number in range(50)])
    with database.read() as db:
        counted = {each.topic: each.count for each in refusals.of_all(db)}
    assert counted == {f"{beginning}*": 50}


def test_a_flood_of_invented_senders_ends_in_one_row(database: Database) -> None:
    with database.write() as db:
        for number in range(refusals.MOST_KINDS + 50):
            refusals.count(db, Untrusted("unauthorised", "no", f"sender{number}"), TOPIC, Clock()())
        counted = refusals.of_all(db)
    assert len(counted) == refusals.MOST_KINDS + 1
    assert [each.count for each in counted if each.topic == refusals.OTHERS] == [50]


@pytest.mark.parametrize(
    "topic", [f"{TOPIC}\n\nF24/stable  WAITS FOR PEOPLE\n  do  curl", "x" * 600, None, 7, "\x1b[2J"]
)
def test_no_stranger_writes_into_what_people_read(database: Database, topic: object) -> None:
    Intake(database, Clock(), guard=Doorman()).store_all([Arrival(json.dumps({"topic": topic, "msg": {}}))])
    with database.read() as db:
        (message,) = inbox.parked(db, 10)
        (counted,) = refusals.of_all(db)
    assert message.topic == counted.topic == "unreadable"
    assert (message.reason + counted.reason).isprintable()


def test_who_may_not_say_it_is_named_on_the_evidence(database: Database) -> None:
    Intake(database, Clock(), guard=Doorman()).store_all([arrival("zsh", signed_by="stranger"), arrival("bash")])
    assert {sender for _, _, sender in rows(database)} == {"stranger", None}


def test_no_message_bears_the_id_of_evidence(database: Database) -> None:
    intake = Intake(database, Clock(), guard=Doorman())
    for name in (f"{REFUSED}{'0' * 64}", f"{UNREADABLE}1"):
        intake.store(tagging("bash", msg_id=name) | {"signed_by": "koji"})
    assert [state for _, state, _ in rows(database)] == [MessageState.PARKED] * 2
    assert not {name for name, _, _ in rows(database)} & {f"{REFUSED}{'0' * 64}", f"{UNREADABLE}1"}


@pytest.mark.parametrize("topic", ["org.fedoraproject.prod.bodhi.masher.start", "nonsense"])
def test_a_message_whose_frame_names_another_topic_is_not_believed(database: Database, topic: str) -> None:
    Intake(database, Clock(), guard=Doorman()).store_all([arrival("bash", topic, signed_by="koji")])
    ((name, state, _),) = rows(database)
    assert name.startswith(REFUSED)
    assert state == MessageState.PARKED


def test_a_wish_from_the_bus_is_put_aside_whoever_signed_it(database: Database) -> None:
    wish = {"topic": "org.fedoraproject.prod.relengotron.person.cancel", "msg": {}, "msg_id": "w", "signed_by": "koji"}
    intake = Intake(database, Clock(), guard=Doorman())
    intake.store(wish)
    assert [state for _, state, _ in rows(database)] == [MessageState.PARKED]
    assert intake.store(wish, is_local=True)
