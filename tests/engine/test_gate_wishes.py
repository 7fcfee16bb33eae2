"""What becomes of what people say about a gate: kept once, told once, and those who wait look again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from relengotron.decisions import passing
from relengotron.engine.digest import Digest
from relengotron.engine.gate_wishes import GateWishes
from relengotron.engine.intake import Intake
from relengotron.engine.journal import audit, gate_orders, gated, inbox, outbox, runs, upstream
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.inbox import MessageState
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.handlers.routes import route
from relengotron.model.gated import BuildState, GateBatch, GatedBuild, Pass, Upstream, lane_of_batch
from relengotron.model.intents import Start
from relengotron.model.outcome import Watch
from tests.builders import a_message
from tests.engine.toys import EPOCH, Clock

TAGS = {"rawhide": ("rawhide-pending", "rawhide", "rawhide-badnewsbears")}
NVR = "bash-1-1"
LATER = EPOCH + timedelta(days=1)


class Office:
    """A journal with one run that waits before the gate, and the digest that reads what people wish."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.wakes = database, Clock(), EmbeddedWakeQueue()
        self.digest = Digest(database, route, self.wakes, self.clock, gates=GateWishes(TAGS))
        self.intake = Intake(database, self.clock)
        request = GateBatch("rawhide", "rawhide-1", (NVR,), "alone")
        start = Start("gate_rawhide", lane_of_batch("rawhide", "rawhide-1"), "batch rawhide-1", request, "keeper")
        with database.write() as db:
            build = GatedBuild("rawhide", NVR, "bash", "0", "kevin", BuildState.TESTING, "rawhide-1", "", EPOCH, EPOCH)
            assert gated.arrive(db, build)
            opened = runs.open_run(db, start, EPOCH)
            assert opened is not None
            self.run = opened

    def watch(self) -> None:
        with self.database.write() as db:
            runs.watch(db, self.run, [Watch("gate", "rawhide")])

    def hears(self, wish: str, agent: str = "alice", msg_id: str | None = None, **body: Any) -> None:
        message = a_message(f"relengotron.person.gate.{wish}", {"gate": "rawhide", "agent": agent, "reason": "so"} | body, msg_id)  # fmt: skip  # noqa: E501
        self.intake.store(message, is_local=True)
        self.digest.work()

    def passes(self) -> list[Pass]:
        with self.database.read() as db:
            return gate_orders.passes_of(db, "rawhide", [NVR])

    def said(self) -> list[tuple[str, dict[str, Any]]]:
        with self.database.read() as db:
            return [(each.topic, dict(each.body)) for each in outbox.unsent(db, 10)]

    def asked_of_the_run(self) -> list[str]:
        with self.database.read() as db:
            return [what for _, _, what in audit.of_run(db, self.run)]


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_a_gate_is_closed_with_the_reason_and_everybody_hears_it_once(office: Office) -> None:
    office.watch()
    office.hears("close", msg_id="2016-1", reason="beta freeze", until=LATER.isoformat())
    with office.database.read() as db:
        (closing,) = gate_orders.closings_of(db, "rawhide", EPOCH)
    assert (closing.who, closing.why, closing.until) == ("alice", "beta freeze", LATER)
    ((topic, body),) = office.said()
    assert topic == "relengotron.gate.closed"
    assert (body["gate"], body["reason"], body["target"]) == ("rawhide", "beta freeze", "rawhide")
    assert office.wakes.take_nowait() == office.run


def test_whoever_opens_a_gate_ends_what_everybody_had_closed(office: Office) -> None:
    office.hears("close", until=None)
    office.hears("close", agent="bob", until=None)
    office.watch()
    office.hears("open", agent="carol", reason="it is over")
    office.hears("open", agent="carol", reason="once more")
    with office.database.read() as db:
        assert not gate_orders.closings_of(db, "rawhide", EPOCH)
    opened = [body for topic, body in office.said() if topic == "relengotron.gate.opened"]
    assert [each["closed_by"] for each in opened] == [["alice", "bob"]]
    assert office.wakes.take_nowait() == office.run


def test_two_different_people_let_a_build_pass_and_its_run_looks_at_once(office: Office) -> None:
    for agent in ("alice", "root, by sudo from alice", "ALICE"):
        office.hears("pass", agent=agent, builds=[NVR])
    assert passing.in_words(office.passes()[:1]).endswith("; 1 more must say so")
    assert not passing.is_let_through(office.passes())
    assert office.wakes.take_nowait() == office.run
    office.hears("pass", agent="bob", builds=[NVR, NVR, "gcc-1-1"])
    assert passing.is_let_through(office.passes())
    assert "must say so" not in passing.in_words(office.passes())
    told = [body["is_enough"] for topic, body in office.said() if topic == "relengotron.gate.passed_by_people"]
    assert told == [False, False, False, True]
    assert office.asked_of_the_run().count(f"let {NVR} pass gate rawhide: so") == 4


def test_a_build_that_the_gate_has_done_with_needs_nobodys_word(office: Office) -> None:
    with office.database.write() as db:
        gated.put(db, "rawhide", [NVR], BuildState.ACCEPTED, EPOCH)
    office.hears("pass", builds=[NVR])
    assert not office.passes()
    assert not office.said()


def test_a_gate_that_is_not_configured_any_more_is_closed_without_a_word(office: Office) -> None:
    office.hears("close", gate="gone", until=None)
    with office.database.read() as db:
        assert gate_orders.closings_of(db, "gone", EPOCH)
    assert not office.said()


def test_what_is_no_wish_is_put_aside(office: Office) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("close", {"until": "tomorrow"}),
        ("close", {"until": None, "gate": "../etc"}),
        ("close", {"until": None, "reason": ""}),
        ("open", {"agent": 17}),
        ("pass", {"builds": []}),
        ("pass", {"builds": ["../../x"]}),
        ("pass", {"builds": [NVR] * 1001}),
    ]
    for wish, body in wrong:
        office.hears(wish, **body)
    with office.database.read() as db:
        assert inbox.counts(db) == {MessageState.PARKED: len(wrong)}


def test_nobody_on_the_bus_may_say_anything_about_a_gate(office: Office) -> None:
    message = a_message("relengotron.person.gate.open", {"gate": "rawhide", "agent": "mallory", "reason": "x"})
    office.intake.store(message)
    office.digest.work()
    with office.database.read() as db:
        assert inbox.counts(db) == {MessageState.PARKED: 1}


def test_what_a_build_brings_from_upstream_is_told_with_a_pass_too(database: Database) -> None:
    office = Office(database)
    with database.write() as db:
        upstream.note(db, Upstream("bash", "1", EPOCH, "0.9", None, None))
    office.hears("pass", builds=[NVR])
    ((_, body),) = office.said()
    assert body["upstream"]["sentence"].startswith("update of bash from 0.9 to 1, found upstream on ")


def test_a_pass_is_over_when_the_build_comes_to_the_gate_as_a_new_one(database: Database) -> None:
    office = Office(database)
    office.hears("pass", builds=[NVR])
    with database.write() as db:
        build = gated.find(db, "rawhide", NVR)
        assert build is not None
        assert not gated.arrive(db, build)
    assert len(office.passes()) == 1
    with database.write() as db:
        gated.put(db, "rawhide", [NVR], BuildState.ACCEPTED, LATER)
        assert gated.arrive(db, replace(build, state=BuildState.ARRIVED, batch=None))
    assert office.passes() == []
    office.hears("pass", builds=[NVR])
    assert [each.who for each in office.passes()] == ["alice"]
