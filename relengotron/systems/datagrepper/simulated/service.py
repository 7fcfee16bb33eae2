"""What does datanommer keep of the bus, and in which order does datagrepper show it?"""

import json
import random
import uuid
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from relengotron.errors import MalformedInput
from relengotron.messages.envelope import Topic

Row = dict[str, Any]
SOURCE = {"source_name": "datanommer", "source_version": "0.8.1"}
NOWHERE = "unsorted"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which messages somebody asks for; empty means all."""

    start: float | None = None
    end: float | None = None
    categories: Collection[str] = ()
    topics: Collection[str] = ()
    not_topics: Collection[str] = ()
    is_ascending: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether every row of the window is wanted, the oldest first."""
        return self.is_ascending and not self.topics and not self.not_topics

    def wants(self, row: Row) -> bool:
        """Whether the topic is one of those."""
        return (not self.topics or row["topic"] in self.topics) and row["topic"] not in self.not_topics


@dataclass(order=True, frozen=True, slots=True)
class _Kept:
    timestamp: float
    number: int
    row: Row = field(compare=False)


class SimulatedDatagrepper:
    """Rows by category and time. Datanommer listens like anybody: it may miss messages, and it stores them later."""

    def __init__(self, clock: Callable[[], float], *, seed: int = 0) -> None:
        """Nothing has been said yet."""
        self.lock = RLock()
        self.misses: Callable[[Mapping[str, Any]], bool] = lambda _envelope: False
        self.delay: Callable[[Mapping[str, Any]], float] = lambda _envelope: 0.0
        self.ties_move = False
        self.broken = ""
        self._clock = clock
        self._chance = random.Random(seed)  # noqa: S311 - the order of equals, not a secret
        self._ids: set[str] = set()
        self._late: list[tuple[float, Row]] = []
        self._kept: dict[str, list[_Kept]] = {}
        self._heard = 0

    def hear(self, envelope: Mapping[str, Any], headers: Mapping[str, Any] | None = None) -> None:
        """A message comes by; what its transport said about it stands in ``headers``."""
        with self.lock:
            if self.misses(envelope):
                return
            row = self._row(envelope, headers)
            if row["msg_id"] not in self._ids:
                self._ids.add(row["msg_id"])
                self._late.append((self._clock() + self.delay(envelope), row))

    def page(self, wish: Wish, first: int, count: int) -> tuple[list[Row], int]:
        """The wanted rows from place ``first`` on, and how many there are; equals may change their order each time."""
        with self.lock:
            self._store_what_is_due()
            found = self._in_order(wish)
            return [each.row for each in found[first : first + count]], len(found)

    def by_id(self, msg_id: str) -> Row | None:
        """The one message of this id."""
        with self.lock:
            self._store_what_is_due()
            rows = (each.row for kept in self._kept.values() for each in kept)
            return next((row for row in rows if row["msg_id"] == msg_id), None)

    def __len__(self) -> int:
        with self.lock:
            return len(self._ids)

    def _in_order(self, wish: Wish) -> Sequence[_Kept]:
        names = list(dict.fromkeys(wish.categories or self._kept))
        if len(names) == 1 and wish.is_plain and not self.ties_move:
            return self._within(self._kept.get(names[0], ()), wish)  # kept in order; a busy bus has many of them
        kept = [each for name in names for each in self._within(self._kept.get(name, ()), wish)]
        wanted = [each for each in kept if wish.wants(each.row)]
        return sorted(wanted, key=self._order, reverse=not wish.is_ascending)

    def _order(self, each: _Kept) -> tuple[float, float]:
        return each.timestamp, self._chance.random() if self.ties_move else each.number

    def _within(self, kept: Sequence[_Kept], wish: Wish) -> Sequence[_Kept]:
        first = 0 if wish.start is None else bisect_left(kept, wish.start, key=lambda each: each.timestamp)
        last = len(kept) if wish.end is None else bisect_right(kept, wish.end, key=lambda each: each.timestamp)
        return kept[first:last]

    def _store_what_is_due(self) -> None:
        now = self._clock()
        for _, row in (each for each in self._late if each[0] <= now):
            self._heard += 1
            _put(self._kept.setdefault(_category_of(row), []), _Kept(row["timestamp"], self._heard, row))
        self._late = [each for each in self._late if each[0] > now]

    def _row(self, envelope: Mapping[str, Any], headers: Mapping[str, Any] | None) -> Row:
        """What has a column is kept, null where it was missing; anything else at the top level is lost."""
        stamp = float(envelope.get("timestamp") or self._clock())
        optional = {key: envelope.get(key) for key in ("certificate", "crypto", "signature", "username")}
        return {
            **optional,
            **SOURCE,
            "i": envelope.get("i", 0),
            "msg": json.loads(json.dumps(envelope["msg"])),
            "msg_id": envelope.get("msg_id") or f"{datetime.fromtimestamp(stamp, UTC).year}-{uuid.uuid4()}",
            "topic": envelope["topic"],
            "timestamp": stamp,
            "headers": dict(headers or {}),
        }


def _put(kept: list[_Kept], new: _Kept) -> None:
    if not kept or kept[-1].timestamp <= new.timestamp:
        kept.append(new)
    else:
        insort(kept, new)


def _category_of(row: Row) -> str:
    try:
        return Topic.parse(row["topic"]).category
    except MalformedInput:
        return NOWHERE
