"""What do we ask of the file that download pages read?"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

VERSION: Final = 1
"""Of the file's shape, as ``schema.json`` beside this module describes it."""

Artifacts = Mapping[str, Mapping[str, Any]]
"""By name what a page can say of an artifact; JSON."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The part of the page that one lane fills."""

    release: str
    version: str
    request: str


class Website(Protocol):
    """One JSON file below the mirror's root."""

    @property
    def path(self) -> str:
        """Where readers find it, below the mirror's root."""

    def read(self) -> dict[str, Any] | None:
        """What it says now; None when there is none, or nobody can read it."""

    def show(self, shelves: Mapping[Shelf, Artifacts], kept: Collection[tuple[str, str]]) -> bool:
        """The file says this of these lanes, and of each other lane (release, request) in ``kept`` what it said before.

        False when it said so already: then it is not touched.
        """

    def roll_out(
        self, lane: tuple[str, str], artifact: str, identity: str, rollout: Mapping[str, Any] | None
    ) -> bool | None:
        """The file says so of the rollout of this artifact (None: there is none), and of all else what it said before.

        False when it said so already, None when it does not tell of this identity: then it is not touched.
        """
