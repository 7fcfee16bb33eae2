"""How do changes come into a list of before, without a look at the rest of the tree?"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter

from relengotron.systems.filelists.listing import Row

_path = attrgetter("path")


class OutOfOrder(Exception):
    """The list of before is not sorted: others need not sort theirs."""


def merged(before: Iterable[Row], looked_at: Mapping[str, Row | None], anew: tuple[str, ...]) -> Iterator[Row]:
    """The rows of before, sorted, with what was looked at in the place of what was known of it.

    Below the folders ``anew`` (each with its slash) only what was looked at counts.

    Raises:
        OutOfOrder: the rows of before are not sorted.
    """
    found = deque(sorted((row for row in looked_at.values() if row is not None), key=_path))
    for row in _in_order(before):
        path = row.path
        while found and found[0].path <= path:
            yield found.popleft()
        if path not in looked_at and not path.startswith(anew):
            yield row
    yield from found


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The rows sorted, each path once."""
    return sorted({row.path: row for row in rows}.values(), key=_path)


def _in_order(rows: Iterable[Row]) -> Iterator[Row]:
    last = ""
    for row in rows:
        if row.path <= last:
            raise OutOfOrder(row.path)
        last = row.path
        yield row
