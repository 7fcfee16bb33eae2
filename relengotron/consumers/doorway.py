"""What if messages cannot be stored just now?"""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Event
from typing import Final, Protocol

from relengotron.errors import Transient
from relengotron.messages.arrival import Arrival

log = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 15.0
_TRIES_OF_A_DEFECT: Final = 3
_TRIES_WHILE_CLOSING: Final = 5


class Intake(Protocol):
    """Where messages are stored; it returns when they are on disk."""

    def store_all(self, arrivals: Sequence[Arrival]) -> int:
        """Keep the messages as they came, or park what cannot be read; how many were not here yet."""


class Doorway:
    """Gives messages to the intake again and again; the bus forgot them when it gave them to us."""

    def __init__(self, intake: Intake) -> None:
        """Stand before this intake."""
        self._intake = intake
        self._closing = Event()

    def keep(self, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
        """Return what is on disk: all of it, but for one that breaks the intake itself and goes to the log, whole."""
        try:
            self._keep(arrivals)
            return arrivals
        except Exception as error:
            if len(arrivals) == 1 or isinstance(error, Transient | OSError):
                for lost in arrivals:
                    log.exception("message lost: the intake took it not even once", extra={"raw": lost.text})
                raise
            return [each for each in arrivals if self._keeps(each)]

    def _keeps(self, arrival: Arrival) -> bool:
        with suppress(Exception):  # it is in the log
            self.keep([arrival])
            return True
        return False

    def _keep(self, arrivals: Sequence[Arrival]) -> None:
        tries = 0
        pause = _FIRST_PAUSE_S
        while True:
            try:
                self._intake.store_all(arrivals)
                return
            except Exception as error:
                tries += 1
                if self._is_hopeless(error, tries):
                    raise
                log.warning("not stored yet", extra={"messages": len(arrivals), "error": str(error), "tries": tries})
            self._wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def close_soon(self) -> None:
        """From now on do not wait long for a journal that is away."""
        self._closing.set()

    def _is_hopeless(self, error: Exception, tries: int) -> bool:
        if self._closing.is_set():
            return tries >= _TRIES_WHILE_CLOSING
        return not isinstance(error, Transient | OSError) and tries >= _TRIES_OF_A_DEFECT

    def _wait(self, pause: float) -> None:
        if self._closing.is_set():
            time.sleep(_FIRST_PAUSE_S)
        else:
            self._closing.wait(pause)
