"""What does Taskotron tell us: one result, in the shape it had before ResultsDB spoke for itself."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from relengotron.messages.wire import Id, Item, Outcome, Title, Wire, read
from relengotron.model.events import Ignored, ResultStored


class _Task(Wire):
    name: Item
    type: Item | None = None
    item: Item | None = None


class _Result(Wire):
    id: Id | Annotated[str, Field(pattern="^[1-9][0-9]{0,17}$")] | None = None
    outcome: Outcome
    submit_time: Title | None = None
    log_url: str | None = None
    prev_outcome: Outcome | None = None
    job_url: str | None = None
    group_url: str | None = None


class _Stored(Wire):
    task: _Task
    result: _Result


def result_stored(body: Mapping[str, Any]) -> ResultStored | Ignored:
    """Read one result; ids were strings once."""
    stored = read(_Stored, body)
    task, result = stored.task, stored.result
    if task.item is None or task.type is None:
        return Ignored("a result that does not say what was tested")
    result_id = int(result.id) if result.id is not None else None
    return ResultStored(task.name, result.outcome.upper(), task.item, task.type, result_id)
