"""For which part of all machines is a new version now? Time decides, and people may stop it or end it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from relengotron.model.rollout import WHOLE, Rollout, RolloutWish, Share, Standing, Wanted, steps_of


@dataclass(frozen=True, slots=True)
class _Flow:
    """The times in which the schedule went on, the last perhaps without end, and what is true after them."""

    spans: tuple[tuple[datetime, datetime | None], ...]
    paused: RolloutWish | None
    finished: datetime | None

    def reaches(self, lasted: timedelta) -> datetime | None:
        """When the schedule has gone on for so long; None while nobody lets it."""
        for begin, end in self.spans:
            if end is None or end - begin >= lasted:
                return begin + lasted
            lasted -= end - begin
        return None


def standing(rollout: Rollout, now: datetime) -> Standing:
    """How far it is now, however long nobody looked."""
    steps = steps_of(rollout.planned.shares)
    flow = _flow(rollout.begun.at, rollout.wishes, steps[-1][1], now)
    if flow.finished is not None:
        return Standing(WHOLE, flow.finished)
    reached = [(percent, at) for percent, after in steps if (at := flow.reaches(after)) is not None and at <= now]
    percent, since = reached[-1] if reached else (steps[0][0], rollout.begun.at)
    if percent == WHOLE:
        return Standing(WHOLE, since)
    coming, after = next(each for each in steps if each[0] > percent)
    return Standing(percent, since, coming, None if flow.paused else flow.reaches(after), flow.paused)


def in_words(shares: Sequence[Share]) -> tuple[str, ...]:
    """The schedule for a plan; nothing where everybody gets it at once."""
    if not shares:
        return ()
    told = [f"{percent} % after {_hours(after)}" if after else f"{percent} %" for percent, after in steps_of(shares)]
    return (f"rolled out to {', '.join(told)}",)


def _flow(begun: datetime, wishes: Iterable[RolloutWish], whole: timedelta, now: datetime) -> _Flow:
    """A wish counts from the moment it was read; what comes after the end changes nothing."""
    flow = _Flow(((begun, None),), None, None)
    for wish in sorted((each for each in wishes if each.at <= now), key=lambda each: each.at):
        end = flow.reaches(whole)
        if flow.finished is None and (end is None or end > wish.at):
            flow = _after(flow, wish, max(wish.at, begun))
    return flow


def _after(flow: _Flow, wish: RolloutWish, at: datetime) -> _Flow:
    match wish.wanted:
        case Wanted.FINISH:
            return _Flow(flow.spans, None, at)
        case Wanted.PAUSE:
            if flow.paused is None:
                return _Flow((*flow.spans[:-1], (flow.spans[-1][0], at)), wish, None)
        case Wanted.RESUME:
            if flow.paused is not None:
                return _Flow((*flow.spans, (at, None)), None, None)
    return flow


def _hours(after: timedelta) -> str:
    return f"{after.total_seconds() / 3600:g} h"
