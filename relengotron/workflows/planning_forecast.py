"""How long will a push take and what will it cost, if it goes as it went before?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from relengotron.decisions import estimating
from relengotron.engine.journal import durations, runs
from relengotron.engine.journal.database import Database
from relengotron.model.estimate import Estimate, Past, PastComposes
from relengotron.model.lane import Lane
from relengotron.model.push_plan import Forecast
from relengotron.workflows import push_updates


@dataclass(frozen=True, slots=True)
class LaneHistory:
    """What former runs of a lane tell, and the run that has the lane now, if any."""

    past: Past
    composes: PastComposes
    taken_by: str | None = None

    def forecast(self, kinds: Sequence[str], tasks: int) -> Forecast:
        """Time until done and cost of a push that composes artifacts of these kinds with so many tasks in all."""
        steps = [step.__name__ for step in push_updates.PUSH_UPDATES]
        costs = {kind: estimating.cost(kind, self.composes) for kind in sorted(set(kinds))}
        known = [cost.task_hours for kind in kinds if (cost := costs[kind]) is not None]
        unknown = tuple(kind for kind, cost in costs.items() if cost is None)
        return Forecast(estimating.remaining(steps, self.past), tasks, _together(known), unknown)


def history_of(database: Database, lane: Lane) -> LaneHistory:
    """Read it from the journal."""
    name = str(lane)
    with database.read() as db:
        head = runs.next_in_lane(db, name)
        return LaneHistory(
            durations.past(db, push_updates.NAME, name),
            durations.past_composes(db, push_updates.NAME, name),
            None if head is None else head.id,
        )


def _together(parts: Iterable[Estimate]) -> Estimate | None:
    """The sum of what is known of each; the count is that of the weakest."""
    parts = tuple(parts)
    if not parts:
        return None
    return Estimate(
        sum(each.median for each in parts),
        sum(each.low for each in parts),
        sum(each.high for each in parts),
        min(each.count for each in parts),
    )
