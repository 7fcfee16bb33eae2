"""What is one story that is lived through with a power cut at every moment?"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.builders import AnUpdate

Part = Callable[[Any], None]
"""Something that happens on a stage."""


@dataclass(frozen=True)
class Story:
    """One story: what was before, what happens while the power may go, and how the newest run of its workflow ends.

    ``happens`` is lived through again after a power cut, as by people and services that got no answer.
    """

    name: str
    workflow: str
    updates: tuple[AnUpdate, ...]
    happens: Part
    end: str = "done"
    before: Part = lambda stage: None
    bus_waits_for_us: bool = True
    is_remembered: bool = False
    is_looked_after: bool = False
    tells_mirrors: bool = False
    is_signed: bool = False
    at_a_gate: bool = False
    is_for_the_long_run: bool = False
    """Whether another story of the default suite lives through the same."""

    def __str__(self) -> str:
        return self.name.replace(" ", "-")
