"""Which answers does the server repeat from memory instead of looking again?"""

from collections.abc import Callable, Hashable
from threading import Lock

from flask import Response


class AnswerMemory:
    """Keeps each answer to a GET for some seconds, per address; writes do not touch it."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        """With zero seconds nothing is kept."""
        self._clock = clock
        self._seconds = seconds
        self._kept: dict[Hashable, tuple[float, bytes, list[tuple[str, str]]]] = {}
        self._lock = Lock()

    def recall(self, key: Hashable) -> Response | None:
        """The answer given before, while it is fresh enough."""
        with self._lock:
            found = self._kept.get(key)
        if found is None or self._clock() - found[0] >= self._seconds:
            return None
        return Response(found[1], status=200, headers=found[2])

    def keep(self, key: Hashable, response: Response) -> None:
        """Remember an answer and tell the client how long it holds."""
        if not self._seconds:
            return
        response.headers["Cache-Control"] = f"max-age={self._seconds:g}"
        now = self._clock()
        with self._lock:
            self._kept = {other: kept for other, kept in self._kept.items() if now - kept[0] < self._seconds}
            self._kept[key] = (now, response.get_data(), list(response.headers))
