"""What is one line of ``relengotron doctor``?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from relengotron.errors import RelengError, SystemUnreachable

AWAY: Final = "see whether the service is up, and whether its address in systems.yaml is right"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, what was found, and what to do when it is not.

    ``is_note`` marks what differs from what it should be and stops nothing.
    """

    name: str
    ok: bool
    fact: str
    remedy: str = ""
    is_note: bool = False


class NotWell(RelengError):
    """A look found something that will stop a push; the text says what."""


class Differs(RelengError):
    """A look found something that differs from what it should be, and stops no push; the text says what."""


def look(name: str, at: Callable[[], str], remedy: str) -> Finding:
    """What a look found; its failure of any kind is a red line with the remedy."""
    try:
        return Finding(name, True, at())
    except Differs as difference:
        return Finding(name, True, str(difference), remedy, is_note=True)
    except SystemUnreachable as trouble:  # whatever was to be asked there, that is what has to be mended first
        return Finding(name, False, str(trouble), AWAY)
    except (RelengError, OSError) as trouble:
        return Finding(name, False, str(trouble), remedy)
