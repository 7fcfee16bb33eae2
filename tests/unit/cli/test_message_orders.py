"""What do people do about messages that were put aside?"""

import json
from datetime import timedelta
from pathlib import Path

import fedmsg.config
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from relengotron.cli.main import main
from relengotron.cli.messages import guarding, settling
from relengotron.cli.who import person
from relengotron.engine.digest import Digest
from relengotron.engine.intake import Intake
from relengotron.engine.journal import inbox, tables, tries
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.journal.parked import KeptMessage
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.handlers.routes import route
from relengotron.messages.arrival import Arrival
from relengotron.systems.bus.x509.signer import KeyPair, Signer
from relengotron.systems.bus.x509.throwaway import ThrowAwayAuthority
from tests.builders import a_message
from tests.unit.cli.mailbag import Doorman, put_aside, refused, the
from tests.unit.cli.story import NOW, Command

WHY = "msg.updates: should be a list"


@pytest.fixture
def number(database: Database) -> int:
    """The row of one message that was put aside."""
    return put_aside(database, "2016-aaaa", WHY, NOW - timedelta(hours=5))


@pytest.fixture
def evidence(database: Database) -> KeptMessage:
    """A push order of a sender who was not known when it came in."""
    return refused(database, NOW - timedelta(hours=1), signed_by="bodhi")


@pytest.fixture
def doorman(monkeypatch: pytest.MonkeyPatch) -> Doorman:
    """The guard of this machine, who believes nobody yet."""
    guard = Doorman()
    monkeypatch.setattr(guarding, "open_guard", lambda _settings: guard)
    return guard


def tried(database: Database, message: int) -> list[tuple[str, str, str]]:
    with database.read() as db:
        return [(each.who, each.what, each.reason) for each in tries.of_message(db, message)]


def audited(database: Database) -> list[tuple[str, str]]:
    with database.read() as db:
        return [(row.who, row.what) for row in db.execute(select(tables.audit).order_by(tables.audit.c.id))]


def test_a_message_is_driven_again_under_the_name_of_who_asked(
    relengotron: Command, database: Database, number: int
) -> None:
    told = relengotron("messages", "redrive", str(number)).output
    assert "redriven" in told
    assert "The daemon is down: it reads it when it is started" in told
    with database.read() as db:
        assert [each.msg_id for each in inbox.unsettled(db, 10)] == ["2016-aaaa"]
    assert tried(database, number) == [(person(), "redriven", f"it had been put aside: {WHY}")]
    assert audited(database) == [(person(), "message 2016-aaaa redriven")]


def test_the_daemon_reads_it_anew_and_says_again_what_is_wrong(
    relengotron: Command, database: Database, number: int
) -> None:
    relengotron("messages", "redrive", str(number))
    Digest(database, route, EmbeddedWakeQueue(), lambda: NOW).work()
    message = the(database, "2016-aaaa")
    assert message.state is MessageState.PARKED
    assert "updates" in message.reason
    assert [what for _, what, _ in tried(database, number)] == ["redriven", "read"]
    assert "2      " in relengotron("messages").output


def test_a_discarded_message_is_kept_with_both_reasons(relengotron: Command, database: Database, number: int) -> None:
    assert "discarded: of no use" in relengotron("messages", "discard", "2016-aaaa", "--reason", "of no use").output
    message = the(database, "2016-aaaa")
    assert message.state is MessageState.DISCARDED
    assert message.reason == f"of no use; it had been put aside: {WHY}"
    assert message.raw["msg"] == {"agent": "ralph"}
    assert tried(database, number) == [(person(), "discarded", "of no use")]
    assert audited(database) == [(person(), "message 2016-aaaa discarded: of no use")]


@pytest.mark.usefixtures("number")
@pytest.mark.parametrize("reason", [(), ("--reason", " ")])
def test_nothing_is_discarded_without_a_reason(
    relengotron: Command, database: Database, reason: tuple[str, ...]
) -> None:
    relengotron("messages", "discard", "2016-aaaa", *reason, status=2)
    assert the(database, "2016-aaaa").state is MessageState.PARKED


