"""What does the state of a Koji task mean for a compose?"""

from datetime import timedelta

from relengotron.model.outcome import Failed, FailureKind, Running, Watch
from relengotron.sdk.workbench import Workbench
from relengotron.systems.koji.port import Task, TaskState

TASKS_ARE_POLLED = timedelta(hours=1)
"""Whether a task that somebody waits for has ended is asked for all of them together: nobody need look by himself."""


def unfinished(task: Task, bench: Workbench) -> Running | Failed | None:
    """Running or Failed while there is nothing to fetch; None when the task closed well."""
    if task.state is TaskState.CLOSED:
        return None
    if not task.state.is_final:
        words = f"Koji task {task.id} ({task.method}, {task.state})"
        return Running(words, (Watch("koji.task", str(task.id)),), look_again=TASKS_ARE_POLLED)
    facts = {"koji_task_id": task.id, "state": str(task.state)}
    if task.state is TaskState.CANCELLED:
        return Failed(FailureKind.COMPOSE_FAILED, f"Koji task {task.id} was cancelled", facts)
    return Failed(FailureKind.COMPOSE_FAILED, bench.koji.why_failed(task.id), facts)
