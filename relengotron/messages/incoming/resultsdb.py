"""What does ResultsDB tell us: one result, as its API version 2 shows it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from relengotron.messages.incoming import taskotron
from relengotron.messages.wire import Id, Item, Outcome, Title, Wire, read
from relengotron.model.events import Ignored, ResultStored

COMPOSE_ID: Final = "productmd.compose.id"

_Values = list[Item] | Item | None


class _Testcase(Wire):
    name: Item
    ref_url: str | None = None
    href: str | None = None


class _Data(Wire):
    item: _Values = None
    type: _Values = None
    compose: Annotated[_Values, Field(alias=COMPOSE_ID)] = None


class _Stored(Wire):
    id: Id
    testcase: _Testcase
    outcome: Outcome
    submit_time: Title | None = None
    note: str | None = None
    ref_url: str | None = None
    href: str | None = None
    data: _Data


def result_stored(body: Mapping[str, Any]) -> ResultStored | Ignored:
    """Read one result; until 2018 the same topic carried the shape of Taskotron."""
    if "task" in body and "testcase" not in body:
        return taskotron.result_stored(body)
    stored = read(_Stored, body)
    item, kind = _item(stored.data)
    if item is None or kind is None:
        return Ignored("a result that does not say what was tested")
    return ResultStored(stored.testcase.name, stored.outcome.upper(), item, kind, stored.id)


def _item(data: _Data) -> tuple[str | None, str | None]:
    item, kind = _first(data.item), _first(data.type)
    if item is None and (compose := _first(data.compose)) is not None:
        return compose, "compose"
    return item, kind


def _first(values: _Values) -> str | None:
    if isinstance(values, str):
        return values
    return values[0] if values else None
