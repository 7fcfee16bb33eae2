"""Until when? What a person types for a time to come, as a moment."""

from contextlib import suppress
from datetime import UTC, datetime

import click

from relengotron.settings.kinds import duration


def until(text: str, now: datetime) -> datetime:
    """The moment that ``--until`` names: 2h, 3d, or a time with its zone.

    Raises:
        click.UsageError: it is none, or it is over.
    """
    try:
        ends = now + duration(text)
    except ValueError:
        ends = _written(text)
    if ends <= now:
        raise click.UsageError(f"--until: {text!r} is over already")
    return ends


def _written(text: str) -> datetime:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    raise click.UsageError(f"--until: {text!r} is no time; say 2h, 3d or 2016-11-01T12:00:00Z")
