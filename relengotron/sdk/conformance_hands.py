"""What are the hands of the conformance suite: a workshop, a builder, and the way through the journal?"""

import dataclasses
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import pytest

from relengotron.errors import PowerCut
from relengotron.model.artifact import Artifact, Built, Plan, Published
from relengotron.model.codec import from_json, to_json
from relengotron.model.outcome import Failed, Running
from relengotron.sdk.artifact import ArtifactPlugin
from relengotron.sdk.case import Case
from relengotron.sdk.rehearsal import Workshop
from relengotron.sdk.workbench import Workbench

T = TypeVar("T", Plan, Built, Published)

FIRST: Final = "20161101-120000-aaaaaaaa"
SECOND: Final = "20161102-120000-bbbbbbbb"
OTHER: Final = "20161103-120000-cccccccc"
LONGEST_COMPOSE: Final = 10


class Hands:
    """What every part of the suite does with a plugin; ``case`` says which one and what it makes."""

    case: ClassVar[Case]

    @pytest.fixture
    def workshop(self, tmp_path: Path) -> Workshop:
        """A fresh world, deep enough in the file system that a way out of it ends where we can see it."""
        return self._workshop(tmp_path / "a" / "b" / "workshop")

    def _workshop(self, root: Path) -> Workshop:
        workshop = Workshop(root)
        self.case.prepare(workshop)
        workshop.power.acts.clear()
        return workshop

    def _plugin(self) -> ArtifactPlugin[Any]:
        """A new one each time: a plugin keeps nothing between calls."""
        return self.case.plugin()

    def _bench(self, workshop: Workshop, artifact: Artifact, content: str, run: str, attempt: int = 1) -> Workbench:
        return workshop.bench(artifact, self.case.inputs(workshop, content), run=run, attempt=attempt)

    def _compose(
        self, workshop: Workshop, content: str, run: str, artifact: Artifact | None = None, attempt: int = 1
    ) -> Built | Running | Failed:
        artifact = artifact or self.case.artifact(workshop)
        bench = workshop.bench(artifact, self.case.inputs(workshop, content), run=run, attempt=attempt)
        key = f"plan try {attempt}"
        planned = bench.effect(key, "a decision", lambda: to_json(self._plugin().plan(artifact, bench)), lambda _: None)
        outcome = self._plugin().compose(from_json(Plan, planned), bench)
        demand(isinstance(outcome, Built | Running | Failed), f"compose returned {outcome!r}")
        return outcome

    def _made(self, workshop: Workshop, content: str, run: str, artifact: Artifact | None = None) -> Built:
        """Compose, and play the builder until it is built."""
        for _ in range(LONGEST_COMPOSE):
            match self._compose(workshop, content, run, artifact):
                case Built() as built:
                    return kept(built)
                case Failed() as failed:
                    raise AssertionError(f"compose failed: {failed.reason}")
            self._play_the_builder(workshop, content)
        raise AssertionError(f"no end after {LONGEST_COMPOSE} looks, although every task is finished")

    def _play_the_builder(self, workshop: Workshop, content: str) -> None:
        for task in workshop.tasks():
            if not task.state.is_final:
                workshop.take(task)
                workshop.close(task, self.case.finish(task, content, workshop))

    def _publish(self, workshop: Workshop, built: Built, run: str) -> tuple[Published, Artifact]:
        artifact = self.case.artifact(workshop)
        return kept(self._plugin().publish(built, artifact, workshop.bench(artifact, {}, run=run))), artifact

    def _second_publish(self, workshop: Workshop, cut_at: int | None) -> tuple[Any, int]:
        """Publish two states, the power cut in the second; what is seen in the end, and after a withdrawal."""
        self._publish(workshop, self._made(workshop, "one", FIRST), FIRST)
        built = self._made(workshop, "two", SECOND)
        workshop.power.acts.clear()
        workshop.power.cut_at = cut_at
        with suppress(PowerCut):
            self._publish(workshop, built, SECOND)
        moments, workshop.power.cut_at = len(workshop.power.acts), None
        published, artifact = self._publish(workshop, built, SECOND)
        shown, bench = self._shown(workshop), workshop.bench(artifact, {}, run=SECOND)
        is_live = self._plugin().probe(published, bench).is_live
        self._plugin().withdraw(published, artifact, bench)
        return (shown, is_live, self._shown(workshop)), moments

    def _shown(self, workshop: Workshop) -> dict[str, str | None]:
        return dict(self.case.shown(self.case.artifact(workshop), workshop))

    def _needs_a_task(self, workshop: Workshop, outcome: Built | Running | Failed) -> None:
        if isinstance(outcome, Built) and not workshop.tasks():
            pytest.skip("this plugin composes without a Koji task")

    def _only_task(self, workshop: Workshop) -> Any:
        tasks = workshop.tasks()
        demand(len(tasks) == 1, f"one task was due, there are {[(task.id, task.method) for task in tasks]}")
        return tasks[0]


def demand(is_so: Any, otherwise: str) -> None:
    """Fail with these words unless it is so."""
    if not is_so:
        raise AssertionError(otherwise)


def kept(value: T) -> T:
    """The value as it is after its way through the journal."""
    return from_json(type(value), to_json(value))


def with_word(artifact: Artifact, field: str, word: str) -> Artifact:
    """The artifact with a word of ours as its name or its target."""
    return dataclasses.replace(artifact, name=word) if field == "name" else dataclasses.replace(artifact, target=word)


def world_of(workshop: Workshop) -> Any:
    """Everything that a verb could have changed."""
    return workshop.files(), tuple(workshop.power.acts), [(task.id, task.state) for task in workshop.tasks()]


def outside_of(workshop: Workshop, outside: Path) -> dict[str, str]:
    """Every file except those in the places that belong to all artifacts together."""
    own = tuple(f"{path.relative_to(outside).as_posix()}/" for path in (workshop.compose_store, workshop.koji_store))
    own += (
        f"{workshop.mirror_root.relative_to(outside).as_posix()}/",
        f"{(workshop.root / 'state').relative_to(outside).as_posix()}/",
    )
    return {path: checksum for path, checksum in workshop.files(below=outside).items() if not path.startswith(own)}
