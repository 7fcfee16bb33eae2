"""Our consumer with a watch in its hand."""

import json
import time
from collections import deque
from pathlib import Path
from typing import Any

from relengotron.consumers.fedmsg_hub import Relengotron
from relengotron.messages.arrival import Arrival

MOMENTS = Path("moments.json")
"""Holds how long each message waited for the disk, in milliseconds, in the hub's folder."""


class Timed(Relengotron):
    """Notes when each message came and when it was on disk."""

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
