"""A small procedure in a small world: what engine tests rehearse with."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, event

from relengotron.engine.attempt import Attempt, Saying
from relengotron.engine.digest import Digest, Route
from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.tables import metadata
from relengotron.engine.postman import Postman
from relengotron.engine.runner import Runner
from relengotron.engine.troubled import Patience
from relengotron.engine.wakes import EmbeddedWakeQueue
from relengotron.engine.workflow import Silence, Workflow
from relengotron.errors import AnswerLost, PowerCut, SystemUnreachable
from relengotron.model.events import BuildTagged, Event
from relengotron.model.intents import Intent, Start
from relengotron.model.outcome import Done, Failed, Hold, Outcome, Running, Watch
from relengotron.model.run import EffectRecord, Run, RunState, StepState
from relengotron.systems.bus.port import Announcement

EPOCH = datetime(2016, 11, 1, 12, 0, tzinfo=UTC)
_NUMBERS = itertools.count(1)


class Clock:
    """Time that stands still until it is told to go."""

    def __init__(self) -> None:
        self.time = EPOCH

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **time: float) -> None:
        self.time += timedelta(**time)


class Storm:
    """Cuts the power at the chosen moment and never again."""

    def __init__(self, cut_at: int | None = None) -> None:
        self.cut_at = cut_at
        self.moments: list[str] = []

    def moment(self, name: str) -> None:
        self.moments.append(name)
        if len(self.moments) == self.cut_at:
            raise PowerCut(name)


class StormyDatabase(Database):
    """A journal whose machine may die before and after every commit."""

    def __init__(self, url: str, storm: Storm) -> None:
        super().__init__(url)
        self.storm = storm
        self.close()  # the power is cut in the story only: no need to wait for the disk
        event.listen(self.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
            self.storm.moment("before a commit")
        self.storm.moment("after a commit")

    def forget_everything(self) -> None:
        """Empty every table: faster than a new journal."""
        with super().write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))


@dataclass
class World:
    """The outside: what was made, how often, and what was heard."""

    clock: Clock
    storm: Storm = field(default_factory=Storm)
    made: Counter[str] = field(default_factory=Counter)
    present: dict[str, datetime] = field(default_factory=dict)
    taken_back: list[str] = field(default_factory=list)
    heard: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    answers_to_lose: set[str] = field(default_factory=set)
    is_away: bool = False

    def make(self, key: str) -> str:
        self._answer()
        self.storm.moment(f"before {key}")
        self.made[key] += 1
        self.present[key] = self.clock()
        self.storm.moment(f"after {key}")
        if key in self.answers_to_lose:
            self.answers_to_lose.remove(key)
            raise AnswerLost(f"no answer about {key}")
        return f"made {key}"

    def look_for(self, key: str) -> str | None:
        self._answer()
        return f"made {key}" if key in self.present else None

    def take_back(self, key: str) -> None:
        self._answer()
        if key in self.present:
            self.storm.moment(f"before taking back {key}")
            del self.present[key]
            self.taken_back.append(key)
            self.storm.moment(f"after taking back {key}")

    def publish(self, message: Announcement, msg_id: str) -> None:
        self._answer()
        topic, body = message.topic_suffix, message.body
        self.storm.moment(f"before publishing {topic}")
        assert self.heard.get(msg_id, (topic, body)) == (topic, body), "one id for two messages"
        self.heard[msg_id] = (topic, body)
        self.storm.moment(f"after publishing {topic}")

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self) -> None:
        if self.is_away:
            raise SystemUnreachable("the world is away")


@dataclass
class Hands:
    """What a toy step holds in its hands."""

    attempt: Attempt
    world: World

    def ensure(self, what: str) -> str:
        key = f"{self.attempt.run.key} {what}"
        return self.attempt.effect(
            what, f"make {key}", lambda: self.world.make(key), lambda _: self.world.look_for(key)
        )


def ensure_builds_are_tagged(hands: Hands) -> Outcome:
    for build in ("bash", "zsh"):
        hands.ensure(f"tag {build}")
        hands.attempt.note("build", build, "tagged", "it was asked for", {"tags": ("f24", "f24-updates")})
    hands.attempt.say("tagged", "toy.tagged", {"builds": 2})
    return Done(["bash", "zsh"])


def ensure_the_compose_is_asked_for(hands: Hands) -> Outcome:
    return Done(hands.ensure("compose"))


def ensure_the_compose_is_over(hands: Hands) -> Outcome:
    asked_at = hands.world.present[f"{hands.attempt.run.key} compose"]
    if hands.attempt.now() - asked_at < timedelta(minutes=5):
        return Running("the compose", (Watch("toy.task", hands.attempt.run.key),), timedelta(minutes=5))
    return Done()


def ensure_people_are_told(hands: Hands) -> Outcome:
    assert hands.attempt.recall(ensure_builds_are_tagged, list) == ["bash", "zsh"]
    hands.ensure("announcement")
    hands.attempt.say("over", "toy.over", {"run": hands.attempt.run.key})
    key = f"{hands.attempt.run.key} afterwards"
    hands.attempt.start(Start("short", f"{hands.attempt.run.lane} afterwards", key, None, "-"))
    return Done()


def ensure_it_is_swept(hands: Hands) -> Outcome:
    hands.ensure("sweep")
    return Done()


class Loud(Silence):
    """Says everything once."""

    def started(self, attempt: Attempt) -> Iterable[Saying]:
        yield Saying("started", "toy.started", {"run": attempt.run.key})

    def stepped(self, attempt: Attempt, step: str, state: StepState, note: str) -> Iterable[Saying]:
        yield Saying(f"{step} {state}", "toy.step", {"step": step, "state": str(state), "run": attempt.run.key})

    def held(self, attempt: Attempt, hold: Hold) -> Iterable[Saying]:
        yield Saying(f"held {next(_NUMBERS)}", "toy.held", {"missing": list(hold.missing)})

    def failed(self, attempt: Attempt, failed: Failed) -> Iterable[Saying]:
        yield Saying("failed", "toy.failed", {"kind": str(failed.kind)})


def undo(hands: Hands, effect: EffectRecord) -> None:
    hands.world.take_back(f"{hands.attempt.run.key} {effect.key}")


def workflow(name: str, world: World, *steps: Callable[[Hands], Outcome]) -> Workflow[Hands]:
    return Workflow(name, steps, lambda attempt: Hands(attempt, world), Loud(), undo)


def route(news: Event, msg_id: str) -> list[Intent]:
    match news:
        case BuildTagged(build=build, tag=tag):
            return [Start("long", tag, build, {"build": build}, msg_id)]
    return []


def tagging(name: str, tag: str = "f24", msg_id: str | None = None) -> dict[str, Any]:
    """A message as the bus brings it."""
    body = {"name": name, "version": "1", "release": "1.fc24", "tag": tag, "user": "bodhi", "instance": "primary"}
    return {
        "topic": "org.fedoraproject.prod.buildsys.tag",
        "msg": {**body, "build_id": 4711, "tag_id": 1, "owner": "bodhi"},
        "msg_id": msg_id or f"2016-{name}-{next(_NUMBERS)}",
        "timestamp": EPOCH.timestamp(),
        "i": 1,
    }


class House:
    """The engine without threads: wakes, looks and posts when it is told to."""

    def __init__(
        self, database: Database, world: World, *steps: Callable[[Hands], Outcome], route: Route = route
    ) -> None:
        self.database, self.world, self.clock = database, world, world.clock
        self.wakes = EmbeddedWakeQueue()
        long = steps or (
            ensure_builds_are_tagged,
            ensure_the_compose_is_asked_for,
            ensure_the_compose_is_over,
            ensure_people_are_told,
        )
        self.catalogue = {
            "long": workflow("long", world, *long),
            "short": workflow("short", world, ensure_it_is_swept),
        }
        self.runner = Runner(database, self.catalogue, self.wakes, self.clock, Patience())
        self.digest = Digest(database, route, self.wakes, self.clock)
        self.postman = Postman(database, world, self.clock)

    def open(self, key: str = "one", lane: str = "f24", workflow: str = "long") -> str:
        with self.database.write() as db:
            opened = runs.open_run(db, Start(workflow, lane, key, None, "2016-1"), self.clock())
        assert opened is not None
        self.wakes.wake(opened, 10)
        return opened

    def wake_heads(self) -> None:
        with self.database.read() as db:
            heads = runs.heads_of_lanes(db)
        for run in heads:
            self.wakes.wake(run.id, run.priority)

    def wake_what_is_due(self) -> None:
        with self.database.read() as db:
            coming = runs.due(db, 1000)
        for run, priority, at in coming:
            if at <= self.clock():
                self.wakes.wake(run, priority)

    def settle(self) -> None:
        """Let everything happen that can happen at this moment."""
        self.digest.work()
        while (run := self.wakes.take_nowait()) is not None:
            try:
                self.runner.advance(run)
            finally:
                self.wakes.release(run)

    def look(self, **time: float) -> None:
        """Let time pass, wake what is due, and settle."""
        self.clock.pass_by(**time)
        self.wake_what_is_due()
        self.settle()

    def live(self, rounds: int = 40) -> None:
        """Let time pass until every run has ended."""
        self.wake_heads()
        for _ in range(rounds):
            self.settle()
            self.postman.deliver()
            with self.database.read() as db:
                coming = runs.due(db, 1)
            if not coming:
                return
            self.clock.time = max(self.clock.time, coming[0][2])
            self.wake_what_is_due()
        raise AssertionError(f"runs that never end: {coming}")

    def run(self, run: str) -> Run:
        with self.database.read() as db:
            found = runs.find(db, run)
        assert found is not None
        return found

    def state(self, run: str) -> RunState:
        return self.run(run).state

    def topics(self) -> list[str]:
        return [topic for topic, _ in self.world.heard.values()]
