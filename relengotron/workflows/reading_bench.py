"""What does a plugin find on its bench when it is only asked what it sees, outside of any run?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from relengotron.errors import PluginBroken
from relengotron.model.artifact import Artifact, Built
from relengotron.model.lane import Lane
from relengotron.model.run import EffectRecord
from relengotron.sdk.workbench import KojiTask, ReleaseFacts
from relengotron.systems.koji.port import Task
from relengotron.systems.world import World
from relengotron.workflows.bench_parts import BenchParts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadingBench(BenchParts):
    """One artifact that is looked at; whoever acts on this bench has broken the contract of the reading verbs."""

    world: World
    artifact: Artifact
    lane: Lane
    release: ReleaseFacts
    compose_store: Path
    koji_store: Path
    time: datetime
    run: str = "looking"
    attempt: int = 1
    inputs: Mapping[str, Built] = field(default_factory=dict)
    states_kept: int = 1

    @property
    def store(self) -> Path:
        """A directory that is never made."""
        return self.compose_store / "runs" / self.run / self.artifact.name / str(self.attempt)

    def now(self) -> datetime:
        """The time of the look."""
        return self.time

    def koji_task(self, wanted: KojiTask) -> Task:
        """There is no run that could have a task."""
        self._refuse(wanted.what)

    def effect(
        self, key: str, what: str, do: Callable[[], T], find: Callable[[EffectRecord], T | None], *, old: Any = None
    ) -> T:
        """There is no run that could have an effect."""
        self._refuse(what)

    def _refuse(self, what: str) -> NoReturn:
        raise PluginBroken(f"the {self.artifact.kind} plugin was only asked to look, and wants to {what}")
