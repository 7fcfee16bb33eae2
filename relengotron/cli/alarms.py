"""What must somebody look at tonight? What ``relengotron status --check`` goes red for."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from relengotron.cli import page
from relengotron.cli.overview import Overview
from relengotron.cli.past import PastView

UNSENT_FOR: Final = timedelta(minutes=10)
"""A bus that comes back takes what waits within seconds."""


def alarms(seen: Overview, past: Sequence[PastView]) -> list[str]:
    """One reason a line; empty when nobody is needed."""
    return [*_of_daemon(seen), *_of_lanes(seen), *_of_messages(seen), *_of_past(past)]


def _of_daemon(seen: Overview) -> Iterator[str]:
    if not seen.daemon_runs:
        yield "no daemon works on this journal"
    if seen.is_outdated:
        yield "the configuration was edited after the daemon had read it: systemctl restart relengotron"
    if seen.overdue_since is not None:
        yield f"something has been due since {page.clock(seen.overdue_since, seen.at)}"


def _of_lanes(seen: Overview) -> Iterator[str]:
    waiting = [view.lane for view in seen.lanes if view.needs_a_person]
    if waiting:
        yield f"people are needed in {', '.join(waiting)}"


def _of_messages(seen: Overview) -> Iterator[str]:
    if seen.parked_orders:
        yield f"{seen.parked_orders} that may order a push were put aside: relengotron messages"
    if seen.not_accepted:
        yield f"{len(seen.not_accepted)} of our messages the bus does not take as they are"
    if seen.unsent_since is not None and seen.at - seen.unsent_since > UNSENT_FOR:
        yield f"{seen.unsent} of our messages are not sent, the oldest from {page.clock(seen.unsent_since, seen.at)}"


def _of_past(past: Sequence[PastView]) -> Iterator[str]:
    lost = [view.mark.category for view in past if not view.is_well]
    if lost:
        yield f"messages of {', '.join(lost)} may be missing"
