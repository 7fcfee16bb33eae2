"""What wakes a run when no message comes: one batched look at everything that anybody waits for."""

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.runs import Watcher
from relengotron.engine.wakes import WakeQueue
from relengotron.errors import RelengError

log = logging.getLogger(__name__)

Source = Callable[[Mapping[str, datetime]], Collection[str]]
"""Gets keys, and when the first of those who wait for each looked the last time; says which have news since then."""


class Poller:
    """Asks each system once a round about all that is watched there; a troubled system does not hide the others.

    The first round after a start finds what happened while there was no daemon: nobody else needs to look.
    """

    def __init__(self, database: Database, sources: Mapping[str, Source], wakes: WakeQueue) -> None:
        """``sources`` says, per watched system, which of the given keys have news."""
        self._database = database
        self._sources = sources
        self._wakes = wakes

    def look(self) -> int:
        """Wake every run whose watched facts have changed and say how many were woken."""
        waiting = self._waiting()
        woken: dict[str, Watcher] = {}
        for system, keys in waiting.items():
            for key in self._news(system, keys):
                woken |= {watcher.run: watcher for watcher in keys.get(key, ())}
        for run, watcher in sorted(woken.items()):
            self._wakes.wake(run, watcher.priority)
        return len(woken)

    def _waiting(self) -> dict[str, dict[str, list[Watcher]]]:
        """Per system that can be asked the keys, and who waits for them."""
        with self._database.read() as db:
            watched = runs.watched(db)
        waiting: dict[str, dict[str, list[Watcher]]] = {}
        for watch, watchers in watched.items():
            if watch.system in self._sources:
                waiting.setdefault(watch.system, {})[watch.key] = watchers
        return waiting

    def _news(self, system: str, keys: Mapping[str, list[Watcher]]) -> Collection[str]:
        since = {key: min(watcher.looked_at for watcher in watchers) for key, watchers in keys.items()}
        try:
            return self._sources[system](since)
        except RelengError as trouble:
            log.info("a system could not be polled", extra={"system": system, "trouble": str(trouble)})
        except Exception:
            log.exception("a system could not be polled: a defect", extra={"system": system})
        return ()
