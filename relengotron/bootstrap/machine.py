"""The parts of the engine, joined: the daemon turns them with threads, a rehearsal by hand."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from relengotron.bootstrap.memory import memory, now, relation_index
from relengotron.bootstrap.procedures import procedures_of
from relengotron.decisions.recovering import Habits
from relengotron.engine.attempt import Clock
from relengotron.engine.calendar import LOOKS_EVERY, Calendar
from relengotron.engine.courtesy import after_the_rush
from relengotron.engine.digest import Digest
from relengotron.engine.gate_wishes import GateWishes
from relengotron.engine.intake import Intake
from relengotron.engine.journal import audit
from relengotron.engine.journal.database import Database
from relengotron.engine.known_kinds import KnownKinds
from relengotron.engine.poller import Poller
from relengotron.engine.postman import Postman
from relengotron.engine.recovery import Recovery
from relengotron.engine.recovery_wish import RecoveryWish
from relengotron.engine.relations import RelationIndex
from relengotron.engine.runner import Runner
from relengotron.engine.slow_audit import SlowAudit
from relengotron.engine.sole import SoleRunner, kept
from relengotron.engine.traffic import Traffic, politely
from relengotron.engine.troubled import Patience
from relengotron.engine.wakes import EmbeddedWakeQueue, WakeQueue
from relengotron.engine.works import Wheel, Works
from relengotron.handlers.routes import route, unread
from relengotron.messages.subscribing import full_topics
from relengotron.sdk.discovery import Plugins, discover
from relengotron.settings import Settings, load
from relengotron.settings.daemon import RunnerPlace
from relengotron.settings.fingerprint import fingerprint
from relengotron.systems.bus.guard import guard_from
from relengotron.systems.bus.port import Bus, Guard
from relengotron.systems.datagrepper.port import Datagrepper
from relengotron.systems.world import World, bus_config, open_bus, open_datagrepper, open_world
from relengotron.workflows.gating.keeper import Keeper
from relengotron.workflows.polling import sources
from relengotron.workflows.trees.appointments import appointments

log = logging.getLogger(__name__)

INBOX_OF_ANOTHER_PROCESS = timedelta(milliseconds=100)
WISHES_ARE_SEEN_WITHIN = timedelta(seconds=5)
JOURNAL_IS_LOOKED_AFTER_EVERY = timedelta(seconds=2)
KEEPER_RESTS = timedelta(milliseconds=250)
"""One look at the tags for all builds that land in so short a time: a mass rebuild brings 25 a second."""


@dataclass(frozen=True, slots=True)
class Past:
    """What looks for lost messages, and the wheel that turns it."""

    recovery: Recovery
    wheel: Wheel

    def ask(self) -> None:
        """Look soon; any thread may ask, and it takes no time."""
        self.recovery.ask()
        self.wheel.pushed.set()


@dataclass(frozen=True, slots=True)
class Machine:
    """All parts of the engine, joined: the daemon turns them with threads, a rehearsal by hand."""

    database: Database
    intake: Intake
    digest: Digest
    runner: Runner
    poller: Poller
    postman: Postman
    wakes: EmbeddedWakeQueue
    inbox: Wheel
    outbox: Wheel
    polls: Wheel
    audit: Wheel
    kinds: Wheel
    calendar: Wheel
    keeper: Wheel
    clock: Clock
    past: Past | None = None


def assemble(
    settings: Settings,
    world: World,
    bus: Bus,
    plugins: Plugins,
    clock: Clock = now,
    database: Database | None = None,
    guard: Guard | None = None,
    datagrepper: Datagrepper | None = None,
) -> Machine:
    """Join the parts; nothing moves yet. Without a guard every message is believed, as in a rehearsal."""
    database = database or Database(settings.journal.url)
    wakes = EmbeddedWakeQueue()
    inbox_signal, outbox_signal = Signal(), Signal()
    keeper = _keeper(settings, world, database, clock, wakes)
    wishes = GateWishes({name: gate.tags for name, gate in settings.gates.items()})
    digest = Digest(database, route, wakes, clock, unread, wishes, calling(keeper, settings))
    postman = Postman(database, bus, clock)
    keys = {release.signing_key for release in settings.releases.values()}
    poller = Poller(database, sources(world, keys), wakes)
    patience = Patience(settings.patience.trouble, settings.patience.hold, settings.owner)
    relations = relation_index(settings, world, database, clock)
    procedures = procedures_of(settings, world, plugins, database, relations)
    runner = Runner(database, procedures, wakes, clock, patience, outbox_signal)
    traffic = Traffic()
    inbox = Wheel("digest", politely(with_a_bell(digest.work, outbox_signal), traffic), _inbox_pace(settings))
    outbox = Wheel("postman", after_the_rush(postman.deliver, wakes), settings.pace.outbox)
    inbox_signal.push, outbox_signal.push = inbox.pushed.set, outbox.pushed.set
    intake = Intake(database, clock, ringing(inbox_signal, traffic), guard)
    return Machine(
        database=database,
        intake=intake,
        digest=digest,
        runner=runner,
        poller=poller,
        postman=postman,
        wakes=wakes,
        inbox=inbox,
        outbox=outbox,
        polls=Wheel("poller", poller.look, settings.pace.poll, drains=False),
        audit=_audit(settings, database, relations, clock),
        kinds=_kinds(settings, relations),
        calendar=_calendar(settings, database, wakes, clock),
        keeper=keeper,
        clock=clock,
        past=None if datagrepper is None else _past(settings, datagrepper, intake, database, clock, guard),
    )


def _past(
    settings: Settings, datagrepper: Datagrepper, intake: Intake, database: Database, clock: Clock, guard: Guard | None
) -> Past:
    """Lost messages come in by the same door as all others."""
    bus, every = settings.systems.bus, settings.pace.recovery
    topics = full_topics(f"{bus.topic_prefix}.{bus.environment}.")
    recovery = Recovery(
        database, datagrepper, intake.store_all, clock, topics, every=every, habits=_habits(settings), guard=guard
    )
    return Past(recovery, Wheel("recovery", recovery.work, min(every, WISHES_ARE_SEEN_WITHIN)))


def _habits(settings: Settings) -> Habits:
    said = settings.systems.datagrepper
    if said is None:
        return Habits()
    return Habits(overlap=said.overlap, unsettled=said.delay, first_look=said.first_look)


def _inbox_pace(settings: Settings) -> timedelta:
    """Nobody rings when another process stores; one look at an empty inbox costs less than a millisecond."""
    if settings.runner is RunnerPlace.SEPARATE:
        return min(settings.pace.inbox, INBOX_OF_ANOTHER_PROCESS)
    return settings.pace.inbox


def with_a_bell(work: Callable[[], int], bell: "Signal") -> Callable[[], int]:
    """The same work, and the postman is called after it: who stores may owe answers, also in another process."""

    def turn() -> int:
        done = work()
        if done:
            bell()
        return done

    return turn


def ringing(bell: "Signal", traffic: Traffic) -> Callable[[int], None]:
    """What happens when messages were stored: whoever reads them is called, and knows how many came."""

    def came(count: int) -> None:
        traffic.came(count)
        bell()

    return came


def calling(keeper: Wheel, settings: Settings) -> Callable[[str], None]:
    """What happens when something came into a Koji tag or left it: the keeper turns at once, if it keeps that tag."""
    kept = frozenset(tag for gate in settings.gates.values() for tag in (gate.pending, gate.quarantine))

    def call(tag: str) -> None:
        if tag in kept:
            keeper.pushed.set()

    return call


class Signal:
    """A bell whose rope is tied on later."""

    def __init__(self) -> None:
        """Ring nothing until tied."""
        self.push: Callable[[], None] = lambda: None

    def __call__(self) -> None:
        """Ring."""
        self.push()


class Daemon:
    """The whole daemon behind one door: ``intake`` takes messages, ``start`` and ``stop`` turn the rest on and off."""

    def __init__(self, settings: Settings, machine: Machine, held: ExitStack, *more: Wheel) -> None:
        """Take the joined parts, what must be let go of at the end, and whatever else must turn meanwhile."""
        self.intake = machine.intake
        self._database = machine.database
        self._clock = machine.clock
        self._configuration = fingerprint(settings.directory)
        self._held = held
        self._past = machine.past
        past = () if machine.past is None else (machine.past.wheel,)
        own = (machine.inbox, machine.outbox, machine.polls, machine.audit, machine.kinds, machine.calendar)
        wheels = (*own, machine.keeper, *past, *more)
        self._works = Works(
            machine.database, machine.runner, machine.wakes, machine.clock, wheels, settings.pace.workers
        )

    def start(self) -> None:
        """Begin to advance runs."""
        if self._past is None:
            log.info("no datagrepper is configured: what the bus loses is found by polls only")
        with self._database.write() as db:
            audit.note_start(db, self._configuration, self._clock())
        self._works.start()

    def on_gap(self, reason: str) -> None:
        """Messages may have passed us by: they are looked for soon; any thread may call, and it takes no time."""
        log.info("messages may be missing", extra={"reason": reason})
        if self._past is not None:
            self._past.ask()

    def close_soon(self) -> None:
        """Begin nothing any more, so that what still comes in has the journal to itself; returns at once."""
        self._works.stop_soon()
        self._database.close_soon()

    def stop(self) -> None:
        """Finish what is begun, send what is written, close everything; nothing is stored after this."""
        self.close_soon()
        self._works.stop()
        self._held.close()


class Doorkeeper:
    """What remains of the daemon in a hub whose runs advance in a process of their own: it stores."""

    def __init__(self, database: Database, guard: Guard) -> None:
        """Take the journal."""
        self.intake = Intake(database, now, guard=guard)
        self._database = database
        self._wish = RecoveryWish(database)

    def start(self) -> None:
        """Let the runner, which finds what is stored, look for what passed by while there was no hub."""
        self._wish.start()
        self._wish.ask()

    def on_gap(self, reason: str) -> None:
        """Messages may have passed us by: the runner looks for them soon; any thread may call, and it takes no time."""
        log.info("messages may be missing", extra={"reason": reason})
        self._wish.ask()

    def close_soon(self) -> None:
        """From now on a locked journal is not waited for; returns at once."""
        self._database.close_soon()

    def stop(self) -> None:
        """Close the journal; nothing is stored after this."""
        self.close_soon()
        self._wish.stop()
        self._database.close()


def open_for_hub(settings: Settings, guard: Guard) -> Daemon | Doorkeeper:
    """What a hub carries: the whole daemon, or only its door when the runner is a process of its own.

    Raises:
        SettingsError: the configuration cannot be used.
        LaneTaken: another daemon works on the same journal.
    """
    if settings.runner is RunnerPlace.SEPARATE:
        return Doorkeeper(Database(settings.journal.url), guard)
    return open_daemon(settings, guard)


def open_daemon(settings: str | Path | Settings, guard: Guard | None = None) -> Daemon:
    """The daemon that the configuration describes, ready to start; the journal is taken before it is touched.

    Raises:
        SettingsError: the configuration cannot be used.
        LaneTaken: another daemon works on the same journal.
    """
    read = settings if isinstance(settings, Settings) else load(Path(settings))
    plugins = discover()
    read.check_plugin_settings({kind: plugin.settings for kind, plugin in plugins.by_kind.items()})
    with ExitStack() as held:
        sole = held.enter_context(SoleRunner(read.journal.url))
        database = Database(read.journal.url)
        held.callback(database.close)
        bus = open_bus(read)
        held.callback(bus.close)
        # Lost messages come in here too, also where no hub is: nobody may be believed without proof.
        guard = guard or guard_from(bus_config(), read.systems.bus.senders, is_lab=read.lab)
        machine = assemble(
            read, open_world(read), bus, plugins, database=database, guard=guard, datagrepper=open_datagrepper(read)
        )
        guarding = Wheel("sole", kept(sole), JOURNAL_IS_LOOKED_AFTER_EVERY)
        return Daemon(read, machine, held.pop_all(), guarding)


def _audit(settings: Settings, database: Database, index: RelationIndex, clock: Clock) -> Wheel:
    said = settings.systems.pdc
    kinds, habits = said.relation_types.values(), memory(settings)
    audit = SlowAudit(database, index, kinds, clock, habits=habits, kept_for=said.index_kept_for)
    return Wheel("audit", audit.work, settings.pace.audit, drains=False)


def _kinds(settings: Settings, index: RelationIndex) -> Wheel:
    known = KnownKinds(index, settings.systems.pdc.relation_types.values())
    return Wheel("kinds", known.work, settings.pace.audit, drains=False)


def _keeper(settings: Settings, world: World, database: Database, clock: Clock, wakes: WakeQueue) -> Wheel:
    keeper = Keeper(settings.gates, database, world.koji, clock, wakes, settings.systems.koji.weburl)
    return Wheel("keeper", keeper.work, settings.pace.poll, drains=False, rests=KEEPER_RESTS)


def _calendar(settings: Settings, database: Database, wakes: WakeQueue, clock: Clock) -> Wheel:
    calendar = Calendar(database, appointments(settings), clock, wakes)
    return Wheel("appointments", calendar.work, LOOKS_EVERY, drains=False)
