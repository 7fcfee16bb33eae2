"""Does an artifact change? What one rung of the ladder says, cheapest rung first."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relengotron.model.difference import Change

MOST_CHANGES_KEPT: Final = 200
"""What a person may want to read years later; how many more there were is kept too."""


class RungName(StrEnum):
    """The rungs, in the order in which they are climbed."""

    MANIFEST = "manifest"
    SOURCES = "sources"
    NAMES = "names"
    LISTS = "lists"
    SOLVED = "solved"
    DETECTED = "own detection"
    CONTENT = "content"


class Says(StrEnum):
    """What a rung may say."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DOUBT = "in doubt"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Rung:
    """What one rung found: the ``reason`` in a sentence, the ``source`` of its facts, the ``changes`` known there."""

    name: RungName
    says: Says
    reason: str
    source: str = ""
    changes: tuple[Change, ...] = ()
