import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from relengotron.messages import outgoing as out
from relengotron.messages import rollback
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.messages.schemas import schema_of, topics
from relengotron.messages.tree_care import CareFacts, tree_care
from relengotron.model.events import Ignored
from tests.unit.messages.gates import GATE

PAGES = Path(__file__).parents[3] / "docs" / "messages"
NOW = datetime(2016, 6, 1, 9, 30, tzinfo=UTC)
FACTS = out.RunFacts(
    "r1", "F24", "testing", NOW, step="ensure_x", links={"run": "https://relengotron.example.org/runs/r1"}
)
UPDATE = out.UpdateName("FEDORA-2016-02cd019281", "bash-4.3.42-1.fc24", ("bash-4.3.42-1.fc24",))
RESULT = out.ArtifactResult("tree", "ostree", "failed", "Koji task 7 failed", 7, None)

BUILT: dict[str, Callable[[out.RunFacts], out.OutgoingMessage]] = {
    "push.start": lambda facts: out.push_start(facts, [UPDATE, out.UpdateName(None, "zsh-5.2-1.fc24")]),
    "push.step": lambda facts: out.push_step(facts, "failed", reason="Koji is down", attempt=3),
    "push.hold": lambda facts: out.push_hold(
        facts, "waiting", missing=[], since=NOW, deadline=NOW + timedelta(hours=1), owner="qa", command="relengotron x"
    ),
    "push.eject": lambda facts: out.push_eject(facts, UPDATE, "it has no builds"),
    "artifact.compose.start": lambda facts: out.artifact_compose_start(
        facts, "tree", kind="ostree", koji_task_id=None, reason="bash changed"
    ),
    "artifact.compose.complete": lambda facts: out.artifact_compose_complete(
        facts, "tree", kind="ostree", koji_task_id=7, identity="sha256:0"
    ),
    "artifact.compose.failed": lambda facts: out.artifact_compose_failed(
        facts, "tree", "it broke", kind="ostree", koji_task_id=7, state=None, owner="releng", command="relengotron x"
    ),
    "artifact.compose.skipped": lambda facts: out.artifact_compose_skipped(facts, "iso", "unaffected", kind="image"),
    "artifact.published": lambda facts: out.artifact_published(facts, "tree", kind="ostree", identity="sha256:0"),
    "artifact.withdrawn": lambda facts: out.artifact_withdrawn(
        facts, "tree", "a reader got something else", kind="ostree", identity="sha256:0"
    ),
    "rollback.start": lambda facts: rollback.rollback_start(facts, "r0", "it was bad", artifacts=["tree"], untag=False),
    "rollback.hold": lambda facts: rollback.rollback_hold(
        facts, "r0", "waiting", missing=[], since=NOW, deadline=NOW, owner="releng", command="relengotron x"
    ),
    "rollback.complete": lambda facts: rollback.rollback_complete(
        facts,
        "r0",
        "it was bad",
        results=[rollback.WentBack("tree", "ostree", "sha256:0", None)],
        untagged=["bash-4.3.42-1.fc24"],
        stays=[],
        started_at=NOW,
    ),
    "rollback.failed": lambda facts: rollback.rollback_failed(
        facts, "r0", "it is not possible", failure="refused", owner="releng", command="relengotron x"
    ),
    "push.complete": lambda facts: out.push_complete(
        facts,
        results=[RESULT],
        updates=[out.UpdateResult(None, "bash-4.3.42-1.fc24", "ejected", "it has no builds")],
        started_at=NOW + timedelta(seconds=1),
    ),
    "push.failed": lambda facts: out.push_failed(
        facts, "refused", failure="RequestRefused", evidence=None, owner="releng", command="relengotron x"
    ),
    "tree.care": lambda facts: tree_care(
        CareFacts(facts.run, "trees /srv/repo", "care", "/srv/repo", facts.at, links=facts.links),
        "held",
        missing=["an object is missing"],
        deadline=NOW,
    ),
    **GATE,
}
OF_A_PUSH = [topic for topic in topics() if not topic.startswith(("tree.", "gate."))]


def body_of(topic: str, facts: out.RunFacts = FACTS) -> dict[str, Any]:
    message = BUILT[topic](facts)
    assert message.topic_suffix == f"relengotron.{topic}"
    return dict(message.body)


def test_every_topic_has_a_builder_and_a_schema() -> None:
    assert sorted(topics()) == sorted(BUILT)


@pytest.mark.parametrize("topic", topics())
def test_a_builder_keeps_its_schema_and_says_nothing_beside_it(topic: str) -> None:
    schema = schema_of(topic)
    Draft202012Validator.check_schema(schema)
    body = body_of(topic)
    Draft202012Validator(schema).validate(body)
    assert set(body) == set(schema["properties"]) == set(schema["required"])


@pytest.mark.parametrize("topic", OF_A_PUSH)
def test_every_message_names_run_lane_artifact_reason_and_links(topic: str) -> None:
    body = body_of(topic)
    assert {"run", "lane", "artifact", "reason", "links"} <= set(body)
    assert body["lane"] == f"{body['release']}/{body['request']}"


@pytest.mark.parametrize("topic", topics())
def test_every_schema_has_a_page_with_its_keys_and_its_valid_example(topic: str) -> None:
    schema = schema_of(topic)
    (example,) = schema["examples"]
    Draft202012Validator(schema).validate(example)

    page = (PAGES / f"{topic}.md").read_text(encoding="utf-8")
    assert example == _json_in(page)
    assert all(f"| `{key}` |" in page for key in schema["properties"])
    assert f"({topic}.md)" in (PAGES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("topic", topics())
def test_what_we_say_ourselves_starts_nothing(topic: str) -> None:
    envelope = Envelope.read({"topic": f"org.fedoraproject.dev.relengotron.{topic}", "msg": body_of(topic)})
    assert understand(envelope) == Ignored("an announcement of relengotron itself")


def test_the_documented_push_request_is_understood() -> None:
    body = _json_in((PAGES / "push.request.md").read_text(encoding="utf-8"))
    event = understand(Envelope.read({"topic": "org.fedoraproject.dev.relengotron.push.request", "msg": body}))
    assert not isinstance(event, Ignored)


def test_times_are_told_in_utc_and_never_without_a_zone() -> None:
    east = out.RunFacts("r1", "F24", "testing", NOW.astimezone(timezone(timedelta(hours=2))))
    assert body_of("push.start", east)["at"] == "2016-06-01T09:30:00.000Z"
    with pytest.raises(ValueError, match="time zone"):
        body_of("push.start", out.RunFacts("r1", "F24", "testing", NOW.replace(tzinfo=None)))


def test_a_step_is_told_by_its_name() -> None:
    with pytest.raises(ValueError, match="the facts name none"):
        body_of("push.step", out.RunFacts("r1", "F24", "testing", NOW))


def test_a_push_that_ended_before_it_began_by_the_clock_took_no_time() -> None:
    assert body_of("push.complete")["duration_s"] == 0.0


def _json_in(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.split("```json\n")[1].split("```")[0])
    return found
