"""Whatever text comes from a wire is stored, parked or refused; nothing is done but for messages that are valid."""

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from relengotron.engine.digest import Digest
from relengotron.engine.intake import Intake
from relengotron.engine.journal import inbox, tables
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.handlers.routes import route
from relengotron.messages.arrival import Arrival
from relengotron.messages.limits import LARGEST_MESSAGE
from relengotron.model.events import Event, PushRequested
from relengotron.model.intents import Intent, Start
from tests.conftest import Tell
from tests.engine.toys import Clock
from tests.properties.hostile import SEEDS, assert_safe, deep, wire_texts
from tests.properties.test_messages_fuzz import CALM, EXAMPLES

MOST_MEMORY = 96 * LARGEST_MESSAGE
ORDERS = ("bodhi.masher.start", "bodhi.composer.start", "relengotron.push.request")


class House:
    """The door and the desk behind it; every intent is written down with the event it came from."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.acted_on: list[tuple[Event, Intent]] = []
        self.intake = Intake(database, Clock())
        self.digest = Digest(database, self._noted, EmbeddedWakeQueue(), Clock())

    def _noted(self, event: Event, msg_id: str) -> Iterable[Intent]:
        intents = list(route(event, msg_id))
        self.acted_on += [(event, intent) for intent in intents]
        return intents

    def receive(self, *arrivals: Arrival) -> list[tuple[Event, Intent]]:
        """What came of these messages; all of them are settled afterwards."""
        self.acted_on.clear()
        self.intake.store_all(arrivals)
        while self.digest.work():
            pass
        with self.database.read() as db:
            assert inbox.counts(db).get(MessageState.NEW, 0) == 0
        return list(self.acted_on)

    def defects(self) -> list[str]:
        with self.database.read() as db:
            return [each.reason for each in inbox.parked(db, 10_000) if each.reason.startswith("defect")]

    def opened(self) -> int:
        with self.database.read() as db:
            return db.execute(select(func.count()).select_from(tables.runs)).scalar() or 0

    def forget_everything(self) -> None:
        with self.database.write() as db:
            for table in (tables.tries, tables.inbox, tables.refusals, tables.runs):
                db.execute(table.delete())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('wire') / 'journal.db'}")
    database.close()  # what is proven here does not need a disk that really spins
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    yield House(database)
    database.close()


def read_once_more(text: str) -> Any:
    """The message as somebody else reads it; None when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def assert_is_meant(text: str, topic: str | None, event: Event) -> None:
    """A message that something is done for is one: its topic is true, and every word of it was said in its body."""
    message = read_once_more(text)
    assert isinstance(message, dict)
    assert isinstance(message["msg"], dict)
    assert topic in (None, message["topic"])
    assert_safe(event)
    if isinstance(event, PushRequested):
        assert message["topic"].split(".dev.", 1)[1] in ORDERS
        said = json.dumps(message["msg"], ensure_ascii=False)
        assert all(update in said for update in event.updates)


topics = st.sampled_from([None, "org.fedoraproject.dev.buildsys.tag", "", "\ud800", "x" * 5000])


@pytest.mark.timeout(1800)
def test_any_text_from_a_wire_is_settled_and_nothing_is_done_but_for_valid_messages(tell: Tell, house: House) -> None:
    came: Counter[bool] = Counter()

    @CALM
    @given(wire_texts(), st.booleans(), topics)
    def try_it(text: str, says_its_topic: bool, other: str | None) -> None:
        house.forget_everything()
        topic = topic_of(text) if says_its_topic else other
        acted_on = house.receive(Arrival(text, topic))
        for meant, _ in acted_on:
            assert_is_meant(text, topic, meant)
        assert house.opened() == sum(isinstance(intent, Start) for _, intent in acted_on)
        assert not house.defects()
        came[bool(acted_on)] += 1

    try_it()
    tell(f"{came.total()} texts from a wire: {came[True]} were still valid, {came[False]} led to nothing, none escaped")
    assert came.total() >= EXAMPLES


def topic_of(text: str) -> str | None:
    """The topic that the frame outside would show."""
    message = read_once_more(text)
    topic = message.get("topic") if isinstance(message, dict) else None
    return topic if isinstance(topic, str) else None


def test_the_valid_messages_are_acted_on_so_that_this_test_can_fail(house: House) -> None:
    house.forget_everything()
    texts = [json.dumps(seed | {"msg_id": f"2016-{number}"}) for number, seed in enumerate(SEEDS)]

    acted_on = house.receive(*(Arrival(text) for text in texts))

    assert house.opened() == sum(seed["topic"].endswith(ORDERS) for seed in SEEDS)
    assert len(acted_on) >= len(texts) / 2


EVIL = {
    "a million brackets": "[" * 1_000_000,
    "a list of nothing": json.dumps(SEEDS[0] | {"msg": {"x": [[]] * 150_000}}),
    "many small objects": json.dumps(SEEDS[0] | {"msg": {"x": [{}] * 100_000}}),
    "many keys": json.dumps(SEEDS[0] | {"msg": {str(number): 0 for number in range(80_000)}}),
    "one long text": json.dumps(SEEDS[0] | {"msg": {"updates": ["x" * 1_000_000]}}),
    "escapes that grow": json.dumps(SEEDS[0])[:-1] + ',"x":"' + "\\u20ac" * 170_000 + '"}',
    "many digits": json.dumps(SEEDS[0])[:-1] + ',"x":' + "9" * 1_000_000 + "}",
    "just too large": json.dumps(SEEDS[0])[:-1] + ',"x":"' + "x" * LARGEST_MESSAGE + '"}',
    "fifty times too large": "[" + "0," * (25 * LARGEST_MESSAGE) + "0]",
    "many updates": json.dumps(SEEDS[0] | {"msg": {"updates": ["bash-4.3.42-1.fc24"] * 40_000, "agent": "releng"}}),
    "as deep as allowed": json.dumps(SEEDS[0] | {"msg": {"x": deep(37)}}),
}


@pytest.mark.crash
@pytest.mark.parametrize("name", EVIL)
def test_no_message_takes_more_memory_than_a_few_of_the_largest(house: House, name: str) -> None:
    house.forget_everything()
    tracemalloc.start()
    try:
        house.receive(Arrival(EVIL[name]))
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY, f"{name}: {peak / LARGEST_MESSAGE:.0f} MiB at its peak"
    assert left < 4 * LARGEST_MESSAGE, f"{name}: {left / LARGEST_MESSAGE:.1f} MiB stayed"


def test_a_flood_of_nonsense_leaves_a_count_and_little_on_disk(house: House) -> None:
    house.forget_everything()

    house.receive(*(Arrival(f"nonsense {number}" + "x" * 100_000) for number in range(500)))

    with house.database.read() as db:
        kept = db.execute(select(func.count(), func.sum(func.length(tables.inbox.c.raw)))).one()
        counted = db.execute(select(func.sum(tables.refusals.c.count))).scalar()
    assert counted == 500
    assert kept[0] <= 25
    assert kept[1] < 25 * 70_000
