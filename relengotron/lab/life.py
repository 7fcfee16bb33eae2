"""One life of a lab: filled, configured, with a real hub, and ended again."""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.errors import Permanent
from relengotron.lab import configuring, fedmsg_d
from relengotron.lab.artifacts_key import end_agent, make_artifacts_key
from relengotron.lab.bits.package import Update
from relengotron.lab.bits.updates import UPDATES
from relengotron.lab.bus import Listener
from relengotron.lab.claim import claimed
from relengotron.lab.daemon_process import DaemonProcess, hub_process, runner_process
from relengotron.lab.filling import fill, make_packages
from relengotron.lab.history import Historian
from relengotron.lab.place import HOST, RELEASES, Place, free_port
from relengotron.lab.scenario import Mode, Scenario
from relengotron.lab.stand_ins import StandIns, own_process
from relengotron.lab.voice import Voice
from relengotron.messages.gilmsg import wants_answer
from relengotron.systems.bus.client import FedmsgBus

HANDSHAKE = 0.5  # a subscription that was just made reaches its publishers within this time


@contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """What the lab's own parts have to say goes into a file, not between the lines of a screen."""
    file.parent.mkdir(parents=True)
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


class Lab:
    """Everything on loopback: stand-ins with a small distribution in them, a real bus, the daemon in its processes."""

    def __init__(
        self,
        root: Path,
        voice: Voice,
        *,
        releases: Sequence[str] = RELEASES,
        updates: Sequence[Update] = UPDATES,
        journal_url: str | None = None,
        signed: bool = False,
        mode: Mode = "hub",
        fail: Sequence[str] = (),
        has_gate: bool = False,
    ) -> None:
        """Take what the lab shall rehearse; nothing is made before ``start``."""
        self.scenario = Scenario(tuple(releases), tuple(updates), journal_url, signed, mode, tuple(fail), has_gate)
        self.place = Place(root.absolute())
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._heard_ids: set[str] = set()
        self.hub = hub_process(self.place)
        self.runner = runner_process(self.place)
        self._voice = voice
        self._ports = {"lab": free_port(), "daemon": free_port()}
        self._held = ExitStack()
        self._stand_ins: StandIns | None = None
        self._bus: FedmsgBus | None = None
        self._listener: Listener | None = None
        self._historian: Historian | None = None

    @property
    def stand_ins(self) -> StandIns:
        """The services.

        Raises:
            Permanent: the lab was not started.
        """
        if self._stand_ins is None:
            raise Permanent("the lab was not started")
        return self._stand_ins

    @property
    def processes(self) -> tuple[DaemonProcess, ...]:
        """The processes that are the daemon."""
        return (self.hub, self.runner) if self.scenario.mode == "runner" else (self.hub,)

    def start(self) -> Self:
        """Stand-ins work, the bus carries, the daemon listens; if not, everything is ended again."""
        self._held.enter_context(claimed(self.place))
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> int:
        """Everything ends; the first exit status of the daemon that is not 0. May be called twice."""
        statuses = [process.stop() for process in self.processes]
        if self._listener is not None:
            self._listener.stop()
        if self._historian is not None:
            self._historian.stop()
        if self._stand_ins is not None:
            self._stand_ins.stop()
        if self._bus is not None:
            self._bus.close()
        self._listener = self._historian = self._stand_ins = self._bus = None
        self.place.addresses.unlink(missing_ok=True)
        end_agent(self.place)
        self._held.close()
        return next((status for status in statuses if status), 0)

    def open_journal(self) -> Database:
        """The daemon's journal, to look into."""
        return Database(configuring.journal_url(self.place, self.scenario))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        self._refuse_a_used_journal()
        if self.place.world.exists():
            self._voice.say("clearing away what the last lab made")
        configuring.wipe(self.place)
        self._held.enter_context(_logging_to(self.place.log / "lab.log"))
        self._stand_ins = StandIns(self.place, self.scenario)
        packages = make_packages(self.place, self.scenario, self._voice)
        bus_config = fedmsg_d.fedmsg_config(self.place, self._ports, is_signed=self.scenario.is_signed)
        artifacts_key = make_artifacts_key(self.place)
        configuring.write_configuration(
            self.place, self.stand_ins.urls, packages.signatures.key, bus_config, self.scenario, artifacts_key
        )
        self._bus = self._open_bus(bus_config)
        self._voice.say("starting " + " and ".join(process.name for process in self.processes) + ", and meanwhile:")
        for process in self.processes:
            process.start()
        fill(self.stand_ins, packages, self.scenario, self._voice)
        self._voice.say("waiting until the daemon listens")
        for process in self.processes:
            process.wait_until_ready()
        time.sleep(HANDSHAKE)
        self.stand_ins.announce.listeners.append(self._bus.announce)
        self.stand_ins.start_workers()
        self.place.addresses.write_text(json.dumps({**own_process(), "urls": dict(self.stand_ins.urls)}))

    def _open_bus(self, config: dict[str, Any]) -> FedmsgBus:
        self._listener = Listener(
            f"tcp://{HOST}:{self._ports['daemon']}", fedmsg_d.BEGINNING, self._hear, fedmsg_d.gatekeeper(config)
        )
        self._listener.start()
        addresses = [f"tcp://{HOST}:{port}" for port in self._ports.values()]
        self._historian = Historian(addresses, fedmsg_d.BEGINNING, self.stand_ins.history.hear)
        self._historian.start()
        return FedmsgBus(config, fedmsg_d.LAB)

    def _refuse_a_used_journal(self) -> None:
        """A lab begins with an empty world; runs of another one would wait in its journal for ever."""
        if self.scenario.journal_url is None:
            return
        journal = self.open_journal()
        try:
            with journal.read() as db:
                if runs.counts(db):
                    raise Permanent(f"the journal {journal.engine.url!r} is not empty; a lab needs one of its own")
        finally:
            journal.close()

    def _hear(self, topic: str, envelope: dict[str, Any]) -> None:
        body, msg_id = dict(envelope["msg"]), str(envelope["msg_id"])
        if msg_id not in self._heard_ids:  # what is said again until it is acknowledged is told once
            self._heard_ids.add(msg_id)
            self.heard.append((topic, body))
        self.stand_ins.bodhi.hear(topic, body, msg_id, wants_answer=wants_answer(envelope))
        if self.stand_ins.gate_tester is not None:
            self.stand_ins.gate_tester.hear(topic, body)
