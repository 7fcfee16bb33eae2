"""What do people and tools ask of us directly: a push, with everything in it listed."""

from collections.abc import Mapping
from typing import Any

from relengotron.errors import MalformedInput
from relengotron.messages.wire import Alias, BuildNvr, Identifier, Person, ReleaseName, Request, Title, Wire, read
from relengotron.model.events import Ignored, PushRequested, RequestedBatch, RequestedUpdate


class _Update(Wire):
    alias: Alias
    title: Title
    builds: list[BuildNvr]


class _Batch(Wire):
    release: ReleaseName
    request: Request
    updates: list[_Update]


class _PushRequest(Wire):
    request_id: Identifier | None = None
    agent: Person
    resume: bool = False
    batches: list[_Batch]


def push_requested(body: Mapping[str, Any]) -> PushRequested | Ignored:
    """Read our own push request; an update without builds is well-formed and is ejected later, by name."""
    asked = read(_PushRequest, body)
    _refuse_lanes_listed_twice(asked.batches)
    batches = tuple(_batch(batch) for batch in asked.batches if batch.updates)
    if not batches:
        return Ignored("a push request that lists no updates")
    return PushRequested(asked.agent, asked.resume, batches=batches, request_id=asked.request_id)


def _batch(batch: _Batch) -> RequestedBatch:
    updates = {
        update.alias: RequestedUpdate(update.alias, update.title, tuple(dict.fromkeys(update.builds)))
        for update in batch.updates
    }
    return RequestedBatch(batch.release, batch.request, tuple(updates.values()))


def _refuse_lanes_listed_twice(batches: list[_Batch]) -> None:
    seen: set[tuple[str, str]] = set()
    for place, batch in enumerate(batches):
        lane = (batch.release, batch.request)
        if lane in seen:
            raise MalformedInput(f"msg.batches.{place}: the lane {batch.release}/{batch.request} is listed twice")
        seen.add(lane)
