"""The rehearsal stage: the whole daemon without threads, in a world without sockets, on a clock that obeys."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from relengotron.bootstrap import Machine, assemble
from relengotron.engine.journal import effects, evidence, holds, inbox, outbox, runs
from relengotron.model.run import HoldRecord, Run, RunState
from relengotron.plugins.image import ImagePlugin
from relengotron.plugins.mash import MashPlugin
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.discovery import Plugins
from relengotron.systems.bodhi.simulated import Era
from relengotron.systems.bus.port import Said
from relengotron.systems.bus.simulated import CALM, Weather
from tests.builders import AnUpdate, a_message
from tests.stage.configuration import settings_for
from tests.stage.outside import Outside, furnish
from tests.stage.weather import Clock, Power, StormyBus, StormyDatabase

OURS = "relengotron."
TURN = timedelta(seconds=5)
TURNS_AT_MOST = 400
PLUGINS: tuple[ArtifactPlugin[Any], ...] = (MashPlugin(), OstreePlugin(), ImagePlugin())


class Stage:
    """One daemon and its whole world; ``turn`` lets everybody do what they can at this moment."""

    def __init__(
        self,
        root: Path,
        updates: Iterable[AnUpdate] = (),
        *,
        era: Era = Era.MASHER_TITLES,
        weather: Weather = CALM,
        seed: int = 0,
        patience: Mapping[str, str] | None = None,
        plugins: Iterable[ArtifactPlugin[Any]] = PLUGINS,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.clock, self.power = Clock(), Power()
        self.news: list[tuple[str, dict[str, Any]]] = []
        self.arrived: list[dict[str, Any]] = []
        self.bus_is_cut = False
        self.root = root
        self.settings = settings_for(root, patience)
        self.plugins = Plugins({plugin.kind: plugin for plugin in plugins}, {})
        self.outside: Outside = furnish(root, self.clock, self.power, self._note_news, era)
        self.bus = StormyBus(self.clock.seconds, self.power, weather=weather, seed=seed)
        self.bus.subscribe(self._hear)
        for update in updates:
            self.outside.add(update)
        self.machine = self._start()

    # -- the life of the machine ---------------------------------------------------------------------------------------

    def _start(self) -> Machine:
        database = StormyDatabase(f"sqlite:///{self.root / 'journal.db'}", self.power)
        world = self.outside.open(self.settings)
        machine = assemble(self.settings, world, self.bus, self.plugins, self.clock, database)
        with database.read() as db:
            heads = runs.heads_of_lanes(db)
        for run in heads:
            machine.wakes.wake(run.id, run.priority)
        return machine

    def restart(self) -> None:
        """The machine died and starts again on the same journal."""
        self.power.restore()
        self.machine.database.close()
        self.machine = self._start()

    def close(self) -> None:
        self.machine.database.close()

    # -- what happens --------------------------------------------------------------------------------------------------

    def start_push(self, **wanted: Any) -> dict[str, Any]:
        """Somebody orders a push at Bodhi; the order as Bodhi announced it."""
        order = self.outside.bodhi.start_push(**wanted)
        return dict(order.message)

    def receive(self, message: Mapping[str, Any]) -> None:
        """A message arrives from the bus."""
        self.machine.intake.store(dict(message))

    def wish(self, wish: str, run: Run, reason: str = "because") -> None:
        """Somebody types ``relengotron runs retry|cancel``."""
        body = {"run": run.id, "agent": "ralph", "reason": reason}
        self.machine.intake.store(a_message(f"relengotron.person.{wish}", body), is_local=True)

    def turn(self, pause: timedelta = TURN) -> int:
        """Time passes and everybody does what there is to do; how much was done."""
        self.clock.time += pause
        done = self._deliver_news()
        done += self.machine.digest.work()
        self.wake_what_is_due()
        self._advance()
        while sent := self.machine.postman.deliver():
            done += sent
        self.machine.poller.look()
        self._advance()
        return done + self.outside.builder.work() + self.outside.tester.work()

    def run_until_quiet(self) -> None:
        """Turn until every run is over or waits for people, and nobody has anything left to do."""
        idle = 0
        for _ in range(TURNS_AT_MOST):
            before = self._standing()
            if self.turn() or self._standing() != before:
                idle = 0
                continue
            idle += 1
            if idle > 1 and not self._skip_to_the_next_look():
                return
        raise AssertionError(f"this never comes to rest: {[(run.lane, run.state, run.reason) for run in self.runs()]}")

    def wait(self, **time: float) -> None:
        """A long time passes; then everything comes to rest again."""
        self.clock.pass_by(**time)
        self.run_until_quiet()

    def wake_what_is_due(self) -> None:
        with self.machine.database.read() as db:
            coming = runs.due(db, 1000)
        for run, priority, at in coming:
            if at <= self.clock():
                self.machine.wakes.wake(run, priority)

    def _advance(self) -> None:
        while (run := self.machine.wakes.take_nowait()) is not None:
            try:
                self.machine.runner.advance(run)
            finally:
                self.machine.wakes.release(run)

    def _note_news(self, topic: str, body: dict[str, Any]) -> None:
        self.news.append((topic, body))

    def _deliver_news(self) -> int:
        while self.news:
            topic, body = self.news.pop(0)
            self.bus.publish(Said(topic, body), f"2016-outside-{len(self.bus.sent)}")
        self.bus.deliver()
        arrived = 0
        while self.arrived:
            self.receive(self.arrived.pop(0))
            arrived += 1
        return arrived

    def _hear(self, message: dict[str, Any]) -> None:
        """Bodhi hears us; what others say arrives in the hub."""
        suffix = message["topic"].split(".dev.", 1)[1]
        if suffix.startswith(OURS) and suffix != "relengotron.push.request":
            self.outside.bodhi.hear(suffix, message["body"]["msg"])
        elif not self.bus_is_cut:
            self.arrived.append(message)

    def _standing(self) -> list[tuple[Any, ...]]:
        with self.machine.database.read() as db:
            found = runs.newest(db, 1000)
            return [(run.id, run.state, run.reason, len(runs.steps_of(db, run.id))) for run in found]

    def _skip_to_the_next_look(self) -> bool:
        """Let time pass until a run that is not held looks again by itself; False when there is none."""
        going = [run for run in self.runs() if not run.state.is_finished and run.state is not RunState.HELD]
        coming = [run.look_again_at for run in going if run.look_again_at is not None]
        if self.bus.on_the_way:
            self.clock.pass_by(seconds=60)
            return True
        if not coming:
            return False
        self.clock.time = max(self.clock.time, min(coming))
        return True

    # -- what is known -------------------------------------------------------------------------------------------------

    def runs(self, workflow: str | None = None) -> list[Run]:
        """Every run, oldest first."""
        with self.machine.database.read() as db:
            found = runs.newest(db, 1000)
        return [run for run in reversed(found) if workflow in (None, run.workflow)]

    def push(self, lane: str) -> Run:
        """The newest push of a lane."""
        found = [run for run in self.runs("push_updates") if run.lane == lane]
        assert found, f"no push of {lane}: {[(run.workflow, run.lane, run.state, run.reason) for run in self.runs()]}"
        return found[-1]

    def hold(self, run: Run) -> HoldRecord | None:
        with self.machine.database.read() as db:
            return holds.open_of(db, run.id)

    def step(self, run: Run, name: str) -> str:
        """How a step stands, with its note."""
        with self.machine.database.read() as db:
            record = runs.steps_of(db, run.id)[name]
        return f"{record.state}: {record.note}"

    def notes(self, run: Run, kind: str = "artifact") -> dict[str, tuple[str, str]]:
        """State and reason of every subject of a kind, the newest."""
        with self.machine.database.read() as db:
            found = evidence.of_run(db, run.id)
        return {item.subject: (item.state, item.reason) for item in found if item.subject_kind == kind}

    def effects(self, run: Run) -> list[str]:
        with self.machine.database.read() as db:
            return [effect.key for effect in effects.of_run(db, run.id)]

    def parked(self) -> list[str]:
        """Why messages were parked."""
        with self.machine.database.read() as db:
            return [message.reason for message in inbox.parked(db, 100)]

    def inbox(self) -> dict[str, int]:
        with self.machine.database.read() as db:
            return {str(state): count for state, count in inbox.counts(db).items()}

    def said(self, topic: str = "", **wanted: Any) -> list[dict[str, Any]]:
        """What we said on the bus, each message id once; ``wanted`` narrows by fields of the body."""
        ours: dict[str, dict[str, Any]] = {}
        for envelope in self.bus.sent:
            suffix = envelope["topic"].split(".dev.", 1)[1]
            if suffix.startswith(OURS) and suffix != "relengotron.push.request":
                known = ours.setdefault(envelope["msg_id"], envelope)
                assert known["msg"] == envelope["msg"], "one id for two messages"
        bodies = [
            {"topic": envelope["topic"].split(".relengotron.", 1)[1], **envelope["msg"]} for envelope in ours.values()
        ]
        return [
            body
            for body in bodies
            if topic in ("", body["topic"]) and all(body.get(key) == value for key, value in wanted.items())
        ]

    def unsent(self) -> int:
        with self.machine.database.read() as db:
            return outbox.backlog(db)
