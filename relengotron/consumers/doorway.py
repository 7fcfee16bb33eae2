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
_LONGEST_PAUSE_WHILE_CLOSING_S: Final = 1.0
_TRIES_OF_A_DEFECT: Final = 3

CLOSES_WITHIN_S: Final = 20.0
"""How long a hub that ends waits for its journal. systemd gives it two minutes in all, and other threads end too."""


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
        self._closes_at = float("inf")
        self._gave_up: Exception | None = None

    def keep(self, arrivals: Sequence[Arrival]) -> Sequence[Arrival]:
        """Return what is on disk: all of it, but for one that breaks the intake itself and goes to the log, whole."""
        try:
            self._keep(arrivals)
            return arrivals
        except Exception as error:
            if len(arrivals) == 1 or _passes(error):
                for lost in arrivals:
                    _tell(lost, error)
                raise
            return [each for each in arrivals if self._keeps(each)]

    def _keeps(self, arrival: Arrival) -> bool:
        with suppress(Exception):  # it is in the log
            self.keep([arrival])
            return True
        return False

    def _keep(self, arrivals: Sequence[Arrival]) -> None:
        if self._gave_up is not None:
            raise self._gave_up
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
        """From now on do not wait long for a journal that is away: a while in all, however many messages there are."""
        self._closes_at = time.monotonic() + CLOSES_WITHIN_S
        self._closing.set()

    def _is_hopeless(self, error: Exception, tries: int) -> bool:
        if not _passes(error):
            return tries >= _TRIES_OF_A_DEFECT
        if time.monotonic() < self._closes_at:
            return False
        self._gave_up = error
        return True

    def _wait(self, pause: float) -> None:
        if self._closing.is_set():
            time.sleep(min(pause, _LONGEST_PAUSE_WHILE_CLOSING_S))
        else:
            self._closing.wait(pause)


def _passes(error: Exception) -> bool:
    return isinstance(error, Transient | OSError)


def _tell(lost: Arrival, error: Exception) -> None:
    """The log is the last place where the message is; a traceback is for defects only, there may be many messages."""
    log.error(
        "message lost: the intake took it not even once",
        exc_info=None if _passes(error) else error,
        extra={"error": str(error), "raw": lost.text},
    )
