"""Who is to advance next? The embedded wake queue: one process, many workers."""

import heapq
import itertools
from threading import Condition
from typing import Protocol


class WakeQueue(Protocol):
    """Runs that want to look at the world; many wakes of one run become one, and one worker has it at a time."""

    def wake(self, run: str, priority: int) -> None:
        """Let a worker advance this run; lower priorities first."""
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

    def wake(self, run: str, priority: int) -> None:
        """Let a worker advance this run; lower priorities first."""
        with self._changed:
            if run in self._taken:
                self._woken_while_taken[run] = priority
            elif run not in self._waiting:
                self._push(run, priority)

    def take(self) -> str | None:
        """The next run, for this worker alone until ``release``; None when the queue is closed."""
        with self._changed:
            while self._is_open and not self._heap:
                self._changed.wait()
            if not self._is_open:
                return None
            return self._pop()

    def take_nowait(self) -> str | None:
        """The next run if there is one; rehearsals turn the wheel themselves."""
        with self._changed:
            return self._pop() if self._heap else None

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

    def _push(self, run: str, priority: int) -> None:
        self._waiting[run] = priority
        heapq.heappush(self._heap, (priority, next(self._order), run))
        self._changed.notify()

    def _pop(self) -> str:
        run = heapq.heappop(self._heap)[2]
        del self._waiting[run]
        self._taken.add(run)
        return run