@pytest.mark.parametrize("order", [("redrive",), ("discard", "--reason", "x")])
@pytest.mark.parametrize("state", [each for each in MessageState if each is not MessageState.PARKED])
def test_only_what_was_put_aside_can_be_settled_by_people(
    relengotron: Command, database: Database, number: int, order: tuple[str, ...], state: MessageState
) -> None:
    put_aside(database, "2016-bbbb", WHY, NOW)
    with database.write() as db:
        inbox.settle(db, [inbox.Settled(number, state, "")], NOW)
    told = relengotron("messages", *order, "2016-bbbb", str(number), status=1).output
    assert f"2016-aaaa is {state}: only messages that were put aside can be redriven or discarded" in told
    assert the(database, "2016-bbbb").state is MessageState.PARKED
    assert the(database, "2016-aaaa").state is state
    assert not audited(database)


@pytest.mark.usefixtures("number")
def test_an_unknown_message_stops_the_order_before_it_begins(relengotron: Command, database: Database) -> None:
    relengotron("messages", "redrive", "2016-aaaa", "2016-zzzz", status=3)
    assert the(database, "2016-aaaa").state is MessageState.PARKED


def test_all_that_fit_are_driven_the_oldest_first(relengotron: Command, database: Database, number: int) -> None:
    other = put_aside(database, "2016-bbbb", WHY, NOW)
    put_aside(database, "2016-cccc", "msg.tag: missing", NOW, "buildsys.tag")
    told = relengotron("messages", "redrive", "--all", "--topic", "bodhi", "--yes").output
    assert [line.split()[0] for line in told.splitlines()[:2]] == [str(number), str(other)]
    assert the(database, "2016-cccc").state is MessageState.PARKED
    assert (
        "no message was put aside that fits"
        in relengotron("messages", "redrive", "--all", "--topic", "pungi", "--yes").output
    )


@pytest.mark.usefixtures("number")
def test_many_are_not_settled_without_asking(relengotron: Command, database: Database) -> None:
    told = relengotron("messages", "discard", "--all", "--because", "updates", "--reason", "x", status=2).output
    assert "this would discard 1 message; say --yes" in told
    assert the(database, "2016-aaaa").state is MessageState.PARKED


@pytest.mark.usefixtures("number")
@pytest.mark.parametrize(("answer", "status"), [("n", 1), ("y", 0)])
def test_a_person_at_a_terminal_is_asked(
    config: str, database: Database, monkeypatch: pytest.MonkeyPatch, answer: str, status: int
) -> None:
    monkeypatch.setattr(settling, "_is_a_person_there", lambda: True)
    result = CliRunner().invoke(main, ["--config", str(config), "messages", "redrive", "--all"], input=answer)
    assert result.exit_code == status
    assert "redrive 1 message?" in result.output
    assert the(database, "2016-aaaa").state is (MessageState.NEW if answer == "y" else MessageState.PARKED)


@pytest.mark.usefixtures("number")
@pytest.mark.parametrize("order", [(), ("2016-aaaa", "--all"), ("2016-aaaa", "--topic", "bodhi")])
def test_what_is_meant_must_be_said(relengotron: Command, order: tuple[str, ...]) -> None:
    relengotron("messages", "redrive", *order, status=2)


@pytest.mark.usefixtures("doorman")
def test_what_was_not_believed_is_checked_again_and_stays_where_it_is(
    relengotron: Command, database: Database, evidence: KeptMessage
) -> None:
    told = relengotron("messages", "redrive", str(evidence.number), status=1).output
    assert "refused: the signature of bodhi is not good" in told
    assert "1 of 1 refused" in told
    assert the(database, evidence.msg_id).state is MessageState.PARKED
    assert tried(database, evidence.number)[-1] == (person(), "refused", "the signature of bodhi is not good")
    with database.read() as db:
        assert not inbox.unsettled(db, 10)


def test_what_proves_itself_now_is_stored_under_its_own_id(
    relengotron: Command, database: Database, evidence: KeptMessage, doorman: Doorman
) -> None:
    doorman.known = ("bodhi",)
    assert "stored anew" in relengotron("messages", "redrive", evidence.msg_id).output
    with database.read() as db:
        (message,) = inbox.unsettled(db, 10)
    assert (message.msg_id, message.sender) == ("2016-by-bodhi", "bodhi")
    left = the(database, evidence.msg_id)
    assert left.state is MessageState.IGNORED
    assert left.reason.startswith("proven since, and here as 2016-by-bodhi; it had been put aside: forged")


