"""Which tries of an artifact count? Those since it was begun anew, because what it was made from is not wanted now."""

from collections.abc import Iterable
from typing import Final

from relengotron.model.run import EffectRecord
from relengotron.workflows.push import Push

_ANEW: Final = "anew "
_TASKS: Final = ("compose", "detect")


def begin_anew(push: Push, artifacts: Iterable[str]) -> None:
    """What was tried of these artifacts in earlier attempts of the run counts no more."""
    number = push.engine.run.attempt
    for name in artifacts:
        push.engine.remember(f"{_ANEW}{name} {number}", lambda: number)


def first_that_counts(push: Push, artifact: str) -> int:
    """The number of the first try that may still be what is wanted."""
    own = f"{_ANEW}{artifact} "
    return max((each for key, each in push.engine.decisions(_ANEW).items() if key.startswith(own)), default=1)


def begun_anew(push: Push) -> int:
    """The attempt in which everything that shows every push was begun anew the last time; 1 when it never was."""
    return max((first_that_counts(push, each.name) for each in push.artifacts if each.is_repo), default=1)


def was_begun(push: Push, artifact: str, attempt: int) -> bool:
    """Whether there was such a try."""
    return push.engine.remembered(f"plan {artifact} try {attempt}") is not None


def tasks_of(push: Push, artifact: str) -> tuple[EffectRecord, ...]:
    """Every task that this run has asked for, or was about to ask for, to make an artifact, of every try."""
    return tuple(task for kind in _TASKS for task in push.engine.begun(f"{kind} {artifact} "))


def stop_compose(push: Push, effect: EffectRecord) -> None:
    """No task of this effect goes on, not even one whose answer was lost."""
    koji, asked = push.world.koji, effect.old
    known = [int(effect.result["task"])] if effect.is_finished else []
    lost = () if known else koji.find_tasks(asked["method"], effect.intended_at, asked["marker"])
    for task in koji.tasks([*known, *(each.id for each in lost)]).values():
        if not task.state.is_final:
            koji.cancel_task(task.id)
