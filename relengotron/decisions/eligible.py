"""May this update ship in this push?"""

from datetime import datetime, timedelta

from relengotron.model.batch import Ejected, Update
from relengotron.model.lane import Lane


def why_not(asked: str, update: Update | None, lane: Lane) -> Ejected | None:
    """The reason to leave an update behind, None when it may ship."""
    if update is None:
        return Ejected("", asked, f"Bodhi knows no update {asked}")
    reason = _reason(update, lane)
    return None if reason is None else Ejected(update.alias, update.title, reason, update.builds)


def may_be_too_early(asked_at: datetime, now: datetime, grace: timedelta) -> bool:
    """Whether Bodhi may simply not have committed yet what its message announced."""
    return now - asked_at < grace


def _reason(update: Update, lane: Lane) -> str | None:
    if update.release != lane.release:
        return f"it belongs to {update.release}, not to {lane.release}"
    if not update.builds:
        return "it has no builds"
    if not update.is_locked:
        return "Bodhi has not locked it for a push"
    if update.request != lane.request:
        return f"its request is {update.request or 'withdrawn'}, not {lane.request}"
    return None
