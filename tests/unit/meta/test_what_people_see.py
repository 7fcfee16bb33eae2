"""What do fedmsg.meta, and with it mails, IRC and the history of the bus, show of our messages?"""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import fedmsg.meta
import pkg_resources
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.messages.schemas import schema_of, topics
from relengotron.meta import RelengotronProcessor
from tests.properties.hostile import HOSTILE, mutate, values
from tests.unit.meta.cases import BASH, CASES, READLINE

PAGES = Path(__file__).parents[3] / "docs" / "messages"
CONFIG: dict[str, Any] = {
    "topic_prefix": "org.fedoraproject",
    "environment": "prod",
    "topic_prefix_re": r"org\.fedoraproject\.(dev|stg|prod)",
}
EMPTY = [{"topic": f"org.fedoraproject.prod.relengotron.{topic}"} for topic in (*topics(), "push.request", "gate", "")]


@pytest.fixture(autouse=True)
def processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fedmsg.meta loads here, without the processors of everybody else, which may ask the network."""
    everybody = pkg_resources.iter_entry_points
    monkeypatch.setattr(pkg_resources, "iter_entry_points", lambda group: everybody(group, "relengotron"))
    monkeypatch.setattr(fedmsg.meta, "processors", fedmsg.meta.ProcessorsNotInitialized())
    fedmsg.meta.make_processors(**CONFIG)


def a_message(topic: str, body: Any = None) -> dict[str, Any]:
    return {
        "topic": f"org.fedoraproject.prod.relengotron.{topic}",
        "msg": copy.deepcopy(schema_of(topic)["examples"][0]) if body is None else body,
        "msg_id": "2016-7e49afa4-c85b-424b-90d8-da36bed006b5",
        "timestamp": 1466217667,
        "username": "relengotron",
    }


def everything(message: dict[str, Any]) -> list[object]:
    """All that fedmsg.meta can be asked about a message."""
    asked = ("title", "subtitle", "long_form", "link", "icon", "secondary_icon", "usernames", "packages", "objects")
    answers = [
        getattr(fedmsg.meta, f"msg2{what}")(message, **CONFIG) for what in (*asked, "agent", "emails", "avatars")
    ]
    return [
        *answers,
        fedmsg.meta.msg2subjective(message, subject="ralph", **CONFIG),
        fedmsg.meta.msg2repr(message, **CONFIG),
    ]


def test_fedmsg_meta_finds_it_by_its_entry_point() -> None:
    assert isinstance(fedmsg.meta.msg2processor(a_message("push.start"), **CONFIG), RelengotronProcessor)


def test_every_topic_that_we_send_is_put_into_words() -> None:
    assert set(CASES) == set(topics())


@pytest.mark.parametrize("topic", topics())
def test_people_see_what_happened_to_whom_and_where_to_read_more(topic: str) -> None:
    message, expected = a_message(topic), CASES[topic]
    assert fedmsg.meta.msg2title(message, **CONFIG) == f"relengotron.{topic}"
    assert fedmsg.meta.msg2subtitle(message, **CONFIG) == expected.subtitle
    assert fedmsg.meta.msg2link(message, **CONFIG) == expected.link
    assert fedmsg.meta.msg2usernames(message, **CONFIG) == set(expected.usernames)
    assert fedmsg.meta.msg2packages(message, **CONFIG) == set(expected.packages)
    assert fedmsg.meta.msg2objects(message, **CONFIG) == set(expected.objects)
    assert fedmsg.meta.msg2agent(message, **CONFIG) == expected.agent
    assert fedmsg.meta.msg2icon(message, **CONFIG).startswith("https://")
    assert fedmsg.meta.msg2long_form(message, **CONFIG).startswith(expected.subtitle)


def test_an_order_of_somebody_else_under_our_name_is_put_into_words_too() -> None:
    body = json.loads((PAGES / "push.request.md").read_text(encoding="utf-8").split("```json\n")[1].split("```")[0])
    message = a_message("push.request", body)
    assert fedmsg.meta.msg2subtitle(message, **CONFIG).startswith("releng asked for a push to F24/")
    assert fedmsg.meta.msg2packages(message, **CONFIG)


def test_a_mail_to_a_packager_says_why_and_what_to_do() -> None:
    assert fedmsg.meta.msg2long_form(a_message("gate.build.quarantined"), **CONFIG).splitlines() == [
        f"{READLINE} is in quarantine: dist.rpmdeplint failed for {READLINE}.",
        "",
        "Tests:",
        "- dist.rpmdeplint",
        "",
        "Who can act: jstaron",
        f"With: relengotron quarantine release {READLINE} --reason TEXT",
        "",
        "run: https://relengotron.example.org/runs/20160618-023807-4c1d9a02",
    ]


def test_a_mail_about_a_batch_names_its_builds_the_suspects_and_what_goes_on() -> None:
    told = fedmsg.meta.msg2long_form(a_message("gate.batch.failed"), **CONFIG)
    for line in (
        f"- {BASH} by ooprala",
        "update of bash from 4.3.42 to 4.3.46, found upstream on 2016-06-16: "
        "https://release-monitoring.org/project/166/, bug 1346997",
        f"- {READLINE}: dist.rpmdeplint failed for {READLINE}",
        f"- {BASH} in rawhide-b2f7c9035a6e",
    ):
        assert line in told.splitlines()


def test_a_reason_that_the_sentence_leaves_out_stands_below_it() -> None:
    assert "Why: every required test passed" in fedmsg.meta.msg2long_form(a_message("gate.build.accepted"), **CONFIG)


def test_until_when_a_gate_is_closed_is_told() -> None:
    message = a_message("gate.closed")
    message["msg"]["until"] = "2016-06-20T00:00:00.000Z"
    told = fedmsg.meta.msg2subtitle(message, **CONFIG)
    assert told == "kevin closed the gate of rawhide until 2016-06-20T00:00:00.000Z: mass rebuild"


def test_builds_of_one_batch_become_one_line() -> None:
    first, second, other = (a_message("gate.build.accepted") for _ in range(3))
    second["msg"] |= {"nvr": READLINE, "package": "readline", "packager": "jstaron"}
    other["msg"]["batch"] = "rawhide-000000000000"
    for number, each in enumerate((first, second, other)):
        each["msg_id"] = f"2016-{number}"

    together, alone = fedmsg.meta.conglomerate([first, second, other], **CONFIG)
    assert together["subtitle"] == f"{BASH} and {READLINE} are in rawhide"
    assert (together["packages"], together["usernames"]) == ({"bash", "readline"}, {"ooprala", "jstaron"})
    assert set(together["msg_ids"]) == {"2016-0", "2016-1"}
    assert set(alone["msg_ids"]) == {"2016-2"}


def test_the_icon_can_be_another() -> None:
    message = a_message("push.start")
    assert fedmsg.meta.msg2icon(message, **CONFIG | {"relengotron.icon": "https://x/y.png"}) == "https://x/y.png"


def test_no_body_makes_it_raise() -> None:
    for empty in EMPTY:
        everything(empty)
        for body in HOSTILE:
            everything(empty | {"msg": body() if callable(body) else body})


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(topics()),
    st.lists(st.tuples(st.sampled_from(["drop", "replace", "nest", "enlarge", "swap"]), st.integers(0, 999), values)),
)
def test_no_mistake_in_a_message_makes_it_raise_and_what_is_shown_is_one_clean_line(topic: str, wrong: Any) -> None:
    message = a_message(topic)
    for kind, where, value in wrong:
        mutate(message["msg"], kind, where, value)
    everything(message)
    subtitle = fedmsg.meta.msg2subtitle(message, **CONFIG)
    assert subtitle.isprintable()
    assert len(subtitle) < 5000


def test_it_needs_nothing_of_the_daemon_where_mails_are_written() -> None:
    code = "import sys, relengotron.meta; print(*sorted(n for n in sys.modules if n.startswith('relengotron.')))"
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert all(name.startswith("relengotron.meta") for name in said.stdout.split())
