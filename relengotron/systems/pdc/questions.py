"""How many packages fit into one question to PDC, and in which pieces does it answer?"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote_plus, urlencode

from relengotron.errors import MalformedInput

LONGEST_URL = 8000
MOST_PAIRS = 900
_PAGING = len("&page_size=-1000000")
_NAME = len("&to_component_name=")

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Paging:
    """The page sizes that a question is asked with.

    PDC takes any number up to zero as "all at once", and answers the same address from memory for 30 seconds: another
    number is another address. Pages are as large as PDC gives them, or a little smaller.
    """

    off: int = -1
    small: int = 100

    @classmethod
    def never_used_before(cls) -> Self:
        """Page sizes that are hardly the same as those of half a minute ago, whoever asked then."""
        return cls(-2 - secrets.randbelow(999_998), 50 + secrets.randbelow(50))


ORDINARY = Paging()


def encoded(pairs: Pairs) -> str:
    """The query string."""
    return urlencode(list(pairs))


def questions_that_fit(names: Sequence[str], fixed: Pairs, path_bytes: int) -> Iterator[tuple[str, ...]]:
    """The names in as few lists as keep the URL and the number of pairs below what PDC and its front server take."""
    room = LONGEST_URL - path_bytes - len("?") - len(encoded(fixed)) - _PAGING
    most = MOST_PAIRS - len(fixed) - 1
    taken: list[str] = []
    used = 0
    for name in names:
        size = _NAME + len(quote_plus(name))
        if size > room:
            raise MalformedInput(f"too long for a question to PDC: {name[:60]!r}")
        if taken and (used + size > room or len(taken) == most):
            yield tuple(taken)
            taken, used = [], 0
        taken.append(name)
        used += size
    if taken:
        yield tuple(taken)
