"""One life of a lab: filled, configured, with a real hub, and ended again."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from relengotron.lab import configuring
from relengotron.lab.bus import Listener
from relengotron.lab.filling import Say, fill
from relengotron.lab.hub_process import HubProcess
from relengotron.lab.place import HOST, Place, free_port
from relengotron.lab.stand_ins import StandIns, own_process
from relengotron.systems.bus.client import FedmsgBus


class Lab:
    """Everything on loopback: stand-ins with a small distribution in them, a real bus, a real hub with the daemon."""

    def __init__(self, root: Path, say: Say, *, fail: tuple[str, ...] = ()) -> None:
        """Build the lab; the hub is not started yet."""
        self.place = Place(root.absolute())
        configuring.wipe(self.place)
        self.stand_ins = StandIns(self.place, fail=fail)
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.key = fill(self.stand_ins, say).key
        self.ports = {"lab": free_port(), "daemon": free_port()}
        configuring.write_configuration(self.place, self.stand_ins.urls, self.key, self.ports)
        self._bus = FedmsgBus(configuring.fedmsg_config(self.place, self.ports), configuring.LAB)
        self._listener = Listener(
            f"tcp://{HOST}:{self.ports['daemon']}",
            f"{configuring.PREFIX}.{configuring.ENVIRONMENT}.",
            self._hear,
        )
        self.hub = HubProcess(self.place)

    def start(self) -> Self:
        """Stand-ins work, the bus carries, the hub listens."""
        self.stand_ins.announce.listeners.append(self._bus.announce)
        self.stand_ins.start_workers()
        self._listener.start()
        self.hub.start()
        self.place.addresses.write_text(json.dumps({**own_process(), "urls": dict(self.stand_ins.urls)}))
        return self

    def stop(self) -> int:
        """Everything ends; the exit status of the hub."""
        status = self.hub.stop()
        self.stand_ins.stop()
        self._listener.stop()
        self._bus.close()
        self.place.addresses.unlink(missing_ok=True)
        return status

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _hear(self, topic: str, body: dict[str, Any]) -> None:
        self.heard.append((topic, body))
        self.stand_ins.bodhi.hear(topic, body)
