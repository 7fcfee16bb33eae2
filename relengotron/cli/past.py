"""Is the past whole? What ``relengotron status`` says about messages that the bus has lost."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.decisions.recovering import is_behind
from relengotron.engine.journal import watermarks
from relengotron.engine.journal.watermarks import Watermark
from relengotron.settings import Settings

_LONGEST_TROUBLE: Final = 120
_QUESTION: Final = re.compile(r"\?\S+=\S+")


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
    """A line for each trouble that categories have, and what to type; empty when all are well."""
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
    for trouble, marks in _by_trouble(views).items():
        since = page.clock(min(mark.until for mark in marks), now)
        names = ", ".join(mark.category for mark in marks)
        yield f"{names} messages since {since} may be missing{f': {trouble}' if trouble else ''}"


def _by_trouble(views: Sequence[PastView]) -> dict[str, list[Watermark]]:
    """The same service troubles every category, in words that differ by the question alone."""
    grouped: dict[str, list[Watermark]] = {}
    for view in views:
        if not view.is_well:
            first = next(iter(view.mark.trouble.splitlines()), "")
            short = page.shortened(_QUESTION.sub("", first), _LONGEST_TROUBLE)
            grouped.setdefault(short, []).append(view.mark)
    return grouped
