"""A wish to take back what a run had published, and what that run did."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from relengotron.model.artifact import Published, WayBack
from relengotron.model.batch import Update
from relengotron.model.run import EffectRecord, Run


@dataclass(frozen=True, slots=True)
class RollbackOrder:
    """What a rollback is asked for: which run, by whom, why, and whether its builds go back as well."""

    run: str
    agent: str
    reason: str
    untag: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """What a finished run did that a rollback takes back: publications in their order, builds that it moved."""

    run: Run
    published: tuple[Published, ...]
    moves: tuple[EffectRecord, ...]
    updates: tuple[Update, ...]
    taken_back_by: str | None = None
    """The rollback that has done it already."""

    @property
    def moved(self) -> Mapping[str, Mapping[str, Any]]:
        """By build from which tag to which tag it was moved."""
        return {effect.old["build"]: effect.old for effect in self.moves}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a rollback would do now, before anything is done; ``refusals`` say why it cannot be done.

    ``ways`` stand in the order in which things would go back. ``builds`` and ``stays`` are sentences for people: which
    builds would go where, and what a rollback leaves as it is.
    """

    ways: tuple[WayBack, ...]
    builds: tuple[str, ...]
    stays: tuple[str, ...]
    refusals: tuple[str, ...] = ()
    command: str | None = None
    """What would have to be done first."""
