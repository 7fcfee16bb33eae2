"""How long to wait before asking a troubled service again, and when to call for a person?"""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)


def pause_after(troubles: int) -> timedelta:
    """The pause doubles with each trouble in a row, up to five minutes."""
    doubled: timedelta = FIRST_PAUSE * 2 ** min(troubles, 16)
    return min(doubled, LONGEST_PAUSE)


def needs_a_person(trouble_since: datetime, now: datetime, patience: timedelta) -> bool:
    """Whether the trouble has lasted longer than anybody should wait in silence."""
    return now - trouble_since >= patience
