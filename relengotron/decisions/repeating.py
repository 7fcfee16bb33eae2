"""When is a message that was not answered said once more?"""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=10)


def is_due(sent_at: datetime, repeated_at: datetime | None, now: datetime) -> bool:
    """Whether it is time: each pause is as long as all before it together, from ten seconds up to ten minutes."""
    last = repeated_at or sent_at
    pause = min(max(last - sent_at, FIRST_PAUSE), LONGEST_PAUSE)
    return now >= last + pause
