"""Is the past whole? What ``relengotron status`` says about messages that the bus has lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.decisions.recovering import is_behind
from relengotron.engine.journal import watermarks
from relengotron.engine.journal.watermarks import Watermark
from relengotron.settings import Settings


@dataclass(frozen=True, slots=True)
class PastView:
    """One category of the bus: up to when nothing is missing, and whether that is long ago."""

    mark: Watermark
    is_behind: bool

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.mark.trouble and not self.is_behind


def past(db: Connection, settings: Settings, now: datetime) -> Sequence[PastView]:
    """How it stands with each category; nothing when nobody looks into the past here."""
    said = settings.systems.datagrepper
    if said is None:
        return ()
    every = settings.pace.recovery
    marks = watermarks.every(db).values()
    return [PastView(mark, is_behind(mark.until, now, said.delay, every)) for mark in marks]


def in_words(views: Sequence[PastView], now: datetime) -> str:
    """A line for each category that is not well, and what to type; empty when all are."""
    lines = list(_lines(views, now))
    return "\n".join(
        [*lines, "they are looked for again by itself; if it stays so: relengotron doctor"] if lines else []
    )


def for_programs(views: Sequence[PastView]) -> list[dict[str, Any]]:
    """The same facts as JSON."""
    return [
        {
            "category": view.mark.category,
            "until": view.mark.until.isoformat(),
            "looked_at": None if view.mark.is_asked_for else view.mark.looked_at.isoformat(),
            "trouble": view.mark.trouble,
            "is_behind": view.is_behind,
        }
        for view in views
    ]


def _lines(views: Sequence[PastView], now: datetime) -> Iterator[str]:
    for view in views:
        if not view.is_well:
            trouble = f": {view.mark.trouble.splitlines()[0]}" if view.mark.trouble else ""
            yield f"{view.mark.category} messages since {page.clock(view.mark.until, now)} may be missing{trouble}"
