"""What wakes a run when no message comes: one batched look at everything that anybody waits for."""

import logging
from collections.abc import Callable, Collection, Mapping

from relengotron.engine.journal import runs
from relengotron.engine.journal.database import Database
from relengotron.engine.wakes import WakeQueue
from relengotron.errors import RelengError

log = logging.getLogger(__name__)

Source = Callable[[Collection[str]], Collection[str]]


class Poller:
    """Asks each system once a round about all that is watched there; a troubled system does not hide the others."""

    def __init__(self, database: Database, sources: Mapping[str, Source], wakes: WakeQueue) -> None:
        """``sources`` says, per watched system, which of the given keys have news."""
        self._database = database
        self._sources = sources
        self._wakes = wakes

    def look(self) -> int:
        """Wake every run whose watched facts have changed and say how many were woken."""
        with self._database.read() as db:
            watched = runs.watched(db)
        woken: set[str] = set()
        for system, source in self._sources.items():
            keys = [watch.key for watch in watched if watch.system == system]
            if not keys:
                continue
            try:
                changed = set(source(keys))
            except RelengError as trouble:
                log.info("a system could not be polled", extra={"system": system, "trouble": str(trouble)})
                continue
            except Exception:
                log.exception("a system could not be polled: a defect", extra={"system": system})
                continue
            for watch, waiting in watched.items():
                if watch.system == system and watch.key in changed:
                    woken |= waiting
        for run in sorted(woken):
            self._wake(run)
        return len(woken)

    def _wake(self, run_id: str) -> None:
        with self._database.read() as db:
            run = runs.find(db, run_id)
        if run is not None:
            self._wakes.wake(run.id, run.priority)
