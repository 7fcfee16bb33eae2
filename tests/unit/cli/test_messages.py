"""What do people see of the messages that were put aside?"""

import json
import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.engine.journal import inbox, tries
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from tests.unit.cli.mailbag import put_aside, refused, the
from tests.unit.cli.story import NOW, Command


@pytest.fixture
def many(database: Database) -> Database:
    """Three that were put aside, one that was handled, two that nobody believed."""
    put_aside(database, "2016-old-aaaa", "msg.updates: should be a list", NOW - timedelta(hours=5))
    put_aside(database, "2016-new-bbbb", "msg.agent: missing", NOW - timedelta(minutes=9), "buildsys.tag")
    number = put_aside(database, "2016-done-cccc", "", NOW)
    with database.write() as db:
        inbox.settle(db, [inbox.Settled(number, MessageState.HANDLED, "Start")], NOW)
    for _ in range(2):  # what comes again is counted once
        refused(database, NOW - timedelta(minutes=3), signed_by="mallory")
    return database


def listed(relengotron: Command, *arguments: str) -> list[str]:
    return [each["msg_id"] for each in json.loads(relengotron("messages", "list", "--json", *arguments).output)]


@pytest.mark.usefixtures("many")
def test_the_list_says_what_a_person_needs_at_night(relengotron: Command) -> None:
    told = relengotron("messages").output
    header, newest, second, oldest, *foot = told.splitlines()
    assert header.split() == ["ID", "CAME", "IN", "TOPIC", "TRIES", "WHY"]
    assert "forged: the signature of mallory is not good" in newest
    assert "org.fedoraproject.dev.buildsys.tag" in second
    assert "11:51:00 UTC (9 min ago)" in second
    assert oldest.endswith("msg.updates: should be a list")
    assert foot[0] == "more, and what to do: relengotron messages show ID"
    assert foot[1].startswith("1 in all was not believed")
    assert relengotron("messages", "list").output == told


@pytest.mark.usefixtures("many")
def test_the_list_is_narrowed(relengotron: Command) -> None:
    evidence = listed(relengotron)[0]
    assert evidence.startswith("refused-")
    assert listed(relengotron) == [evidence, "2016-new-bbbb", "2016-old-aaaa"]
    assert listed(relengotron, "--topic", "bodhi.masher") == [evidence, "2016-old-aaaa"]
    assert listed(relengotron, "--topic", "org.fedoraproject.dev.buildsys") == ["2016-new-bbbb"]
    assert listed(relengotron, "--topic", "masher") == []
    assert listed(relengotron, "--since", "1h") == [evidence, "2016-new-bbbb"]
    assert listed(relengotron, "--until", "2016-06-01T09:00", "--since", "2016-06-01T06:00+00:00") == ["2016-old-aaaa"]
    assert listed(relengotron, "--reason", "SHOULD be") == ["2016-old-aaaa"]
    assert listed(relengotron, "--reason", "%") == []
    assert listed(relengotron, "--sender", "bodhi-lab") == ["2016-new-bbbb", "2016-old-aaaa"]
    assert listed(relengotron, "--state", "handled") == ["2016-done-cccc"]
    assert listed(relengotron, "--limit", "1") == [evidence]
    assert "2 more; --limit shows more of them" in relengotron("messages", "--limit", "1").output
    assert relengotron("messages", "--topic", "nothing").output.startswith("none\n")
    assert "neither how long ago" in relengotron("messages", "--since", "yesterday", status=2).output


@pytest.mark.usefixtures("many")
def test_who_was_not_believed_is_counted(relengotron: Command) -> None:
    told = relengotron("messages", "list", "--refused").output
    assert "forged  mallory  org.fedoraproject.dev.bodhi.masher.start  1      11:57:00 UTC (3 min ago)" in told
    (row,) = json.loads(relengotron("messages", "list", "--refused", "--json").output)
    assert (row["kind"], row["sender"], row["count"]) == ("forged", "mallory", 1)
    assert "1 was not believed, the last at 11:57:00 UTC (3 min ago)" in relengotron("status").output
    assert json.loads(relengotron("status", "--json").output)["messages"]["refused"] == [row]


