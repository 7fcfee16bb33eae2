"""Which messages did the bus lose, and how do they come in after all?

The bus forgets what it could not deliver; datagrepper remembers most of it. Each category has a mark in the journal,
up to which its past is whole. Only a look that has stored everything moves the mark: live messages say nothing about
those between them. Whatever is fetched twice is stored once.
"""

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, Final

from relengotron.decisions.recovering import Habits, first_mark, is_due, windows
from relengotron.decisions.retrying import pause_after
from relengotron.engine.attempt import Clock
from relengotron.engine.journal import watermarks
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.watermarks import Watermark
from relengotron.errors import RelengError, Untrusted
from relengotron.messages.arrival import Arrival
from relengotron.messages.envelope import Topic
from relengotron.systems.bus.port import Guard
from relengotron.systems.datagrepper.port import Datagrepper, PastMessage

log = logging.getLogger(__name__)

SHORTEST_PAUSE: Final = timedelta(seconds=5)
"""A publisher that comes and goes many times a second must not make us ask as often."""

TELL_AFTER: Final = 3
"""So many looks in a row may fail before it is worth a warning."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)

StoreAll = Callable[[Sequence[Arrival]], int]


@dataclass(slots=True)
class _Look:
    """One category being looked at, page by page."""

    category: str
    pages: Iterator[int]
    new: int = 0


@dataclass(slots=True)
class _Standing:
    """How the looks at one category have gone since the start."""

    is_wanted: bool = True
    begun_at: datetime | None = None
    troubles: int = 0
    troubled_at: datetime | None = None


class Recovery:
    """Looks into the past at the start, when asked, and every so often; one thread turns it, a page at a time."""

    def __init__(
        self,
        database: Database,
        datagrepper: Datagrepper,
        store_all: StoreAll,
        clock: Clock,
        topics: Collection[str],
        *,
        every: timedelta,
        habits: Habits,
        guard: Guard | None = None,
    ) -> None:
        """``topics`` are the full topics that we subscribe to; what else a category holds is left where it is."""
        self._database = database
        self._datagrepper = datagrepper
        self._store_all = store_all
        self._clock = clock
        self._topics = frozenset(topics)
        self._every = every
        self._habits = habits
        self._guard = guard
        self._asked = Event()
        self._standing = {category: _Standing() for category in sorted({Topic.parse(each).category for each in topics})}
        self._look: _Look | None = None

    def ask(self) -> None:
        """Let every category be looked at soon; any thread may ask, and it takes no time."""
        self._asked.set()

    def work(self) -> int:
        """Fetch and store one page, or move one mark; 0 when nothing is due."""
        self._look = self._look or self._next_look()
        if self._look is None:
            return 0
        self._turn(self._look)
        return 1

    def _next_look(self) -> _Look | None:
        if self._asked.is_set():
            self._asked.clear()
            for standing in self._standing.values():
                standing.is_wanted = True
        with self._database.read() as db:
            marks = watermarks.every(db)
        now = self._clock()
        for category, standing in self._longest_unseen():
            if self._is_due(standing, marks.get(category), now):
                standing.is_wanted, standing.begun_at = False, now
                return _Look(category, self._pages(category, now))
        return None

    def _longest_unseen(self) -> list[tuple[str, _Standing]]:
        """A busy category may be due again when its look ends; the others come first all the same."""
        return sorted(self._standing.items(), key=lambda each: each[1].begun_at or _NEVER)

    def _is_due(self, standing: _Standing, mark: Watermark | None, now: datetime) -> bool:
        if standing.begun_at is not None and not is_due(standing.begun_at, now, SHORTEST_PAUSE):
            return False
        if mark is not None and mark.is_asked_for:
            return True
        if standing.troubled_at is not None:
            return is_due(standing.troubled_at, now, min(pause_after(standing.troubles), self._every))
        return standing.is_wanted or mark is None or is_due(mark.looked_at, now, self._every)

    def _turn(self, look: _Look) -> None:
        try:
            new = next(look.pages, None)
        except RelengError as trouble:
            self._give_up(look, str(trouble))
        except Exception as defect:
            log.exception("lost messages could not be looked for: a defect", extra={"category": look.category})
            self._give_up(look, f"a defect: {type(defect).__name__}: {defect}")
        else:
            self._count(look, new)

    def _count(self, look: _Look, new: int | None) -> None:
        if new is not None:
            look.new += new
            return
        self._look = None
        standing = self._standing[look.category]
        standing.troubles, standing.troubled_at = 0, None
        if look.new:
            log.info("lost messages found", extra={"category": look.category, "messages": look.new})

    def _pages(self, category: str, now: datetime) -> Iterator[int]:
        """Store page after page, and move the mark after each window; says how many messages were new."""
        mark = self._begin(category, now)
        for window in windows(mark.until, now, self._habits):
            for page in self._datagrepper.pages(category, window.start, window.end):
                yield self._store(page)
            with self._database.write() as db:
                watermarks.move(db, category, window.until)
            yield 0

    def _begin(self, category: str, now: datetime) -> Watermark:
        with self._database.write() as db:
            mark, is_first = watermarks.begin(db, category, first_mark(now, self._habits), now)
        if is_first:
            since = mark.until.isoformat()
            log.info("first look for messages of this category", extra={"category": category, "since": since})
        return mark

    def _store(self, page: Sequence[PastMessage]) -> int:
        arrivals = [Arrival(_written(self._form(past))) for past in page if past.topic in self._topics]
        return self._store_all(arrivals) if arrivals else 0

    def _form(self, past: PastMessage) -> Mapping[str, Any]:
        """The form that its sender signed; the likeliest when none or nobody can tell."""
        if self._guard is None or len(past.forms) == 1:
            return past.forms[0]
        return next((form for form in past.forms if _is_signed(form, self._guard)), past.forms[0])

    def _give_up(self, look: _Look, trouble: str) -> None:
        self._look = None
        standing = self._standing[look.category]
        standing.troubles, standing.troubled_at = standing.troubles + 1, self._clock()
        level = logging.WARNING if standing.troubles == TELL_AFTER else logging.INFO
        log.log(level, "lost messages not found now", extra={"category": look.category, "trouble": trouble})
        try:
            with self._database.write() as db:
                watermarks.note_trouble(db, look.category, trouble)
        except RelengError as worse:
            log.info("the trouble could not be written down", extra={"trouble": str(worse)})


def _is_signed(form: Mapping[str, Any], guard: Guard) -> bool:
    try:
        guard.sender_of(form)
    except Untrusted:
        return False
    return True


def _written(form: Mapping[str, Any]) -> str:
    """As senders write it: evidence of the same message has the same digest, whichever way it came."""
    return json.dumps(form, sort_keys=True, separators=(",", ":"))
