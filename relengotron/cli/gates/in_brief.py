"""What ``relengotron status`` says about the gates: a line for each."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from relengotron.cli import page
from relengotron.cli.gates.standing import GateView, standing
from relengotron.engine.journal import gated
from relengotron.settings import Settings

BLIND_FOR: Final = timedelta(minutes=10)
"""A Koji that comes back is seen within half a minute."""


def gates(db: Connection, settings: Settings, at: datetime) -> Sequence[GateView]:
    """Every gate of the configuration, without its past; nothing is read when there is none."""
    return [
        standing(db, name, gate, gate.owner or settings.owner, at, is_brief=True)
        for name, gate in settings.gates.items()
    ]


def left(db: Connection, settings: Settings) -> Mapping[str, int]:
    """How many builds are left at gates that are not configured any more: nobody looks after them."""
    return {name: count for name, count in gated.gates(db).items() if name not in settings.gates}


def in_words(views: Sequence[GateView], left: Mapping[str, int]) -> str:
    """A line for each gate."""
    lines = [f"{view.name}: {'; '.join(_words(view))}" for view in views]
    return "\n".join([*lines, *map(_left, left.items())])


def for_programs(views: Sequence[GateView]) -> list[dict[str, Any]]:
    """The same facts as JSON."""
    return [
        {"gate": view.name, "is_open": not view.closings, "counts": view.standing_counts, "stuck": len(view.stuck)}
        for view in views
    ]


def alarms(views: Sequence[GateView], left: Mapping[str, int]) -> list[str]:
    """What somebody must look at tonight: a build in quarantine is its packager's, and no alarm."""
    stuck = [f"{words}: relengotron gate status --gate {view.name}" for view in views for words in _alarms(view)]
    return [*stuck, *(f"{_left(each)}: relengotron gate status" for each in left.items())]


def _left(left: tuple[str, int]) -> str:
    name, count = left
    return f"{count} left at gate {name}, which is not in gates.yaml any more"


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
