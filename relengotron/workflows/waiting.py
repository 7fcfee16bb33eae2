"""When does a run that waits look by itself, where no call and no poll wakes it?"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from relengotron.model.outcome import Watch

POLLED: Final = frozenset({"koji.task", "koji.build", "resultsdb.item"})
"""What everybody who waits is asked about together, every ``pace.poll``; see ``workflows/polling.py``."""

LOOKS_AFTER_POLLS: Final = 120
"""A run that waits for nothing else looks by itself once in so many polls: the net under the net."""


def look_again(watches: Collection[Watch], poll: timedelta, left: timedelta) -> timedelta:
    """Seldom, where the poll asks about all that is waited for; else at its pace. ``left`` is left of the wait."""
    if not watches or any(watch.system not in POLLED for watch in watches):
        return poll
    return min(poll * LOOKS_AFTER_POLLS, left) if left > timedelta() else poll
