from datetime import UTC, datetime
from typing import Any

import pytest

from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Envelope, Topic
from relengotron.messages.limits import DEEPEST_NESTING, LARGEST_MESSAGE, kept_text
from tests.unit.messages.builders import a_message


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"x": value}
    return value


def test_an_envelope_knows_sender_time_and_subject() -> None:
    envelope = Envelope.read(a_message("buildsys.tag"))

    assert (envelope.prefix, envelope.environment) == ("org.fedoraproject", "dev")
    assert (envelope.category, envelope.suffix) == ("buildsys", "buildsys.tag")
    assert envelope.sent_at == datetime(2016, 6, 1, 9, 30, tzinfo=UTC)
    assert envelope.username == "releng"
    assert not envelope.signed


@pytest.mark.parametrize(
    ("topic", "prefix", "suffix"),
    [
        ("io.pagure.prod.pagure.issue.new", "io.pagure", "pagure.issue.new"),
        ("org.release-monitoring.prod.anitya.distro.add", "org.release-monitoring", "anitya.distro.add"),
        ("org.centos.stage.ci.pipeline.start", "org.centos", "ci.pipeline.start"),
        ("org.fedoraproject.prod.git.receive.dev.master", "org.fedoraproject", "git.receive.dev.master"),
    ],
)
def test_foreign_prefixes_are_read(topic: str, prefix: str, suffix: str) -> None:
    parsed = Topic.parse(topic)
    assert (parsed.prefix, parsed.suffix, str(parsed)) == (prefix, suffix, topic)


@pytest.mark.parametrize(
    "topic",
    [None, 7, "", "prod", "org.fedoraproject.prod", "prod.bodhi", "org.prod.", "org.x.y.z", "org.prod.a\nb", "a" * 600],
)
def test_a_topic_that_is_none_is_refused(topic: object) -> None:
    with pytest.raises(MalformedInput, match="topic"):
        Envelope.read(a_message("buildsys.tag", topic=topic))


@pytest.mark.parametrize("timestamp", [None, 0, 1464773400, 1464773400.25])
def test_times_of_every_sender_are_read(timestamp: float | None) -> None:
    sent_at = Envelope.read(a_message("buildsys.tag", timestamp=timestamp)).sent_at
    assert (sent_at.timestamp() if sent_at else None) == timestamp


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("timestamp", "yesterday"),
        ("timestamp", True),
        ("timestamp", -1),
        ("timestamp", 10**300),
        ("timestamp", float("nan")),
        ("timestamp", float("inf")),
        ("msg_id", 7),
        ("msg_id", ""),
        ("msg_id", "../../etc/passwd"),
        ("msg_id", "x" * 200),
        ("username", "a\nb"),
        ("username", ["releng"]),
        ("crypto", 5),
        ("msg", None),
        ("msg", "text"),
        ("msg", []),
    ],
)
def test_a_wrong_type_on_the_outside_is_refused(key: str, value: object) -> None:
    with pytest.raises(MalformedInput):
        Envelope.read(a_message("buildsys.tag", **{key: value}))


def test_a_message_without_an_id_is_named_by_its_content() -> None:
    bare = a_message("buildsys.tag")
    del bare["msg_id"]

    assert Envelope.read(bare).msg_id.startswith("sha256-")
    assert Envelope.read(bare).msg_id == Envelope.read(bare | {"headers": {}}).msg_id
    assert Envelope.read(bare).msg_id != Envelope.read(bare | {"i": 2}).msg_id


def test_the_frame_and_the_envelope_must_agree() -> None:
    with pytest.raises(MalformedInput, match="disagree"):
        Envelope.read({"topic": "org.fedoraproject.dev.bodhi.masher.start", "body": a_message("buildsys.tag")})


def test_what_the_hub_wraps_because_it_was_no_json_is_refused() -> None:
    topic = "org.fedoraproject.dev.buildsys.tag"
    with pytest.raises(MalformedInput, match="msg"):
        Envelope.read({"topic": topic, "body": {"topic": topic, "msg": "{broken"}})


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"x": "y" * LARGEST_MESSAGE}, "larger"),
        (nested(DEEPEST_NESTING + 1), "nested"),
        (nested(100_000), "nested"),
        ({"x": "\ud800"}, "Unicode"),
        ({"x": 10**5000}, "number"),
        ({"x": float("nan")}, "plain JSON"),
        ({"x": object()}, "plain JSON"),
        ({7: "x"}, "plain JSON"),
    ],
    ids=["large", "deep", "bottomless", "surrogate", "huge number", "nan", "object", "key"],
)
def test_what_is_too_large_too_deep_or_not_plain_is_refused(body: object, told: str) -> None:
    with pytest.raises(MalformedInput, match=told):
        Envelope.read(a_message("buildsys.tag", body))


@pytest.mark.parametrize("line", ["", "{", "[" * 100_000, "7", "null", b"\xff\xfe{"])
def test_a_line_that_holds_no_message_is_refused(line: str | bytes) -> None:
    with pytest.raises(MalformedInput):
        Envelope.from_line(line)


@pytest.mark.parametrize("raw", [nested(100_000), {"x": 10**5000}, {7: object()}, {"x": {1, 2}}, "text", None])
def test_anything_can_be_kept_as_text(raw: object) -> None:
    assert 0 < len(kept_text(raw, 500)) <= 500
