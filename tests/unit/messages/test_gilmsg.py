"""Who is asked to acknowledge a message, and how is an acknowledgement read?"""

from typing import Any

import pytest

from relengotron.errors import MalformedInput
from relengotron.messages.gilmsg import mark_for, wants_answer
from relengotron.messages.incoming import understand
from relengotron.messages.outgoing import acknowledgement
from relengotron.model.events import MessageAcknowledged
from tests.unit.messages.builders import a_message, an_envelope


def test_our_own_acknowledgement_is_read_as_one() -> None:
    said = acknowledgement("2016-7e49")
    assert understand(an_envelope(said.topic_suffix, dict(said.body))) == MessageAcknowledged("2016-7e49")


@pytest.mark.parametrize("body", [{}, *({"ack_msg_id": each} for each in (None, 7, "a b", "", ["x"]))])
def test_an_acknowledgement_of_nothing_is_refused_by_name(body: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput, match=r"msg\.ack_msg_id"):
        understand(an_envelope("gilmsg.ack", body))


@pytest.mark.parametrize(
    ("suffix", "mark", "wanted"),
    [
        ("buildsys.tag", mark_for(True), True),
        ("buildsys.tag", {"gilmsg_version": "9"}, True),
        ("buildsys.tag", mark_for(False), False),
        ("buildsys.tag", {"gilmsg_version": None}, False),
        ("buildsys.tag", {"gilmsg_version": ["0.1.2"]}, False),
        ("gilmsg.ack", mark_for(True), False),
    ],
)
def test_the_mark_asks_for_an_answer_and_an_answer_never_does(suffix: str, mark: dict[str, Any], wanted: bool) -> None:
    assert wants_answer(a_message(suffix, {"ack_msg_id": "x"}, **mark)) is wanted
