"""A consumer for comparison: it does nothing, as fast as fedmsg's own base class lets it.

Imports nothing of ours: it also runs where only fedmsg is installed.
"""

import os
import time
from pathlib import Path
from typing import Any

import fedmsg.consumers

FINISHED = Path("finished")
"""Holds the moment at which the last message was consumed, in the hub's folder."""


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
