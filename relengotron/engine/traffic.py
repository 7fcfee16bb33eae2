"""Is so much coming in that everything else should give way?"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

WINDOW_S: Final = 0.1
MUCH: Final = 100
"""Messages in one window; a busy day brings one or two."""
LONGEST_COURTESY_S: Final = 10.0
_LOOKS_EVERY_S: Final = 0.02


class Traffic:
    """Counts what comes in. Reading competes with storing for one interpreter, and what is stored late may be lost."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        """Start calm."""
        self._clock, self._sleep = clock, sleep
        self._lock = Lock()
        self._window_began = clock()
        self._in_window = 0
        self._was_much = False

    def came(self, count: int) -> None:
        """So many messages were stored just now."""
        with self._lock:
            self._turn_window()
            self._in_window += count

    @property
    def is_heavy(self) -> bool:
        """Whether many messages came within the last moments."""
        with self._lock:
            self._turn_window()
            return self._was_much or self._in_window >= MUCH

    def wait_for_calm(self) -> None:
        """Return when the rush is over, or has lasted so long that the others must have a turn too."""
        end = self._clock() + LONGEST_COURTESY_S
        while self.is_heavy and self._clock() < end:
            self._sleep(_LOOKS_EVERY_S)

    def _turn_window(self) -> None:
        elapsed = self._clock() - self._window_began
        if elapsed >= WINDOW_S:
            self._was_much = self._in_window >= MUCH and elapsed < 2 * WINDOW_S
            self._in_window = 0
            self._window_began += elapsed


def politely(work: Callable[[], int], traffic: Traffic) -> Callable[[], int]:
    """The same work, begun when it disturbs least."""

    def turn() -> int:
        traffic.wait_for_calm()
        return work()

    return turn
