"""What do we ask of the history of the bus?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class PastMessage:
    """One message of the past; ``forms`` are the envelopes that the bus may have carried, the likeliest first."""

    topic: str
    forms: tuple[Mapping[str, Any], ...]


class Datagrepper(Protocol):
    """Three questions; the history may lack messages, and may get them later than they were sent."""

    def pages(self, category: str, start: datetime, end: datetime) -> Iterator[tuple[PastMessage, ...]]:
        """Everything that was sent in this category from start to end, the oldest first, some of it twice.

        The iterator ends only when as many different messages were seen as there are; else it raises.

        Raises:
            StateDisagrees: messages moved between the pages while they were read.
        """
        ...

    def newest(self, category: str) -> datetime | None:
        """When the newest message of this category was sent; None when there has never been one."""
        ...

    def identity(self) -> str:
        """Which server this is."""
        ...
