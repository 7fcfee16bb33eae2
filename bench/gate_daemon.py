"""The daemon of a measurement at a gate, in a process of its own: messages come and go as lines of JSON."""

import json
import logging
import queue
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from relengotron.bootstrap import Daemon, assemble
from relengotron.messages.arrival import Arrival
from relengotron.sdk.discovery import discover
from relengotron.settings import load
from relengotron.systems.bus.port import Announcement
from relengotron.systems.world import open_world

AT_ONCE = 100
READY = "ready"


class Lines:
    """The way out of the daemon: a line for each message."""

    def __init__(self) -> None:
        """Nothing is written yet."""
        self._lock = threading.Lock()

    def publish(self, message: Announcement, msg_id: str) -> None:
        """Write it."""
        self.write([message.topic_suffix, dict(message.body), msg_id])

    def write(self, line: Any) -> None:
        """One line, whole."""
        text = json.dumps(line, default=str)
        with self._lock:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    def close(self) -> None:
        """Nothing is open."""


def main(config: Path) -> None:
    """Work until nobody speaks to us any more."""
    logging.disable(logging.WARNING)
    settings, lines = load(config), Lines()
    machine = assemble(settings, open_world(settings), lines, discover())
    daemon = Daemon(settings, machine, ExitStack())
    daemon.start()
    lines.write([READY, {}, ""])
    came: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_listen, args=(came,), daemon=True).start()
    while (some := _some(came)) is not None:
        machine.intake.store_all([Arrival(raw, json.loads(raw)["topic"]) for raw in some])
    daemon.stop()
    machine.database.close()


def _listen(came: "queue.Queue[str | None]") -> None:
    for line in sys.stdin:
        came.put(line)
    came.put(None)


def _some(came: "queue.Queue[str | None]") -> list[str] | None:
    """What came meanwhile, as a hub hands it over; None when nothing will come any more."""
    some: list[str] = []
    while not some or (not came.empty() and len(some) < AT_ONCE):
        line = came.get()
        if line is None:
            return None
        some.append(line)
    return some


if __name__ == "__main__":
    main(Path(sys.argv[1]))
