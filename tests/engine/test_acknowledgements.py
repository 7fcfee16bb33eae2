"""Whoever must answer is asked until all have, and only they count; and whoever asks us is answered."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from relengotron.engine.digest import Digest
from relengotron.engine.intake import Intake
from relengotron.engine.journal import acknowledgements, inbox, outbox, runs
from relengotron.engine.journal.database import Database
from relengotron.engine.postman import REPEATS_A_ROUND, Postman
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.errors import SystemUnreachable
from relengotron.handlers.routes import route
from relengotron.messages.gilmsg import MARK
from relengotron.model.intents import Start
from relengotron.model.outcome import Watch
from relengotron.systems.bus.port import Announcement
from tests.engine.toys import EPOCH, Clock, tagging

ASKED = ("bodhi", "mirrors")


class Bus:
    """Remembers what was said and whether an answer was asked for."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, bool]] = []
        self.is_away = False

    def publish(self, message: Announcement, msg_id: str) -> None:
        if self.is_away:
            raise SystemUnreachable("no relay")
        self.said.append((message.topic_suffix, msg_id, message.wants_answer))

    def close(self) -> None:
        """Nothing is open."""

    def topics(self) -> list[str]:
        return [topic for topic, _, _ in self.said]


class Senders:
    """A guard that believes what a message says of its sender."""

    def sender_of(self, message: Mapping[str, Any]) -> str | None:
        return message.get("from")


