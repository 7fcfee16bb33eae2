"""How does a build come into a tag and back? One task of Koji at a time, whatever was answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relengotron.engine.attempt import Attempt, Change
from relengotron.errors import RelengError, RequestRefused, StateDisagrees
from relengotron.model.run import EffectRecord
from relengotron.systems.koji.port import Koji, Task, TaskState

MOVE: Final = "move "
"""What the key of every move begins with, unless its run moves builds elsewhere too."""

Move = tuple[str, str]
"""A build, and the tag that it leaves."""

Tries = Mapping[str, Sequence[tuple[int, EffectRecord]]]
"""By build every try to move it, with its number, the newest first."""


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves builds into one tag, in the name of one run."""

    engine: Attempt
    koji: Koji
    target: str
    words: str = MOVE
    """What its keys begin with: the same build may go to one tag after the move to another has failed."""

    def tries_of(self, builds: Iterable[str]) -> Tries:
        """Per build every try of this run to move it, the newest first."""
        tries = range(self.engine.run.attempt, 0, -1)
        keys = {build: [(attempt, self._key(build, attempt)) for attempt in tries] for build in builds}
        known = self.engine.effect_records([key for tried in keys.values() for _, key in tried])
        return {
            build: [(attempt, known[key]) for attempt, key in tried if key in known] for build, tried in keys.items()
        }

    def asked_for(self, moves: Sequence[Move]) -> tuple[dict[str, Task], dict[str, str]]:
        """Per build the task that moves it, or why it stays where it is; one task at a time, also after a retry."""
        came = self.ask(moves)
        tasks = {build: answer for build, answer in came.items() if not isinstance(answer, RelengError)}
        stuck = {
            build: self.refused(build, answer) for build, answer in came.items() if isinstance(answer, RelengError)
        }
        states = self.koji.tasks(tasks.values())
        over = {build: states[task] for build, task in tasks.items() if task in states and states[task].state.is_final}
        tags = self.koji.tags_of(over) if over else {}
        stuck |= {build: self.failed(build, task) for build, task in over.items() if self.target not in tags[build]}
        stuck |= {build: forgotten(build, task) for build, task in tasks.items() if task not in states}
        return {build: states[task] for build, task in tasks.items() if task in states and build not in over}, stuck

    def ask(self, moves: Sequence[Move], tries: Tries | None = None) -> dict[str, int | RelengError]:
        """Per build its task, all that are missing asked for in one call, or why Koji refused this one.

        The task of the newest try stays the one while it is not over. ``tries`` are those of these builds, if known.
        """
        known_tries = tries if tries is not None else self.tries_of(each for each, _ in moves)
        newest = {build: tried[0] for build, _ in moves if (tried := known_tries[build])}
        known = {build: int(effect.result) for build, (_, effect) in newest.items() if effect.is_finished}
        states = self.koji.tasks(known.values())
        made: dict[str, int | RelengError] = {
            build: task for build, task in known.items() if task in states and not states[task].state.is_final
        }
        wanted = [(build, source) for build, source in moves if build not in made]
        changes = {build: self._change(build, source, newest.get(build)) for build, source in wanted}
        came = self.engine.effects(list(changes.values()), self._move, self._find)
        for answer in came.values():
            if isinstance(answer, RelengError) and not isinstance(answer, RequestRefused):
                raise answer
        return made | {build: came[change.key] for build, change in changes.items()}

    def under_way(self, tries: Tries) -> dict[str, int]:
        """Per build the task of its newest try, where it is not over or its answer was lost; nothing is asked for."""
        newest = {build: tried[0] for build, tried in tries.items() if tried}
        lost = {
            build: self._change(build, effect.old["source"], (number, effect))
            for build, (number, effect) in newest.items()
            if not effect.is_finished
        }
        came = self.engine.effects(list(lost.values()), lambda _changes: dict[str, int | RelengError](), self._find)
        known = {build: int(effect.result) for build, (_, effect) in newest.items() if effect.is_finished}
        states = self.koji.tasks(known.values())
        found = {build: task for build, change in lost.items() if isinstance(task := came.get(change.key), int)}
        return found | {
            build: task for build, task in known.items() if task in states and not states[task].state.is_final
        }

    def refused(self, build: str, why: RelengError) -> str:
        """Why a build stays where it is when Koji made no task."""
        return f"{build} cannot be moved to {self.target}: {why}"

    def failed(self, build: str, task: Task) -> str:
        """Why a build is not in the target although its task is over."""
        return f"{build} could not be moved to {self.target}: {self._why(task)}"

    def _key(self, build: str, attempt: int) -> str:
        return f"{self.words}{build} try {attempt}"

    def _change(self, build: str, source: str, newest: tuple[int, EffectRecord] | None) -> Change:
        """The move as this try, or as the try whose answer nobody knows yet."""
        attempt = self.engine.run.attempt
        if newest is not None and not newest[1].is_finished:
            attempt = newest[0]
        old = {"build": build, "source": source, "target": self.target}
        return Change(self._key(build, attempt), f"move {build} from {source} to {self.target}", old)

    def _move(self, changes: Sequence[Change]) -> dict[str, int | RelengError]:
        answers = self.koji.move_builds([_move_of(change.old) for change in changes])
        return {change.key: answers[change.old["build"]] for change in changes}

    def _find(self, intents: Sequence[EffectRecord]) -> dict[str, int]:
        """The tasks of moves whose answers were lost; those of other tries are not meant."""
        tried = self.tries_of(intent.old["build"] for intent in intents)
        known = {int(effect.result) for tries in tried.values() for _, effect in tries if effect.is_finished}
        found: dict[str, int] = {}
        for asked_at in {intent.intended_at for intent in intents}:
            together = [intent for intent in intents if intent.intended_at == asked_at]
            tasks = self.koji.moves_since(asked_at, [_move_of(intent.old) for intent in together])
            for intent in together:
                new = [task.id for task in tasks[intent.old["build"]] if task.id not in known]
                if new:
                    found[intent.key] = new[-1]
        return found

    def _why(self, task: Task) -> str:
        if task.state is TaskState.CLOSED:
            return f"Koji task {task.id} moved it, but it has left the tag again"
        if task.state is TaskState.CANCELLED:
            return f"Koji task {task.id} was cancelled"
        return self.koji.why_failed(task.id)


def forgotten(build: str, task: int) -> str:
    """Why nobody knows whether a build was moved."""
    return f"Koji knows no task {task}, which was to move {build}"


def take_back_move(koji: Koji, effect: EffectRecord) -> None:
    """A build that a run moved, or was about to move, is where it came from.

    Raises:
        StateDisagrees: a task of Koji is still at it; look again.
    """
    build, source, target = _move_of(effect.old)
    for task in koji.move_tasks_since(effect.intended_at, build, source, target):
        if not task.state.is_final:
            koji.cancel_task(task.id)
            raise StateDisagrees(f"Koji task {task.id}, which moves {build}, is being cancelled")
    if any(not task.state.is_final for task in koji.move_tasks_since(effect.intended_at, build, target, source)):
        raise StateDisagrees(f"{build} is on its way back to {source}")
    tags = koji.tags_of([build])[build]
    if target in tags and source not in tags:
        answer = koji.move_builds([(build, target, source)])[build]
        if isinstance(answer, RelengError):
            raise answer
        raise StateDisagrees(f"{build} is on its way back to {source}")


def _move_of(old: Mapping[str, str]) -> tuple[str, str, str]:
    return old["build"], old["source"], old["target"]
