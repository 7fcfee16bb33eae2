"""Is the build root made anew after builds have moved, so that the next ones are built with them?"""

from datetime import datetime

from relengotron.model.outcome import Done, Outcome, Skipped
from relengotron.model.run import EffectRecord, StepState
from relengotron.systems.koji.port import Task, TaskState
from relengotron.workflows.gating.gate import GateRun
from relengotron.workflows.gating.moving import ensure_builds_are_in_target


def ensure_the_repo_is_made_anew(run: GateRun) -> Outcome:
    """A repo of every tag that is to be regenerated was asked for after the builds had moved."""
    if not run.gate.regenerate:
        return Skipped("no tag is to be regenerated")
    moved_at = _moved_at(run)
    if moved_at is None:
        return Skipped("nothing has moved")
    return Done({tag: _asked_for(run, tag, moved_at) for tag in run.gate.regenerate})


def _moved_at(run: GateRun) -> datetime | None:
    step = run.engine.steps.get(ensure_builds_are_in_target.__name__)
    return step.finished_at if step is not None and step.state is StepState.DONE else None


def _coming(run: GateRun, tag: str, moved_at: datetime) -> list[Task]:
    """The tasks that make it now, or have made it."""
    tasks = run.world.koji.repo_tasks(tag, moved_at)
    return [each for each in tasks if each.state is TaskState.CLOSED or not each.state.is_final]


def _asked_for(run: GateRun, tag: str, moved_at: datetime) -> int:
    """The task that makes it: somebody else's if it shows the moved builds, or one of our own."""
    key = f"repo {tag}"
    if run.engine.effect_record(key) is None and (coming := _coming(run, tag, moved_at)):
        return coming[-1].id

    def find(intent: EffectRecord) -> int | None:
        tasks = run.world.koji.find_tasks("newRepo", intent.intended_at, repr(tag))
        return tasks[-1].id if tasks else None

    return run.engine.effect(
        key, f"ask for a new repo of {tag}", do=lambda: run.world.koji.request_repo(tag), find=find
    )
