"""What ``relengotron status`` says about the gates: a line for each."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.cli.gates.standing import GateView, standing
from relengotron.settings import Settings

BLIND_FOR: Final = timedelta(minutes=10)
"""A Koji that comes back is seen within half a minute."""


def gates(db: Connection, settings: Settings, at: datetime) -> Sequence[GateView]:
    """Every gate of the configuration, without its past; nothing is read when there is none."""
    return [
        standing(db, name, gate, gate.owner or settings.owner, at, is_brief=True)
        for name, gate in settings.gates.items()
    ]


def in_words(views: Sequence[GateView]) -> str:
    """A line for each gate."""
    return "\n".join(f"{view.name}: {'; '.join(_words(view))}" for view in views)


def for_programs(views: Sequence[GateView]) -> list[dict[str, Any]]:
    """The same facts as JSON."""
    return [
        {"gate": view.name, "is_open": not view.closings, "counts": view.standing_counts, "stuck": len(view.stuck)}
        for view in views
    ]


def alarms(views: Sequence[GateView]) -> list[str]:
    """What somebody must look at tonight: a build in quarantine is its packager's, and no alarm."""
    return [f"{words}: relengotron gate status --gate {view.name}" for view in views for words in _alarms(view)]


def _alarms(view: GateView) -> Iterator[str]:
    if view.stuck:
        yield f"{len(view.stuck)} stuck at gate {view.name}"
    since = view.look.trouble_since
    if since is not None and view.at - since > BLIND_FOR:
        yield f"the tags of gate {view.name} were not seen since {page.clock(since, view.at)}"


def _words(view: GateView) -> Iterator[str]:
    if view.closings:
        yield f"CLOSED by {', '.join(dict.fromkeys(each.who for each in view.closings))}"
    yield ", ".join(f"{count} {state}" for state, count in view.standing_counts.items()) or "nothing stands there"
    if view.stuck:
        yield f"look: relengotron gate status --gate {view.name}"
