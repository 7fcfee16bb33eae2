"""How does the index of what PDC said stay fresh without anybody waiting for it?

Once every ``pace.audit`` one question goes to PDC, about the answers that wait longest. So most of what a push wants to
know is fresh when it asks, and a change that no message announced is found within hours.
"""

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from relengotron.decisions.remembering import Habits, some_of
from relengotron.engine.attempt import Clock
from relengotron.engine.journal import relations
from relengotron.engine.journal.database import Database
from relengotron.engine.relations import RelationIndex
from relengotron.errors import RelengError

log = logging.getLogger(__name__)

ROWS_AT_ONCE: Final = 2000
"""More than one question holds."""


class SlowAudit:
    """Asks again for what is past half of its freshness, the oldest first, one question a turn."""

    def __init__(
        self,
        database: Database,
        index: RelationIndex,
        kinds: Collection[str],
        clock: Clock,
        *,
        habits: Habits,
        kept_for: timedelta,
    ) -> None:
        """``kinds`` are the relations that pushes ask for; what none has asked about for ``kept_for`` is dropped."""
        self._database = database
        self._index = index
        self._kinds = tuple(sorted(set(kinds)))
        self._clock = clock
        self._habits = habits
        self._kept_for = kept_for

    def work(self) -> int:
        """Ask one question; 0 when nothing is due, or PDC is better left alone."""
        now = self._clock()
        self._index.forget_unwanted(now - self._kept_for)
        with self._database.read() as db:
            due = relations.due(db, self._kinds, now - self._habits.fresh_for / 2, ROWS_AT_ONCE)
        if due is None:
            return 0
        release, packages = due
        try:
            changed = self._index.ask_again(release, packages, self._kinds)
        except RelengError as trouble:
            log.info("what PDC said is not looked at again now", extra={"release": release, "trouble": str(trouble)})
            return 0
        if changed:
            facts = {"release": release, "packages": some_of(changed)}
            log.info("PDC says otherwise than before, and no message said so", extra=facts)
        return 1
