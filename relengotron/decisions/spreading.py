"""When do many who began to wait together look again? Not together."""

from datetime import timedelta
from zlib import crc32

WORTH_IT = timedelta(minutes=10)
"""Shorter waits are meant as they are said."""
SHARE = 0.25
"""How much earlier than it must the earliest looks."""


def spread(who: str, pause: timedelta) -> timedelta:
    """The pause, or for a long one somewhat less; always the same for the same ``who``."""
    if pause < WORTH_IT:
        return pause
    return pause * (1 - SHARE * (crc32(who.encode()) / 0xFFFF_FFFF))