@pytest.mark.usefixtures("database")
def test_where_all_are_believed_it_is_said(relengotron: Command) -> None:
    assert relengotron("messages", "list", "--refused").output == "every message was believed\n"
    assert "believed" not in relengotron("status").output


def test_one_message_is_shown_whole_with_what_to_type_next(relengotron: Command, many: Database) -> None:
    number = the(many, "2016-old-aaaa").number
    with many.write() as db:
        tries.note(db, number, "the daemon", "read", "msg.updates: should be a list", NOW - timedelta(hours=5))
    told = relengotron("messages", "show", "aaaa").output
    for part in (
        "org.fedoraproject.dev.bodhi.masher.start",
        "msg.updates: should be a list",
        "bodhi-lab",
        "07:00:00 UTC (5 h ago)  read by the daemon",
        f"relengotron messages redrive {number}",
        f"relengotron messages discard {number} --reason",
        '"agent": "ralph"',
    ):
        assert part in told
    known = json.loads(relengotron("messages", "show", "2016-old", "--json").output)
    assert known["msg_id"] == "2016-old-aaaa"
    assert known["raw"]["msg"] == {"agent": "ralph"}
    assert [each["who"] for each in known["tried"]] == ["the daemon"]
    assert len(known["next"]) == 2


def test_evidence_is_shown_as_the_message_that_it_is_of(relengotron: Command, many: Database) -> None:
    evidence = the(many, "refused-")
    told = relengotron("messages", "show", str(evidence.number)).output
    assert re.search(r"sender +mallory", told)
    assert '"signed_by": "mallory"' in told
    assert "checked once more" in told


def test_what_is_settled_needs_nothing(relengotron: Command, many: Database) -> None:
    told = relengotron("messages", "show", str(the(many, "cccc").number)).output
    assert "understood, and acted on" in told
    assert "redrive" not in told


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("name", ["nothing-like-it", "9999", "a", "", "99999999999999999999999"])
def test_an_unknown_message_is_not_found(relengotron: Command, name: str) -> None:
    assert "names no message" in relengotron("messages", "show", name, status=3).output


@pytest.mark.usefixtures("many")
def test_a_name_of_two_messages_names_none(relengotron: Command) -> None:
    assert "names more than one message" in relengotron("messages", "show", "2016-", status=3).output


def test_a_journal_in_postgresql_is_worked_on_alike(relengotron: Command, config: Path, postgres_url: str) -> None:
    path = config / "relengotron.yaml"
    path.write_text(re.sub(r"  url: sqlite:.*", f"  url: {postgres_url}", path.read_text()))
    with closing(Database(postgres_url)) as database:
        put_aside(database, "2016-old-aaaa", "msg.updates: should be a list", NOW - timedelta(hours=5))
        refused(database, NOW, signed_by="mallory")
        assert listed(relengotron, "--topic", "bodhi", "--reason", "UPDATES", "--until", "1h") == ["2016-old-aaaa"]
        assert "2016-old-aaaa" in relengotron("messages", "show", "aaaa").output
        relengotron("messages", "redrive", "--all", "--sender", "bodhi-lab", "--yes")
        relengotron("messages", "discard", "refused-", "--reason", "spam")
        assert the(database, "aaaa").state is MessageState.NEW
        assert the(database, "refused-").state is MessageState.DISCARDED


def test_what_a_message_holds_cannot_steer_the_terminal(relengotron: Command, database: Database) -> None:
    put_aside(database, "2016-evil", "msg\x1b[31m: bad\r\n", NOW, "buildsys.tag\x1b[2J")
    for command in (("messages",), ("messages", "show", "2016-evil"), ("messages", "--whole")):
        assert not {"\x1b", "\r"} & set(relengotron(*command).output)
