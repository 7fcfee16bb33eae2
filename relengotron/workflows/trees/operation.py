"""What would be done to a repo of trees, and the way to do it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may wait how long for a lock, and what time it is."""

    wait: timedelta
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation that was looked at and not begun.

    ``effects`` are sentences about what changes; without any there is nothing to do but to finish what a crash may have
    cut off. ``act`` looks again under the lock, and returns what came of it. ``is_final`` when there is no way back.
    """

    what: str
    effects: tuple[str, ...]
    act: Callable[[], Mapping[str, Any]]
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_final: bool = False
