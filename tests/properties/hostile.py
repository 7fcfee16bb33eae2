"""What may somebody put into a message who means us no good, and in which ways can a good message be broken?"""

import copy
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import strategies as st

from relengotron.messages.incoming import PARSERS, WISHES
from relengotron.model.events import Event
from tests.unit.messages.builders import BODIES, a_message

A_WISH = {"run": "20161101-100000-abc", "agent": "ralph", "reason": "it is the wrong update"}


def bodies_of(topic: str) -> list[dict[str, Any]]:
    """Valid bodies for a topic: its own, or those of a topic that is read by the same words."""
    if topic in BODIES:
        return BODIES[topic]
    reader = _reader_of(topic)
    return next((bodies for other, bodies in BODIES.items() if _reader_of(other) is reader), [])


def _reader_of(topic: str) -> object:
    parser = PARSERS.get(topic)
    return getattr(parser, "func", parser)


WITHOUT_EXAMPLE = sorted(topic for topic in PARSERS if not bodies_of(topic))
SEEDS = [a_message(topic, body) for topic in PARSERS for body in bodies_of(topic) or [{}]]
SEEDS += [a_message(wish, A_WISH) for wish in WISHES]


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


POISON: tuple[object, ...] = (
    10**30,
    float("nan"),
    float("-inf"),
    "../../../etc/passwd",
    "a/../../b",
    "a\x00b",
    "a\nb",
    "a\x1b[2Jb",
    "bash-4.3.42-1.fc24\n",
    "\ud800",
    "\u202e42cf",
    "x" * 40_000,
    "x" * 2_000_000,
    {"inside": {"$ne": None}},
    deep(60),
    [[]],
)
"""Wherever we read one of these as a name, a number or a choice, the message is refused."""

HOSTILE: tuple[object, ...] = (
    *POISON,
    None,
    True,
    0,
    -1,
    2**31,
    2**63,
    10**5000,
    0.5,
    "",
    " ",
    "7",
    "-rf",
    "..",
    "/dev/null",
    "'; DROP TABLE inbox; --",
    "$(reboot)",
    "%s%n{0.__class__}",
    "x" * 300,
    "x-" * 50_000 + "1-1",
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
    st.sampled_from(HOSTILE).map(lambda one: one() if callable(one) else copy.deepcopy(one)),
    st.text(max_size=40),
    st.integers(),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
        max_leaves=8,
    ),
)
mutations = st.tuples(st.sampled_from(["drop", "replace", "nest", "enlarge", "swap"]), st.integers(0, 999), values)


@st.composite
def broken_messages(draw: st.DrawFn) -> dict[str, Any]:
    """A valid message with one to four things wrong in it."""
    message: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(SEEDS)))
    for kind, where, value in draw(st.lists(mutations, min_size=1, max_size=4)):
        mutate(message, kind, where, value)
    return message


TRICKS = (
    '"topic":"org.fedoraproject.dev.relengotron.push.request",',
    '"msg":{},',
    '"msg_id":"2016-other",',
    '"x":NaN,',
    '"x":-Infinity,',
    '"x":1e999,',
    f'"x":{"9" * 5000},',
    '"x":"\\ud800",',
    '"x":"\\u0000",',
    '"x":"\x01",',
    '"x":' + "[" * 5000 + ",",
    '"x":' + "[" * 200_000 + "]" * 200_000 + ",",
    '"__proto__":{"is_local":true},',
    "//",
    "\ufeff",
    "\x00",
)


@st.composite
def wire_texts(draw: st.DrawFn) -> str:
    """The text of a message as it comes from a wire: JSON with something pushed in, cut off, or said twice."""
    text = _written(draw(st.sampled_from(SEEDS) | broken_messages()))
    for trick, where in draw(st.lists(st.tuples(st.sampled_from(TRICKS), st.integers(0, 9999)), max_size=3)):
        place = 1 if where % 2 else where % (len(text) + 1)
        text = text[:place] + trick + text[place:]
    cut = draw(st.integers(0, 9))
    return text[: len(text) * cut // 3] if cut < 3 else text


def _written(message: dict[str, Any]) -> str:
    try:
        return json.dumps(message, default=repr, skipkeys=True)
    except (ValueError, RecursionError):
        return repr(sorted(message))  # it holds itself, or a number that cannot be written


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


def places(value: object, levels: int = 10) -> Iterator[tuple[Any, Any]]:
    """Every container in a message with each of its keys, as deep as a message of ours goes."""
    if levels == 0:
        return
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in list(entries):
        yield value, key
        yield from places(inside, levels - 1)


def texts(value: object) -> Iterator[str]:
    """Every text in a value of ours."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for inside in value:
            yield from texts(inside)
    elif is_dataclass(value):
        for one in fields(value):
            yield from texts(getattr(value, one.name))


def assert_safe(event: Event) -> None:
    """Nothing in it climbs, commands or hides."""
    for text in texts(event):
        assert text.isprintable(), "control characters reached an event"
        assert not text.startswith("-"), "an option reached an event"
        assert ".." not in text.split("/"), "a way up reached an event"
