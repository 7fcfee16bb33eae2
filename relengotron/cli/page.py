"""How does text look that a tired person reads at night?"""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import click

from relengotron.model.spans import length as length

DAEMON_IS_DOWN: Final = "The daemon is down: nobody works on this journal. Look: systemctl status relengotron"

_COLOURS: Final = {
    "done": "green",
    "published": "green",
    "open": "cyan",
    "running": "cyan",
    "held": "yellow",
    "queued": None,
    "cancelling": "yellow",
    "cancelled": "yellow",
    "ejected": "yellow",
    "left behind": "yellow",
    "given up": "yellow",
    "parked": "red",
    "failed": "red",
}

_IN_WORDS: Final = {
    "queued": "waits for its turn",
    "open": "running",
    "held": "waits for people",
    "cancelling": "is being cancelled",
    "parked": "stopped by a defect",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}


def plain(text: str) -> str:
    """The text without control characters: what comes from outside must not steer a terminal."""
    return "".join(
        each if each in "\n\t" or not unicodedata.category(each).startswith("C") else "\ufffd" for each in text
    )


def shortened(text: str, longest: int) -> str:
    """Both ends of a long text: a failure says first who failed, and last why."""
    if len(text) <= longest:
        return text
    head = (longest - 1) // 3
    return f"{text[:head]}…{text[head + 1 - longest :]}"


def say(text: str = "", *, state: str | None = None, bold: bool = False) -> None:
    """One line, coloured by a state if there is one and the reader is a terminal."""
    click.secho(plain(text), fg=_COLOURS.get(state or ""), bold=bold or None)


def state_in_words(state: str) -> str:
    """What a run's state means, without our own words for it."""
    return _IN_WORDS.get(state, state)


def promise(step: str) -> str:
    """What a step promises: ``ensure_builds_are_signed`` is ``builds are signed``."""
    return step.removeprefix("ensure_").replace("_", " ")


def clock(moment: datetime, now: datetime) -> str:
    """The moment both ways: ``02:15:00 UTC (4 min ago)``; with the date unless it is today."""
    utc = moment.astimezone(now.tzinfo)
    written = f"{utc:%H:%M:%S}" if utc.date() == now.date() else f"{utc:%Y-%m-%d %H:%M:%S}"
    away = now - moment
    relative = f"{length(away)} ago" if away >= timedelta(0) else f"in {length(-away)}"
    return f"{written} UTC ({relative})"


def fields(pairs: Iterable[tuple[str, str]], *, indent: int = 2) -> None:
    """Name and value, one a line; further lines of a value stand below its first."""
    pairs = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        first, *others = plain(value).splitlines() or [""]
        click.echo(f"{' ' * indent}{name:<{width}}  {first}")
        for line in others:
            click.echo(f"{' ' * (indent + width + 2)}{line}")


def columns(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table whose cells are never cut; the last column may be as long as it likes."""
    table = [list(header), *([plain(cell).replace("\n", " ") for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(header))]
    for number, row in enumerate(table):
        line = "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        click.secho(line, bold=number == 0 or None)


def as_json(value: Any) -> None:
    """The value for programs; times are ISO 8601."""
    click.echo(json.dumps(value, indent=2, sort_keys=True, default=str, ensure_ascii=False))