class Post:
    """Outbox, postman, intake and digest around one journal, on a clock that obeys."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.bus = database, Clock(), Bus()
        self.wakes = EmbeddedWakeQueue()
        self.postman = Postman(database, self.bus, self.clock)
        self.intake = Intake(database, self.clock, guard=Senders())
        self.digest = Digest(database, route, self.wakes, self.clock)

    def write(self, topic: str, run: str = "run", recipients: Iterable[str] = (), within: float = 3600) -> None:
        with self.database.write() as db:
            until = self.clock() + timedelta(seconds=within)
            outbox.write(db, run, topic, topic, {}, self.clock(), recipients=tuple(recipients), answer_by=until)

    def id_of(self, topic: str) -> str:
        return next(msg_id for said, msg_id, _ in self.bus.said if said == topic)

    def acknowledge(self, msg_id: str, sender: str | None, name: str = "") -> tuple[str, str]:
        """Somebody acknowledges; what became of that message, and why."""
        ack_id = f"2016-ack-{msg_id}-{sender}-{name}"[:128]
        body = {"topic": "org.fedoraproject.dev.gilmsg.ack", "msg": {"ack_msg_id": msg_id}, "msg_id": ack_id}
        self.intake.store({**body, "from": sender, "timestamp": EPOCH.timestamp(), "i": 1})
        self.digest.work()
        with self.database.read() as db:
            row = db.exec_driver_sql(f"SELECT state, reason FROM inbox WHERE msg_id = '{ack_id}'").one()
        return row[0], row[1]

    def silent(self, topic: str, run: str = "run") -> tuple[str, ...]:
        with self.database.read() as db:
            asked = acknowledgements.asked(db, run, topic)
        assert asked is not None
        return asked.silent

    def live(self, seconds: int, step: int = 5) -> None:
        for _ in range(0, seconds, step):
            self.clock.pass_by(seconds=step)
            while self.postman.deliver():
                pass


@pytest.fixture
def post(journal: Database) -> Post:
    return Post(journal)


def test_what_must_be_acknowledged_is_marked_and_repeated_under_one_id_until_all_have(post: Post) -> None:
    post.write("push.complete", recipients=ASKED)
    post.write("push.step")
    post.postman.deliver()
    assert [(topic, wants) for topic, _, wants in post.bus.said] == [("push.complete", True), ("push.step", False)]

    post.live(60)
    assert post.bus.topics() == ["push.complete", "push.step", "push.complete", "push.complete", "push.complete"]
    msg_id = post.id_of("push.complete")
    assert len(set(post.bus.said)) == 2

    assert post.acknowledge(msg_id, "bodhi")[0] == "handled"
    assert post.silent("push.complete") == ("mirrors",)
    before = len(post.bus.said)
    post.live(120)
    assert len(post.bus.said) > before

    post.acknowledge(msg_id, "mirrors")
    assert post.silent("push.complete") == ()
    before = len(post.bus.said)
    post.live(3600, step=60)
    assert len(post.bus.said) == before


def test_nothing_is_repeated_after_the_wait_is_over(post: Post) -> None:
    post.write("push.complete", recipients=ASKED, within=30)
    post.postman.deliver()
    post.live(30)
    before = len(post.bus.said)
    post.live(7200, step=60)
    assert len(post.bus.said) == before


@pytest.mark.parametrize(
    ("sender", "reason"),
    [("koji", "koji was not asked to acknowledge this message, but bodhi, mirrors"), ("Bodhi", "Bodhi was not asked")],
)
def test_only_who_was_asked_can_acknowledge(post: Post, sender: str, reason: str) -> None:
    post.write("push.complete", recipients=ASKED)
    post.postman.deliver()
    state, why = post.acknowledge(post.id_of("push.complete"), sender)
    assert (state, why[: len(reason)]) == ("ignored", reason)
    assert post.silent("push.complete") == ASKED


def test_an_acknowledgement_of_somebody_elses_message_is_ignored_with_the_reason(post: Post) -> None:
    post.write("push.step")
    post.postman.deliver()
    for msg_id in ("2016-of-others", post.id_of("push.step")):
        state, why = post.acknowledge(msg_id, "bodhi")
        assert (state, why) == ("ignored", "it acknowledges a message for which nobody here waits for an answer")
    with post.database.read() as db:
        assert not db.exec_driver_sql("SELECT * FROM acknowledgements").all()


def test_where_nobody_signs_one_acknowledgement_counts_for_all(post: Post) -> None:
    post.write("push.complete", recipients=ASKED)
    post.postman.deliver()
    assert post.acknowledge(post.id_of("push.complete"), None)[0] == "handled"
    assert post.silent("push.complete") == ()


def test_an_acknowledgement_wakes_the_run_that_waits_for_it_and_again_changes_nothing(post: Post) -> None:
    with post.database.write() as db:
        run = runs.open_run(db, Start("long", "f24", "one", None, "-"), EPOCH)
        assert run is not None
    post.write("push.complete", run=run, recipients=["bodhi"])
    post.postman.deliver()
    msg_id = post.id_of("push.complete")
    with post.database.write() as db:
        runs.watch(db, run, [Watch("bus.ack", msg_id)])

    post.acknowledge(msg_id, "bodhi")
    assert post.wakes.take_nowait() == run
    post.clock.pass_by(minutes=1)
    post.acknowledge(msg_id, "bodhi", "once-more")
    with post.database.read() as db:
        asked = acknowledgements.asked(db, run, "push.complete")
    assert asked is not None
    assert asked.answers == {"bodhi": EPOCH}
    assert asked.message.acknowledged_at == EPOCH


def test_repeats_wait_behind_what_is_new_and_stop_nobody(post: Post) -> None:
    for number in range(3 * REPEATS_A_ROUND):
        post.write(f"asked.{number}", run=f"run-{number}", recipients=ASKED)
    while post.postman.deliver():
        pass
    post.bus.said.clear()
    post.clock.pass_by(seconds=10)
    post.write("new.1", run="run-0")
    post.write("new.2", run="other")

    post.postman.deliver()
    assert post.bus.topics()[:2] == ["new.1", "new.2"]
    assert len(post.bus.said) == 2 + REPEATS_A_ROUND
    post.live(1, step=1)
    assert len(post.bus.said) == 2 + 3 * REPEATS_A_ROUND


def test_a_bus_that_is_away_costs_no_repeat(post: Post) -> None:
    post.write("push.complete", recipients=ASKED)
    post.postman.deliver()
    post.bus.is_away = True
    post.live(60)
    assert len(post.bus.said) == 1
    post.bus.is_away = False
    post.live(5)
    assert len(post.bus.said) == 2


def test_a_person_who_tries_again_has_it_said_at_once(post: Post) -> None:
    post.write("push.complete", recipients=ASKED, within=4000)
    post.postman.deliver()
    post.live(3600, step=60)
    said = len(post.bus.said)
    with post.database.write() as db:
        acknowledgements.ask_again(db, "run", post.clock())
        acknowledgements.ask_again(db, "other", post.clock())
    post.postman.deliver()
    assert len(post.bus.said) == said + 1
    assert len({msg_id for _, msg_id, _ in post.bus.said}) == 1
    post.live(7200, step=60)
    assert len(post.bus.said) > said + 1


# -- the other direction -----------------------------------------------------------------------------------------------


def acks(post: Post) -> list[tuple[str, str]]:
    """What was acknowledged, and under which id."""
    while post.postman.deliver():
        pass
    with post.database.read() as db:
        bodies = {row[0]: row[1] for row in db.exec_driver_sql("SELECT msg_id, body FROM outbox")}
    return [(str(bodies[msg_id]), msg_id) for topic, msg_id, _ in post.bus.said if topic == "gilmsg.ack"]


def asking(name: str) -> dict[str, Any]:
    return {**tagging(name, msg_id=f"2016-{name}"), MARK: "0.1.2", "from": "koji"}


def test_who_asks_is_answered_once_the_message_is_stored(post: Post) -> None:
    post.intake.store(asking("bash"))
    post.intake.store({**tagging("zsh"), "from": "koji"})
    (said,) = acks(post)
    assert "2016-bash" in said[0]
    with post.database.read() as db:
        assert sum(inbox.counts(db).values()) == 2


def test_who_asks_again_is_answered_again_under_the_same_id_but_not_all_the_time(post: Post) -> None:
    for _ in range(5):
        post.intake.store(asking("bash"))
        assert len(acks(post)) == 1
        post.clock.pass_by(seconds=5)
    post.clock.pass_by(seconds=30)
    post.intake.store(asking("bash"))
    assert len(acks(post)) == 2
    assert len(set(acks(post))) == 1


def test_an_answer_that_could_not_be_sent_yet_is_sent_once(post: Post) -> None:
    post.bus.is_away = True
    for _ in range(3):
        post.intake.store(asking("bash"))
        post.postman.deliver()
        post.clock.pass_by(minutes=1)
    post.bus.is_away = False
    assert len(acks(post)) == 1


def test_neither_our_own_messages_nor_acknowledgements_are_acknowledged(post: Post) -> None:
    post.write("push.complete", recipients=ASKED)
    post.postman.deliver()
    ours = {**asking("x"), "topic": "org.fedoraproject.dev.relengotron.push.complete", "msg": {}}
    post.intake.store({**ours, "msg_id": post.id_of("push.complete")})
    ack = {**asking("y"), "topic": "org.fedoraproject.dev.gilmsg.ack", "msg": {"ack_msg_id": "2016-bash"}}
    post.intake.store(ack)
    assert acks(post) == []


def test_what_is_stored_and_cannot_be_understood_is_acknowledged_all_the_same(post: Post) -> None:
    post.intake.store({**asking("bash"), "msg": {"tag": 7}})
    post.digest.work()
    with post.database.read() as db:
        assert len(inbox.parked(db, 10)) == 1
    assert len(acks(post)) == 1


def test_an_answer_is_rolled_back_with_the_message(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise SystemUnreachable("the journal is away")

    with monkeypatch.context() as broken:
        broken.setattr(acknowledgements, "_acknowledge", fail)
        with pytest.raises(SystemUnreachable):
            post.intake.store(asking("bash"))
    assert acks(post) == []
    with post.database.read() as db:
        assert not inbox.counts(db)
