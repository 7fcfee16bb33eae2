"""Can anything that comes over the bus leave the message layer but an event, a reason or MalformedInput?"""

import copy
import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Envelope
from relengotron.messages.incoming import PARSERS, WISHES, understand
from relengotron.messages.keys import business_key
from relengotron.messages.limits import kept_text
from relengotron.model.events import Event, Ignored
from tests.conftest import Tell
from tests.properties.hostile import (
    POISON,
    SEEDS,
    WITHOUT_EXAMPLE,
    assert_safe,
    broken_messages,
    places,
    values,
)

EXAMPLES = int(os.environ.get("RELENGOTRON_FUZZ_EXAMPLES", "500"))
CALM = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def assert_can_be_told(refused: MalformedInput) -> None:
    assert 0 < len(str(refused)) < 2000
    assert str(refused).isprintable()


def meaning_of(message: object) -> Event | None:
    """The event it leads to; an event is safe, a refusal can be shown to people, and nothing else happens."""
    try:
        meaning = understand(Envelope.read(message))
    except MalformedInput as refused:
        assert_can_be_told(refused)
        return None
    if isinstance(meaning, Ignored):
        return None
    assert_safe(meaning)
    key = business_key(meaning)
    assert key is None or key.isprintable()
    return meaning


@pytest.mark.timeout(1800)
def test_a_broken_message_is_an_event_or_ignored_or_malformed(tell: Tell) -> None:
    came: Counter[bool] = Counter()

    @CALM
    @given(broken_messages(), st.booleans())
    def try_it(message: dict[str, Any], wrapped: bool) -> None:
        meaning = meaning_of({"topic": message.get("topic"), "body": message} if wrapped else message)
        came[meaning is not None] += 1

    try_it()
    tell(f"{came.total()} broken messages: {came[True]} were still valid, {came[False]} led to nothing, none escaped")
    assert came.total() >= EXAMPLES


@settings(max_examples=max(EXAMPLES // 10, 10), deadline=None)
@given(values)
def test_anything_at_all_is_malformed_or_read_and_can_be_kept(anything: object) -> None:
    meaning_of(anything)
    assert kept_text(anything, 1000)


@settings(max_examples=max(EXAMPLES // 10, 10), deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200))
def test_a_line_of_noise_is_malformed(noise: str | bytes) -> None:
    try:
        Envelope.from_line(noise)
    except MalformedInput as refused:
        assert_can_be_told(refused)


def test_every_topic_that_is_acted_on_has_a_valid_message_to_break() -> None:
    assert not WITHOUT_EXAMPLE, f"no valid message in BODIES of tests/unit/messages/builders.py: {WITHOUT_EXAMPLE}"


@pytest.mark.parametrize("topic", sorted(PARSERS))
def test_a_valid_message_is_understood_and_poison_anywhere_in_it_is_refused_or_leaves_no_trace(topic: str) -> None:
    for seed in (each for each in SEEDS if each["topic"].endswith(f".dev.{topic}")):
        event = meaning_of(seed)
        assert event is not None
        refused = 0
        for where, name in enumerate([key for _, key in places(seed)]):
            for poison in POISON:
                meaning = meaning_of(_with(seed, where, poison))
                assert meaning in (None, event), f"{topic}: {name}: {poison!r:.60}"
                refused += meaning is None
        assert refused >= len(POISON)


def _with(seed: dict[str, Any], where: int, value: object) -> dict[str, Any]:
    message = copy.deepcopy(seed)
    container, key = list(places(message))[where]
    container[key] = value
    return message


def test_wishes_of_people_have_no_parser_on_the_bus() -> None:
    assert not PARSERS.keys() & WISHES.keys()
