"""Which part of the bus's past must be looked at again, and up to when is it known to be whole afterwards?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Habits:
    """How far back a look goes, and how much of the newest past is not trusted yet.

    Args:
        overlap: what is looked at again although it was whole: messages are stored late, and clocks differ.
        unsettled: how long a message may take until the history has it.
        longest: the longest window that is asked for at once.
        first_look: how far back the very first look goes.
    """

    overlap: timedelta = timedelta(minutes=10)
    unsettled: timedelta = timedelta(minutes=1)
    longest: timedelta = timedelta(hours=1)
    first_look: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the past; once all of it is stored, everything before ``until`` is whole."""

    start: datetime
    end: datetime
    until: datetime


def first_mark(now: datetime, habits: Habits) -> datetime:
    """Where the past begins for somebody who has never looked."""
    return now - habits.first_look


def windows(mark: datetime, now: datetime, habits: Habits) -> Iterator[Window]:
    """The windows that lead from the mark to now, the oldest first; each begins where the one before was whole.

    A mark from a clock that was ahead is no reason to look at nothing.
    """
    settled = now - habits.unsettled
    start, whole = min(mark, settled) - habits.overlap, min(mark, settled)
    while settled - whole > habits.longest:
        whole += habits.longest
        yield Window(start, whole, whole)
        start = whole
    yield Window(start, now, settled)


def is_due(looked_at: datetime, now: datetime, every: timedelta) -> bool:
    """Whether it is time to look again; a look in the future was made by a clock that was wrong."""
    return not timedelta(0) <= now - looked_at < every


def is_behind(until: datetime, now: datetime, unsettled: timedelta, every: timedelta) -> bool:
    """Whether the mark is so old that somebody should know: three looks in a row have not moved it."""
    return now - until > unsettled + 3 * every
