"""The workbench that a plugin finds when a workflow calls it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from relengotron.engine.attempt import Attempt
from relengotron.errors import StateDisagrees
from relengotron.model.artifact import Artifact, Built
from relengotron.model.lane import Lane
from relengotron.model.run import EffectRecord
from relengotron.sdk.workbench import KojiTask, ReleaseFacts
from relengotron.systems.koji.port import Task
from relengotron.systems.world import World
from relengotron.workflows.bench_parts import BenchParts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bench(BenchParts):
    """One artifact of one run in work.

    ``attempt`` counts the tries to compose it, ``round`` how often it goes live: what was withdrawn may go live again.
    """

    engine: Attempt
    world: World
    artifact: Artifact
    lane: Lane
    release: ReleaseFacts
    inputs: Mapping[str, Built]
    attempt: int
    compose_store: Path
    koji_store: Path
    koji_settles: timedelta
    states_kept: int
    round: int = 1

    @property
    def run(self) -> str:
        """The id of the run."""
        return self.engine.run.id

    @property
    def store(self) -> Path:
        """The directory of this artifact and try on the compose store."""
        return self.compose_store / "runs" / self.run / self.artifact.name / str(self.attempt)

    def now(self) -> datetime:
        """The time, aware."""
        return self.engine.now()

    def koji_task(self, wanted: KojiTask) -> Task:
        """The task as it stands now; made at most once in a try."""
        task = self.engine.effect(
            f"{wanted.key} try {self.attempt}",
            f"Koji task {wanted.method}: {wanted.what}",
            do=lambda: {"task": wanted.ask()},
            find=lambda intent: self._find_task(wanted, intent),
            old={"method": wanted.method, "marker": wanted.marker},
            settles=self.koji_settles,
        )["task"]
        found = self.koji.tasks([task]).get(task)
        if found is None:
            raise StateDisagrees(f"Koji does not know its own task {task} any more")
        return found

    def effect(
        self, key: str, what: str, do: Callable[[], T], find: Callable[[EffectRecord], T | None], *, old: Any = None
    ) -> T:
        """Change the outside once: intent first, adopt before repeat."""
        return self.engine.effect(in_round(key, self.round), what, do, find, old=old)

    def _find_task(self, wanted: KojiTask, intent: EffectRecord) -> dict[str, int] | None:
        found = self.koji.find_tasks(wanted.method, intent.intended_at, wanted.marker)
        return {"task": found[0].id} if found else None


def in_round(key: str, number: int) -> str:
    """The key of what is done anew in each round; in the first it has the name alone."""
    return key if number == 1 else f"{key} round {number}"
