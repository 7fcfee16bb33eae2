"""Who goes first when one message asks for several lanes?"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from relengotron.model.lane import Lane
from relengotron.model.run import Run, RunState

URGENT, SECURITY, ORDINARY = -1, 0, 10
"""What is urgent goes before everything that waits in its lane; all other runs of a lane keep their order."""
AT_A_GATE = 20
"""Thousands of builds may come to a gate at once; no push waits behind them."""
COURTESY = timedelta(seconds=30)
LOOK = timedelta(seconds=2)


def priority_of(lane: Lane, is_security: bool) -> int:
    """Security lanes before others, stable before testing; lower goes first."""
    return (SECURITY if is_security else ORDINARY) + (0 if lane.request == "stable" else 1)


def lets_go_first(run: Run, siblings: Sequence[Run], begun: frozenset[str], now: datetime) -> Run | None:
    """The more urgent run of the same message that has not begun its composes yet and should; None: go on.

    ``begun`` holds the ids of the siblings that have. The courtesy lasts for a short while only, and nobody waits for
    a run that is held, finished or in trouble: no lane may delay another.
    """
    if now - run.created_at >= COURTESY:
        return None
    for sibling in sorted(siblings, key=lambda each: each.priority):
        is_on_its_way = sibling.state in (RunState.QUEUED, RunState.OPEN) and sibling.id not in begun
        if sibling.priority < run.priority and is_on_its_way:
            return sibling
    return None
