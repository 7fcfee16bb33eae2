"""Can anything that comes over the bus leave the message layer but an event, a reason or MalformedInput?"""

import copy
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import understand
from relengotron.messages.keys import business_key
from relengotron.messages.limits import kept_text
from relengotron.model.events import Event, Ignored
from tests.unit.messages.builders import BODIES, a_message

EXAMPLES = int(os.environ.get("RELENGOTRON_FUZZ_EXAMPLES", "2000"))

SEEDS = [a_message(suffix, body) for suffix, bodies in BODIES.items() for body in bodies]


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


HOSTILE: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    10**30,
    10**5000,
    0.5,
    float("nan"),
    float("-inf"),
    "",
    " ",
    "7",
    "-rf",
    "..",
    "../../../etc/passwd",
    "/dev/null",
    "a\x00b",
    "a\nb",
    "bash-4.3.42-1.fc24\n",
    "'; DROP TABLE inbox; --",
    "$(reboot)",
    "%s%n{0.__class__}",
    "\ud800",
    "\u202e42cf",
    "x" * 300,
    "x-" * 50_000 + "1-1",
    "x" * 2_000_000,
    b"bytes",
    list,
    dict,
    lambda: [None],
    lambda: {"": None},
    lambda: {7: 7},
    lambda: {"topic": {}, "msg": []},
    lambda: deep(39),
    lambda: deep(5000),
    object(),
)

values = st.one_of(
    st.sampled_from(HOSTILE).map(lambda one: one() if callable(one) else one),
    st.text(max_size=40),
    st.integers(),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
        max_leaves=8,
    ),
)
mutations = st.tuples(st.sampled_from(["drop", "replace", "nest", "enlarge", "swap"]), st.integers(0, 999), values)


def places(value: object, levels: int = 10) -> Iterator[tuple[Any, Any]]:
    """Every container in a message with each of its keys, as deep as a message of ours goes."""
    if levels == 0:
        return
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in list(entries):
        yield value, key
        yield from places(inside, levels - 1)


def mutate(message: dict[str, Any], kind: str, where: int, value: object) -> None:
    found = list(places(message))
    if not found:
        return
    container, key = found[where % len(found)]
    match kind:
        case "drop":
            del container[key]
        case "replace":
            container[key] = value
        case "nest":
            container[key] = {"inside": container[key], "beside": [container[key]]}
        case "enlarge":
            container[key] = [container[key]] * 20
        case "swap":
            other, its_key = found[(where * 7 + 3) % len(found)]
            container[key] = other[its_key]


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for inside in value:
            yield from texts(inside)
    elif is_dataclass(value):
        for one in fields(value):
            yield from texts(getattr(value, one.name))


def assert_safe(event: Event) -> None:
    for text in texts(event):
        assert text.isprintable(), "control characters reached an event"
        assert not text.startswith("-"), "an option reached an event"
        assert ".." not in text.split("/"), "a way up reached an event"
    key = business_key(event)
    assert key is None or key.isprintable()


def assert_can_be_told(refused: MalformedInput) -> None:
    assert 0 < len(str(refused)) < 2000
    assert str(refused).isprintable()


def read_and_understand(message: object) -> None:
    try:
        meaning = understand(Envelope.read(message))
    except MalformedInput as refused:
        assert_can_be_told(refused)
        return
    if not isinstance(meaning, Ignored):
        assert_safe(meaning)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.sampled_from(SEEDS), st.lists(mutations, min_size=1, max_size=4), st.booleans())
def test_a_broken_message_is_an_event_or_ignored_or_malformed(
    seed: dict[str, Any], broken: list[tuple[str, int, object]], wrapped: bool
) -> None:
    message = copy.deepcopy(seed)
    for kind, where, value in broken:
        mutate(message, kind, where, value)
    read_and_understand({"topic": message.get("topic"), "body": message} if wrapped else message)


@settings(max_examples=max(EXAMPLES // 10, 10), deadline=None)
@given(values)
def test_anything_at_all_is_malformed_or_read_and_can_be_kept(anything: object) -> None:
    read_and_understand(anything)
    assert kept_text(anything, 1000)


@settings(max_examples=max(EXAMPLES // 10, 10), deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_a_line_of_noise_is_malformed(noise: str | bytes) -> None:
    try:
        Envelope.from_line(noise)
    except MalformedInput as refused:
        assert_can_be_told(refused)


@given(st.sampled_from(SEEDS))
def test_a_valid_message_is_never_refused(seed: dict[str, Any]) -> None:
    assert not isinstance(understand(Envelope.read(seed)), Ignored)
