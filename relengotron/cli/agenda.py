"""What does the calendar hold: when was each thing done last, and when is it done next?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.decisions import scheduling
from relengotron.engine.journal import calendar, runs
from relengotron.engine.journal.calendar import Remembered
from relengotron.model.codec import to_json
from relengotron.model.run import Run
from relengotron.settings import Settings
from relengotron.settings.calendar import Appointment


@dataclass(frozen=True, slots=True)
class Entry:
    """One appointment: what the configuration says of it, what the daemon remembers, and the run it opened last."""

    said: Appointment
    known: Remembered | None
    last: Run | None
    next: datetime

    @property
    def is_going_on(self) -> bool:
        """Whether the last run is on its way or waits for people: until it ends, there is no other."""
        return self.last is not None and not self.last.state.is_finished


def agenda(db: Connection, settings: Settings, now: datetime) -> Sequence[Entry]:
    """Every appointment of the configuration; nothing is read when there is none."""
    known = calendar.every(db) if settings.calendar else {}
    return [_entry(db, each, known.get(each.name), now) for each in settings.calendar]


def in_words(entries: Sequence[Entry], at: datetime) -> str:
    """A line for each appointment."""
    return "\n".join(_line(each, at) for each in entries)


def for_programs(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The same facts as JSON."""
    return [
        {
            "name": each.said.name,
            "workflow": each.said.workflow,
            "repo": str(each.said.trees.repo),
            "every_s": each.said.every.total_seconds(),
            "next": each.next.isoformat(),
            "is_wished_for": each.known is not None and each.known.wish is not None,
            "is_known_to_the_daemon": each.known is not None,
            "last": None if each.last is None else to_json(each.last),
        }
        for each in entries
    ]


def rows(entries: Sequence[Entry], at: datetime) -> Iterator[tuple[str, ...]]:
    """The cells of a table."""
    for each in entries:
        yield (
            each.said.name,
            f"{each.said.workflow} {each.said.trees.repo}",
            f"every {page.length(each.said.every)}",
            _next(each, at),
            _last(each, at),
        )


def _entry(db: Connection, said: Appointment, known: Remembered | None, now: datetime) -> Entry:
    last = None if known is None or known.run is None else runs.find(db, known.run)
    return Entry(said, known, last, scheduling.following(said.rhythm, now))


def _line(each: Entry, at: datetime) -> str:
    return f"{each.said.name}: next {_next(each, at)}; last {_last(each, at)}"


def _next(each: Entry, at: datetime) -> str:
    if each.known is None:
        return "never: the running daemon does not know it"
    if each.known.wish is not None:
        return "now: somebody asked for it"
    return page.clock(each.next, at)


def _last(each: Entry, at: datetime) -> str:
    if each.last is None:
        return "never"
    return f"{each.last.id}, {page.state_in_words(each.last.state)}, {page.clock(each.last.created_at, at)}"
