"""How fast do builds go through a gate, and how long will those under way still take?"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from relengotron.decisions.estimating import estimate
from relengotron.model.estimate import Estimate
from relengotron.model.gated import BuildState, GatedBuild

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pace:
    """How many builds came to which end in the last day and week, and how long the accepted ones took in all."""

    day: Mapping[BuildState, int]
    week: Mapping[BuildState, int]
    took: tuple[timedelta, ...]

    @property
    def usual(self) -> Estimate | None:
        """How long a build takes from its arrival until it is in the target; None where none has come through."""
        return estimate(each.total_seconds() for each in self.took)

    def rest(self, age: timedelta) -> Estimate | None:
        """How long one still takes that came so long ago; None where no former one took that long."""
        return estimate((each - age).total_seconds() for each in self.took if each > age)


def pace(settled: Iterable[GatedBuild], now: datetime) -> Pace:
    """What the builds say that came to an end in the last week."""
    recent = [each for each in settled if each.state.is_settled and now - each.since <= WEEK]
    return Pace(
        day=Counter(each.state for each in recent if now - each.since <= DAY),
        week=Counter(each.state for each in recent),
        took=tuple(each.since - each.arrived_at for each in recent if each.state is BuildState.ACCEPTED),
    )
