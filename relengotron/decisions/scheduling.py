"""When was something due, and when is it due next? The same on every machine, whatever it has slept through."""

from datetime import UTC, datetime
from typing import Final

from relengotron.model.appointment import Rhythm

FIRST_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
"""So that what comes every seven days comes on Mondays."""


def latest(rhythm: Rhythm, now: datetime) -> datetime:
    """The newest moment that is not in the future."""
    beginning = FIRST_MONDAY + rhythm.at
    return beginning + (now - beginning) // rhythm.every * rhythm.every


def following(rhythm: Rhythm, now: datetime) -> datetime:
    """The next moment that is in the future."""
    return latest(rhythm, now) + rhythm.every


def due(rhythm: Rhythm, since: datetime, now: datetime) -> datetime | None:
    """The moment to make good now: one, however many were slept through; None when nothing is due since then."""
    moment = latest(rhythm, now)
    return moment if since < moment else None
