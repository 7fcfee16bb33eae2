"""What does the state of a Koji task mean for a compose?"""

from relengotron.model.outcome import Failed, FailureKind, Running, Watch
from relengotron.sdk.workbench import Workbench
from relengotron.systems.koji.port import Task, TaskState


def unfinished(task: Task, bench: Workbench) -> Running | Failed | None:
    """Running or Failed while there is nothing to fetch; None when the task closed well."""
    if task.state is TaskState.CLOSED:
        return None
    if not task.state.is_final:
        return Running(f"Koji task {task.id} ({task.method}, {task.state})", (Watch("koji.task", str(task.id)),))
    facts = {"koji_task_id": task.id, "state": str(task.state)}
    if task.state is TaskState.CANCELLED:
        return Failed(FailureKind.COMPOSE_FAILED, f"Koji task {task.id} was cancelled", facts)
    return Failed(FailureKind.COMPOSE_FAILED, bench.koji.why_failed(task.id), facts)
