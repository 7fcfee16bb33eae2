"""When is a build in quarantine called to mind, and who is asked by then? At set ages, and never for the last time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Reminding:
    """How often it was called to mind by now, when that happens next, and whether the packager alone was not enough."""

    count: int
    next_at: datetime
    is_urgent: bool


def reminding(ages: Sequence[timedelta], since: datetime, now: datetime) -> Reminding:
    """Where a stay that began ``since`` then stands now: after the last age it is said again by that age, for ever."""
    ordered = sorted(ages)
    age, last = now - since, ordered[-1]
    passed = sum(each <= age for each in ordered)
    again = max(0, age // last - 1)
    upcoming = ordered[passed] if passed < len(ordered) else last * (again + 2)
    return Reminding(passed + again, since + upcoming, passed == len(ordered))
