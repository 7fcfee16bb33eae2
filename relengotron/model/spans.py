"""How is a length of time written for people?"""

from datetime import timedelta


def length(span: timedelta) -> str:
    """How long something is, in the two largest units that matter."""
    seconds = round(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 10:
        return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def between(low: timedelta, high: timedelta) -> str:
    """A range, with a unit that both ends share written once: ``8 to 20 min``."""
    first, last = length(low), length(high)
    number, _, unit = first.partition(" ")
    return f"{number} to {last}" if last.partition(" ")[2] == unit else f"{first} to {last}"
