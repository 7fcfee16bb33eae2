"""Does every recorded message go through, and does it end as handled or ignored with a reason?"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import PARSERS, understand
from relengotron.model.events import Ignored
from tests.conftest import Tell

CORPUS = Path(__file__).parents[1] / "corpus" / "messages.jsonl"
LINES = CORPUS.read_text(encoding="utf-8").splitlines()


def outcome_of(envelope: Envelope) -> str:
    meaning = understand(envelope)
    return f"ignored: {meaning.reason}" if isinstance(meaning, Ignored) else f"handled: {type(meaning).__name__}"


def through_the_bus(line: str) -> dict[str, Any]:
    recorded = json.loads(line)
    return {"topic": recorded["topic"], "body": recorded}


def test_every_recorded_message_is_handled_or_ignored_with_a_reason(tell: Tell) -> None:
    outcomes = Counter(outcome_of(Envelope.from_line(line)) for line in LINES)

    tell(f"\n{len(LINES)} recorded messages:")
    for outcome, count in outcomes.most_common():
        tell(f"  {count:4d}  {outcome}")
    assert outcomes.total() == len(LINES) == 258
    assert all(outcome.startswith("handled: ") or len(outcome) > len("ignored: ") for outcome in outcomes)


def test_every_recorded_message_of_a_topic_we_act_on_is_handled() -> None:
    ignored = [
        envelope.suffix
        for envelope in map(Envelope.from_line, LINES)
        if envelope.suffix in PARSERS and isinstance(understand(envelope), Ignored)
    ]
    assert ignored == []


@pytest.mark.parametrize("line", LINES[::16])
def test_the_way_a_message_came_makes_no_difference(line: str) -> None:
    recorded = Envelope.from_line(line)
    from_the_bus = Envelope.read(through_the_bus(line))
    assert from_the_bus == recorded


@pytest.mark.parametrize("line", LINES[::16])
def test_a_message_without_an_id_gets_the_same_one_from_datagrepper(line: str) -> None:
    bare = {key: value for key, value in json.loads(line).items() if key != "msg_id"}
    timestamp = bare.get("timestamp")
    from_datagrepper = bare | {
        "source_name": "datanommer",
        "source_version": "0.9.0",
        "headers": {},
        "timestamp": float(timestamp) if timestamp is not None else None,
    }
    assert Envelope.read(from_datagrepper).msg_id == Envelope.read(bare).msg_id


def test_secondary_koji_instances_are_ignored_by_name() -> None:
    for line in LINES:
        message = json.loads(line)
        if message["topic"].endswith("buildsys.rpm.sign"):
            message["msg"]["instance"] = "arm"
            assert understand(Envelope.read(message)) == Ignored("from the secondary Koji instance arm")
            return
    raise AssertionError("the corpus holds no buildsys.rpm.sign")
