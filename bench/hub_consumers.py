"""Consumers for comparison: one that does nothing, and ours with a watch in its hand."""

import json
import os
import time
from collections import deque
from pathlib import Path
from typing import Any

import fedmsg.consumers

from relengotron.consumers.fedmsg_hub import Relengotron
from relengotron.messages.arrival import Arrival

FINISHED = Path("finished")
"""Holds the moment at which the last message was consumed, in the hub's folder."""

MOMENTS = Path("moments.json")
"""Holds how long each message waited for the disk, in milliseconds, in the hub's folder."""


class Noop(fedmsg.consumers.FedmsgConsumer):  # type: ignore[misc]
    """Counts."""

    config_key = "bench.enabled"

    def __init__(self, hub: Any) -> None:
        """Subscribe to what the bench says."""
        self.topic = list(hub.config["bench.topics"])
        self._left = int(hub.config["bench.count"])
        super().__init__(hub)

    def consume(self, message: Any) -> None:
        """One less to come."""
        self._left -= 1
        if self._left == 0:
            whole = FINISHED.with_suffix(".new")
            whole.write_text(repr(time.time()), encoding="utf-8")
            os.replace(whole, FINISHED)


class Timed(Relengotron):
    """Ours; notes when each message came and when it was on disk."""

    def __init__(self, hub: Any) -> None:
        """Start with nothing on the way."""
        self._came: deque[float] = deque()
        self._waits: list[float] = []
        super().__init__(hub)

    def _queue(self, arrival: Arrival) -> None:
        self._came.append(time.perf_counter())
        super()._queue(arrival)

    def _store(self, waiting: list[Arrival]) -> None:
        super()._store(waiting)
        now = time.perf_counter()
        self._waits += [(now - self._came.popleft()) * 1000 for _ in waiting]

    def _close(self) -> None:
        super()._close()
        MOMENTS.write_text(json.dumps(self._waits), encoding="utf-8")