def test_one_that_is_refused_stands_in_no_others_way(
    relengotron: Command, database: Database, number: int, evidence: KeptMessage, doorman: Doorman
) -> None:
    doorman.known = ("somebody else",)
    told = relengotron("messages", "redrive", "--all", "--yes", status=1).output
    assert "1 of 2 refused" in told
    assert the(database, str(number)).state is MessageState.NEW
    assert the(database, evidence.msg_id).state is MessageState.PARKED


def test_a_wish_that_came_over_the_bus_is_never_driven(
    relengotron: Command, database: Database, doorman: Doorman
) -> None:
    wish = refused(database, NOW, signed_by="bodhi", topic="relengotron.person.cancel")
    doorman.known = ("bodhi",)
    assert "never comes over the bus" in relengotron("messages", "redrive", wish.msg_id, status=1).output
    assert the(database, wish.msg_id).state is MessageState.PARKED


def test_evidence_can_be_discarded_without_being_believed(
    relengotron: Command, database: Database, evidence: KeptMessage
) -> None:
    relengotron("messages", "discard", evidence.msg_id, "--reason", "spam")
    assert the(database, evidence.msg_id).state is MessageState.DISCARDED


@pytest.fixture
def signer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Signer:
    """Somebody who may order pushes by ``bus.senders``, on a bus whose authority this machine knows by now."""
    authority = ThrowAwayAuthority.make("the bus")
    (tmp_path / "ca.crt").write_bytes(authority.pem)
    config = {"topic_prefix": "org.fedoraproject", "environment": "prod", "validate_signatures": True}
    trust = {"ca_cert_location": str(tmp_path / "ca.crt"), "crl_location": ""}
    monkeypatch.setattr(guarding, "bus_config", lambda: config | trust)
    pems = authority.issue("shell-releng01.example")
    pair = KeyPair.read(pems.key, pems.certificate)
    return Signer(lambda: pair)


@pytest.mark.parametrize(("change", "status"), [({}, 0), ({"i": 2}, 1)])
def test_a_true_signature_is_believed_by_the_guard_of_this_machine(
    relengotron: Command, database: Database, signer: Signer, change: dict[str, int], status: int
) -> None:
    order = a_message("x", {"agent": "ralph", "updates": ["bash-4.3.42-5.fc24"]}, "2016-signed")
    order["topic"] = "org.fedoraproject.prod.bodhi.masher.start"
    signer.sign(order)
    Intake(database, lambda: NOW, guard=Doorman()).store_all([Arrival(json.dumps(order | change))])
    relengotron("messages", "redrive", "--all", "--yes", status=status)
    with database.read() as db:
        senders = [message.sender for message in inbox.unsettled(db, 10)]
    assert senders == ([] if change else ["shell-releng01.example"])


def test_where_the_guard_cannot_be_asked_nothing_is_driven(
    relengotron: Command, database: Database, evidence: KeptMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "bus_config", lambda: {"validate_signatures": False})
    assert "only a lab" in relengotron("messages", "redrive", evidence.msg_id, status=2).output
    assert the(database, evidence.msg_id).state is MessageState.PARKED


@pytest.mark.parametrize("text", ["config = {", "import nowhere_at_all", "raise RuntimeError('x')", "config = 5", None])
def test_a_fedmsg_d_that_fails_or_is_not_there_is_told_in_a_sentence(
    relengotron: Command,
    database: Database,
    evidence: KeptMessage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str | None,
) -> None:
    monkeypatch.setattr(fedmsg.config, "__cache", {})
    if text is not None:
        (tmp_path / "fedmsg.d").mkdir()
        (tmp_path / "fedmsg.d" / "a.py").write_text(text)
    told = relengotron("messages", "redrive", evidence.msg_id, status=2).output
    assert str(tmp_path / "fedmsg.d") in told
    assert the(database, evidence.msg_id).state is MessageState.PARKED
