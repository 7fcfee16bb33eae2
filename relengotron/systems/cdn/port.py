"""What do we ask of the caches in front of the mirror?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from relengotron.systems.mirror.port import Seen


@dataclass(frozen=True, slots=True)
class Cache:
    """A cache or a network of them: where readers ask it, where it is told to forget, who can act when it will not.

    ``purge_at`` are the addresses of its machines; empty when the readers' own address takes purges.
    """

    name: str
    url: str
    owner: str
    purge_at: tuple[str, ...] = ()
    token_file: Path | None = field(default=None, repr=False)
    token_header: str = "Fastly-Key"  # noqa: S105 the name of a header
    timeout: float = 30.0


class Cdn(Protocol):
    """Every cache in front of the mirror."""

    def purge(self, paths: Iterable[str]) -> None:
        """Every cache was told to forget these paths below the mirror's root, in this order; may be repeated."""

    def look(self, urls: Mapping[str, str]) -> tuple[Seen, ...]:
        """Read each path (with the checksum expected there) from every cache, as their readers do."""
