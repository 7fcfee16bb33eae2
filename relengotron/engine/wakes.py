"""Who is to advance next? The embedded wake queue: one process, many workers."""

import heapq
import itertools
from threading import Condition
from typing import Protocol

LEISURE = 1000
"""Added to the priority of a look that only time asks for: after a long night a thousand of them are due at once, and
whatever is new goes first."""

CROWD = 8
"""So many runs that something has happened to queue up on no ordinary day."""


class WakeQueue(Protocol):
    """Runs that want to look at the world; many wakes of one run become one, and one worker has it at a time."""

    @property
    def is_crowded(self) -> bool:
        """Whether many runs queue up that something has happened to."""
        ...

    def wake(self, run: str, priority: int) -> None:
        """Let a worker advance this run; lower priorities first."""
        ...

    def remind(self, run: str, priority: int) -> None:
        """Let a worker advance this run, unless one has it now: nothing is new, it is only time."""
        ...

    def take(self) -> str | None:
        """The next run, for this worker alone until ``release``; None when the queue is closed."""
        ...

    def release(self, run: str) -> None:
        """This worker is done with the run; a wake that came meanwhile counts now."""
        ...

    def close(self) -> None:
        """Send the workers home."""
        ...


class EmbeddedWakeQueue:
    """The wake queue of a single process."""

    def __init__(self) -> None:
        """Start empty."""
        self._changed = Condition()
        self._heap: list[tuple[int, int, str]] = []
        self._waiting: dict[str, int] = {}
        self._taken: set[str] = set()
        self._woken_while_taken: dict[str, int] = {}
        self._order = itertools.count()
        self._is_open = True

    @property
    def is_crowded(self) -> bool:
        """Whether many runs queue up that something has happened to."""
        with self._changed:
            return self._is_open and sum(priority < LEISURE for priority in self._waiting.values()) >= CROWD

    def wake(self, run: str, priority: int) -> None:
        """Let a worker advance this run; lower priorities first."""
        with self._changed:
            if run in self._taken:
                self._woken_while_taken[run] = priority
            else:
                self._enqueue(run, priority)

    def remind(self, run: str, priority: int) -> None:
        """Let a worker advance this run, unless one has it now: nothing is new, it is only time."""
        with self._changed:
            if run not in self._taken:
                self._enqueue(run, priority)

    def take(self) -> str | None:
        """The next run, for this worker alone until ``release``; None when the queue is closed."""
        with self._changed:
            while self._is_open and not self._waiting:
                self._changed.wait()
            if not self._is_open:
                return None
            return self._pop()

    def take_nowait(self) -> str | None:
        """The next run if there is one; rehearsals turn the wheel themselves."""
        with self._changed:
            return self._pop() if self._waiting else None

    def release(self, run: str) -> None:
        """This worker is done with the run; a wake that came meanwhile counts now."""
        with self._changed:
            self._taken.discard(run)
            priority = self._woken_while_taken.pop(run, None)
            if priority is not None:
                self._push(run, priority)

    def close(self) -> None:
        """Send the workers home."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def _enqueue(self, run: str, priority: int) -> None:
        """Once, in the better of two places; the worse one stays behind and is passed over."""
        if priority < self._waiting.get(run, priority + 1):
            self._push(run, priority)

    def _push(self, run: str, priority: int) -> None:
        self._waiting[run] = priority
        heapq.heappush(self._heap, (priority, next(self._order), run))
        self._changed.notify()

    def _pop(self) -> str:
        while True:
            priority, _, run = heapq.heappop(self._heap)
            if self._waiting.get(run) == priority:
                break
        del self._waiting[run]
        self._taken.add(run)
        return run
