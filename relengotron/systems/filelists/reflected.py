"""Which states of the mirror's targets does a list show? Kept with the daemon's state, and what is on its way out.

A list that others have written meanwhile is known by its inode, time and size. It still is a list, but nobody knows
which of our publications it saw.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from relengotron.systems.mirror.disk import Disk
from relengotron.systems.replacing import replace

Identity = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Reflected:
    """The list that was written, per target the number of the state it shows, and paths that will leave the disk."""

    identity: Identity | None = None
    targets: Mapping[str, int] = field(default_factory=dict)
    leaving: frozenset[str] = frozenset()


def identity_of(place: Path) -> Identity | None:
    """By what a list is recognized; None when there is none."""
    try:
        found = os.lstat(place)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def load(place: Path) -> Reflected:
    """What was kept; nothing when there is nothing that can be read."""
    try:
        match json.loads(place.read_bytes()):
            case {"list": [int(inode), int(mtime), int(size)], "targets": dict(targets), "leaving": list(leaving)}:
                numbers = {str(target): int(number) for target, number in targets.items()}
                return Reflected((inode, mtime, size), numbers, frozenset(map(str, leaving)))
    except (OSError, ValueError, TypeError):
        return Reflected()
    return Reflected()


def keep(place: Path, reflected: Reflected, disk: Disk) -> None:
    """Keep it durably."""
    place.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        "list": list(reflected.identity or ()),
        "targets": dict(sorted(reflected.targets.items())),
        "leaving": sorted(reflected.leaving),
    }
    replace(place, (json.dumps(facts, indent=1).encode(),), disk)
