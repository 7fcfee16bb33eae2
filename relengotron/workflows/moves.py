"""How does a build come into the target tag and back? One task of Koji at a time, whatever was answered."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from relengotron.engine.attempt import Change
from relengotron.errors import RelengError, RequestRefused, StateDisagrees
from relengotron.model.run import EffectRecord
from relengotron.systems.koji.port import Task, TaskState
from relengotron.workflows.push import Push


def moves_of(push: Push, builds: Iterable[str]) -> dict[str, list[tuple[int, EffectRecord]]]:
    """Per build every try of this run to move it, the newest first."""
    tries = range(push.engine.run.attempt, 0, -1)
    keys = {build: [(attempt, _move_key(build, attempt)) for attempt in tries] for build in builds}
    known = push.engine.effect_records([key for tried in keys.values() for _, key in tried])
    return {build: [(attempt, known[key]) for attempt, key in tried if key in known] for build, tried in keys.items()}


def moves_asked_for(push: Push, moves: Sequence[tuple[str, str]]) -> tuple[dict[str, Task], dict[str, str]]:
    """Per build the task that moves it, or why it stays where it is; one task at a time, also after a retry."""
    koji, target = push.world.koji, push.release.tag
    came = _moves_made(push, moves)
    tasks = {build: int(answer) for build, answer in came.items() if not isinstance(answer, RelengError)}
    stuck = {
        build: f"{build} cannot be moved to {target}: {answer}"
        for build, answer in came.items()
        if isinstance(answer, RelengError)
    }
    states = koji.tasks(tasks.values())
    over = {build: states[task] for build, task in tasks.items() if task in states and states[task].state.is_final}
    tags = koji.tags_of(over) if over else {}
    for build, task in over.items():
        if target not in tags[build]:
            stuck[build] = f"{build} could not be moved to {target}: {_why(push, task)}"
    return {build: states[task] for build, task in tasks.items() if task in states and build not in over}, stuck


def take_back_move(push: Push, effect: EffectRecord) -> None:
    """A build that this push moved, or was about to move, is where it came from.

    Raises:
        StateDisagrees: a task of Koji is still at it; look again.
    """
    koji, build = push.world.koji, effect.old["build"]
    source, target = effect.old["source"], effect.old["target"]
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


def _move_key(build: str, attempt: int) -> str:
    return f"move {build} try {attempt}"


def _moves_made(push: Push, moves: Sequence[tuple[str, str]]) -> dict[str, int | RelengError]:
    """Per build its task, all that are missing asked for in one call, or why Koji refused this one.

    The task of the newest try stays the one while it is not over.
    """
    newest = {build: tried[0] for build, tried in moves_of(push, [each for each, _ in moves]).items() if tried}
    known = {build: int(effect.result) for build, (_, effect) in newest.items() if effect.is_finished}
    states = push.world.koji.tasks(known.values())
    made: dict[str, int | RelengError] = {
        build: task for build, task in known.items() if task in states and not states[task].state.is_final
    }
    changes = {build: _change(push, build, source, newest.get(build)) for build, source in moves if build not in made}
    came = push.engine.effects(list(changes.values()), partial(_ask_for_moves, push), partial(_find_moves, push))
    for answer in came.values():
        if isinstance(answer, RelengError) and not isinstance(answer, RequestRefused):
            raise answer
    return made | {build: came[change.key] for build, change in changes.items()}


def _change(push: Push, build: str, source: str, newest: tuple[int, EffectRecord] | None) -> Change:
    """The move as this try, or as the try whose answer nobody knows yet."""
    target, attempt = push.release.tag, push.engine.run.attempt
    if newest is not None and not newest[1].is_finished:
        attempt = newest[0]
    old = {"build": build, "source": source, "target": target}
    return Change(_move_key(build, attempt), f"move {build} from {source} to {target}", old)


def _ask_for_moves(push: Push, changes: Sequence[Change]) -> dict[str, int | RelengError]:
    answers = push.world.koji.move_builds([_move_of(change.old) for change in changes])
    return {change.key: answers[change.old["build"]] for change in changes}


def _find_moves(push: Push, intents: Sequence[EffectRecord]) -> dict[str, int]:
    """The tasks of moves whose answers were lost; those of other tries are not meant."""
    tried = moves_of(push, [intent.old["build"] for intent in intents])
    known = {int(effect.result) for tries in tried.values() for _, effect in tries if effect.is_finished}
    found: dict[str, int] = {}
    for asked_at in {intent.intended_at for intent in intents}:
        together = [intent for intent in intents if intent.intended_at == asked_at]
        tasks = push.world.koji.moves_since(asked_at, [_move_of(intent.old) for intent in together])
        for intent in together:
            new = [task.id for task in tasks[intent.old["build"]] if task.id not in known]
            if new:
                found[intent.key] = new[-1]
    return found


def _move_of(old: Mapping[str, str]) -> tuple[str, str, str]:
    return old["build"], old["source"], old["target"]


def _why(push: Push, task: Task) -> str:
    if task.state is TaskState.CLOSED:
        return f"Koji task {task.id} moved it, but it has left the tag again"
    if task.state is TaskState.CANCELLED:
        return f"Koji task {task.id} was cancelled"
    return push.world.koji.why_failed(task.id)
