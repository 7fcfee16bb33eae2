"""Where do messages wait between the bus and the disk, and what if there is no room any more?"""

from queue import Empty, SimpleQueue
from typing import Any, Final

from relengotron.messages.arrival import Arrival

ROOM: Final = 256 * 1024 * 1024
"""Characters that may wait: a journal that is away for long must not take the machine's memory with it."""


class WaitingRoom:
    """A queue of the shape that moksha's consumers have; one thread puts, one takes."""

    def __init__(self, room: int = ROOM) -> None:
        """Start empty."""
        self._room = room
        self._queue: SimpleQueue[Any] = SimpleQueue()
        self._came = self._went = 0
        self._turned_away = self._told = 0

    def put(self, item: Any) -> None:
        """Let a message wait, or the word to stop; a message that does not fit is turned away and counted."""
        if isinstance(item, Arrival):
            if self._came - self._went + len(item.text) > self._room:
                self._turned_away += 1
                return
            self._came += len(item.text)
        self._queue.put(item)

    def take(self, at_most: int) -> tuple[list[Arrival], bool]:
        """Wait for a message and take those behind it too; False when the word to stop was among them."""
        taken: list[Arrival] = []
        item = self._queue.get()
        while item is not StopIteration:
            taken.append(item)
            self._went += len(item.text)
            if len(taken) == at_most:
                return taken, True
            try:
                item = self._queue.get_nowait()
            except Empty:
                return taken, True
        return taken, False

    def turned_away(self) -> int:
        """How many messages found no room since this was asked last."""
        total = self._turned_away
        count, self._told = total - self._told, total
        return count

    def qsize(self) -> int:
        """How many wait; moksha tells it to whoever watches the hub."""
        return self._queue.qsize()
