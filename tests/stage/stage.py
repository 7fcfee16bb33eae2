"""The rehearsal stage: the whole daemon without threads, in a world without sockets, on a clock that obeys."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import func, select

from relengotron.bootstrap import Machine, assemble
from relengotron.engine.journal import runs, tables
from relengotron.messages.arrival import Arrival
from relengotron.messages.gilmsg import wants_answer
from relengotron.model.run import Run, RunState
from relengotron.plugins.image import ImagePlugin
from relengotron.plugins.mash import MashPlugin
from relengotron.plugins.ostree import OstreePlugin
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.discovery import Plugins
from relengotron.systems.bodhi.simulated import Era
from relengotron.systems.bus.port import Said
from relengotron.systems.bus.simulated import CALM, Weather
from tests.builders import AnUpdate, a_message, an_update
from tests.stage.configuration import BODHI, declared, edited, settings_for
from tests.stage.history import History
from tests.stage.onlooker import Onlooker
from tests.stage.outside import Outside, furnish
from tests.stage.weather import Clock, Power, StormyBus, StormyDatabase, is_ours

T = TypeVar("T")
TURN = timedelta(seconds=5)
TURNS_AT_MOST = 400
LUMP = timedelta(minutes=3)
"""What a slow bus brings within so short a time comes together, so that a bad week is lived through in seconds."""
FIRST = {"testing": 41, "stable": 40}
"""What is live after the first push: bash 4.3.41 in testing, 4.3.40 in stable."""
PLUGINS: tuple[ArtifactPlugin[Any], ...] = (MashPlugin(), OstreePlugin(), ImagePlugin())


class Stage(Onlooker):
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
        acknowledges_as: Sequence[str] = (BODHI,),
        is_remembered: bool = False,
        is_looked_after: bool = False,
        tells_mirrors: bool = False,
        is_signed: bool = False,
        files: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.clock, self.power = Clock(), Power()
        self.news: list[tuple[str, dict[str, Any]]] = []
        self.arrived: list[dict[str, Any]] = []
        self.bus_is_cut = False
        self.bodhi_is_deaf = False
        self.bodhi_is_silent = False
        """Whether Bodhi hears and does what it hears, and acknowledges nothing."""
        self.bus_waits_for_us = True
        """Whether what the hub had not stored comes again after a restart, as over STOMP; ZeroMQ has forgotten it."""
        self.history = History(self.clock) if is_remembered else None
        self._later: list[tuple[datetime, Callable[[], object]]] = []
        self.root = root
        self.settings = settings_for(
            root,
            patience,
            acknowledges_as,
            is_remembered=is_remembered,
            is_looked_after=is_looked_after,
            tells_mirrors=tells_mirrors,
            is_signed=is_signed,
            files=files,
        )
        self.plugins = Plugins({plugin.kind: plugin for plugin in plugins}, {})
        self.outside: Outside = furnish(root, self.clock, self.power, self.announce, era)
        self.bus = StormyBus(self.clock.seconds, self.power, weather=weather, seed=seed)
        self.bus.subscribe(self._hear)
        for update in updates:
            self.outside.add(update)
        self._dead: list[Machine] = []
        self.machine = self._start()

    # -- the life of the machine ---------------------------------------------------------------------------------------

    def _start(self) -> Machine:
        database = StormyDatabase(self.root / "journal.db", self.power)
        world = self.outside.open(self.settings)
        bus = self.outside.leaks.around("bus", self.bus)
        past = self.history.open(self.settings) if self.history is not None else None
        machine = assemble(self.settings, world, bus, self.plugins, self.clock, database, datagrepper=past)
        with database.read() as db:
            heads = [run for run in runs.heads_of_lanes(db) if run.is_on_its_way]
        for run in heads:
            machine.wakes.wake(run.id, run.priority)
        return machine

    def restart(self) -> None:
        """The machine died and starts again on the same journal; what is not acknowledged comes again."""
        self.machine.database.close()
        self.come_back()

    def come_back(self) -> None:
        """The machine starts again, and nobody cleans up after the one that died."""
        self._dead.append(self.machine)
        self.power.arm()
        if not self.bus_waits_for_us:
            self.arrived.clear()
        self.machine = self._start()

    def edit(self, artifact: str, **words: Any) -> None:
        """Somebody edits the settings of an artifact and starts the daemon anew."""
        self.settings = edited(self.root, artifact, **words)
        self.restart()

    def declare(self, artifact: str, **words: Any) -> None:
        """Somebody edits what is declared of an artifact and starts the daemon anew."""
        self.settings = declared(self.root, artifact, **words)
        self.restart()

    def install(self, *plugins: ArtifactPlugin[Any]) -> None:
        """Somebody installs other plugins and starts the daemon anew."""
        self.plugins = Plugins({plugin.kind: plugin for plugin in plugins}, {})
        self.restart()

    def close(self) -> None:
        self.machine.database.close()

    # -- what happens --------------------------------------------------------------------------------------------------

    def start_push(self, **wanted: Any) -> dict[str, Any]:
        """Somebody orders a push at Bodhi; the order as Bodhi announced it."""
        order = self.outside.bodhi.start_push(**wanted)
        return dict(order.message)

    def push_out(self, *updates: AnUpdate) -> Run:
        """These updates are ordered and pushed as far as that goes; the push of the first one's lane."""
        for update in updates:
            self.outside.add(update)
        self.start_push(updates=[update.alias for update in updates])
        self.run_until_quiet()
        return self.push(updates[0].lane)

    def first_push(self, *requests: str) -> None:
        """Give these lanes of F24 a past: one push, after which every artifact is live."""
        past = [an_update(f"bash-4.3.{FIRST[each]}-1.fc24", request=each) for each in requests or ("testing",)]
        self.push_out(*past)
        assert {self.push(update.lane).state for update in past} == {RunState.DONE}

    def receive(self, message: Mapping[str, Any]) -> None:
        """A message arrives from the bus."""
        self.machine.intake.store(dict(message))

    def arrive(self, message: Mapping[str, Any]) -> None:
        """A message lies in the hub, which gives it to the intake with the others that came."""
        self.arrived.append({"topic": message["topic"], "body": dict(message)})

    def wish(self, wish: str, run: Run, reason: str = "because", msg_id: str | None = None) -> None:
        """Somebody types ``relengotron runs retry|cancel``."""
        body = {"run": run.id, "agent": "ralph", "reason": reason}
        self.machine.intake.store(a_message(f"relengotron.person.{wish}", body, msg_id), is_local=True)

    def ask_for(self, appointment: str) -> None:
        """Somebody types ``relengotron calendar run``."""
        body = {"appointment": appointment, "agent": "ralph"}
        self.machine.intake.store(a_message("relengotron.person.appointment", body), is_local=True)

    def turn(self, pause: timedelta = TURN) -> int:
        """Time passes and everybody does what there is to do; how much was done."""
        self.clock.time += pause
        done = self._do_what_is_due() + self._deliver_news() + self._recover()
        done += self.machine.digest.work()
        self.wake_what_is_due()
        self.machine.calendar.work()
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

    def turn_until(self, is_so: Callable[[], bool]) -> None:
        """Turn until something is so, and not further."""
        for _ in range(TURNS_AT_MOST):
            if is_so():
                return
            self.turn()
        raise AssertionError(f"it never came to that: {[(run.lane, run.state, run.reason) for run in self.runs()]}")

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

    def in_silence(self, act: Callable[[], T]) -> T:
        """Somebody acts, and what they say of it is lost."""
        said = list(self.news)
        try:
            return act()
        finally:
            self.news[:] = said

    def later(self, act: Callable[[], object], **time: float) -> None:
        """Somebody does this once so much time has passed."""
        self._later.append((self.clock() + timedelta(**time), act))

    def _do_what_is_due(self) -> int:
        due = [act for at, act in self._later if at <= self.clock()]
        self._later = [(at, act) for at, act in self._later if at > self.clock()]
        for act in due:
            act()
        return len(due)

    def _recover(self) -> int:
        """Look for messages that the bus has lost, when it is time; how many there were."""
        if self.history is None or self.machine.past is None:
            return 0
        self.history.hear(self.bus.sent)
        before = sum(self.inbox().values())
        while self.machine.past.recovery.work():
            pass
        return sum(self.inbox().values()) - before

    def announce(self, topic: str, body: Mapping[str, Any]) -> None:
        """Somebody outside says something; it leaves with the next turn."""
        self.news.append((topic, dict(body)))

    def _deliver_news(self) -> int:
        while self.news:
            topic, body = self.news.pop(0)
            self.bus.publish(Said(topic, body), f"2016-outside-{len(self.bus.sent)}")
        self.bus.deliver()
        return self._store_what_arrived()

    def _store_what_arrived(self) -> int:
        """All of it in one commit; a broker that wants an acknowledgement forgets it after that, and not before."""
        batch = list(self.arrived)
        if batch:
            self.machine.intake.store_all([Arrival(json.dumps(each["body"]), each["topic"]) for each in batch])
            del self.arrived[: len(batch)]
        return len(batch)

    def _hear(self, message: dict[str, Any]) -> None:
        """Bodhi hears us; what others say arrives in the hub."""
        suffix = message["topic"].split(".dev.", 1)[1]
        if is_ours(suffix):
            if not self.bodhi_is_deaf:
                envelope = message["body"]
                answers = wants_answer(envelope) and not self.bodhi_is_silent
                self.outside.bodhi.hear(suffix, envelope["msg"], envelope["msg_id"], wants_answer=answers)
        elif not self.bus_is_cut:
            self.arrived.append(message)

    def _standing(self) -> list[tuple[Any, ...]]:
        with self.machine.database.read() as db:
            steps = db.execute(select(tables.steps.c.run, func.count()).group_by(tables.steps.c.run)).all()
            return [(run.id, run.state, run.reason) for run in runs.newest(db, 1000)] + sorted(map(tuple, steps))

    def _skip_to_the_next_look(self) -> bool:
        """Let time pass until something comes or a run that is not held looks again; False when there is neither."""
        coming = self._coming()
        if not coming:
            return False
        self.clock.time = max(self.clock.time, min(coming))
        return True

    def _coming(self) -> list[datetime]:
        """When something will come."""
        going = [run for run in self.runs() if not run.state.is_finished and run.state is not RunState.HELD]
        coming = [run.look_again_at for run in going if run.look_again_at is not None]
        coming += [at for at, _ in self._later]
        if (arrival := self.bus.next_arrival) is not None:
            coming.append(datetime.fromtimestamp(arrival, UTC) + LUMP)
        return coming

    def is_at_rest(self) -> bool:
        """Whether there were runs, all are over, and nothing is on its way or waits for an answer."""
        found = self.runs()
        is_over = bool(found) and all(run.state.is_finished for run in found)
        return is_over and not self.bus.on_the_way and not self.unsent()
