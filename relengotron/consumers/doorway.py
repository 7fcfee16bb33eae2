"""What if a message cannot be stored just now?"""

import logging
import time
from collections.abc import Mapping
from threading import Event
from typing import Any, Final, Protocol

from relengotron.errors import Transient

log = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 15.0
_TRIES_OF_A_DEFECT: Final = 3
_TRIES_WHILE_CLOSING: Final = 5


class Intake(Protocol):
    """Where a message is stored; it returns when the message is on disk."""

    def store(self, raw: Mapping[str, Any]) -> object:
        """Keep the message as it came, or park it if it cannot be read."""


class Doorway:
    """Gives a message to the intake again and again; the bus forgot it when it gave it to us."""

    def __init__(self, intake: Intake) -> None:
        """Stand before this intake."""
        self._intake = intake
        self._closing = Event()

    def keep(self, raw: Mapping[str, Any]) -> None:
        """Return when the message is stored; a message that breaks the intake itself goes to the log, whole."""
        tries = 0
        pause = _FIRST_PAUSE_S
        while True:
            try:
                self._intake.store(raw)
                return
            except Exception as error:
                tries += 1
                if self._is_hopeless(error, tries):
                    log.exception("message lost: the intake took it not even once", extra={"raw": raw})
                    raise
                log.warning("message not stored yet", extra={"error": str(error), "tries": tries})
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
