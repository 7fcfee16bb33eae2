"""What does PDC tell us: that it will say something else about what contains what.

A message names one row of a resource, as PDC's API shows it, before and after the change: ``old_value``, ``new_value``
(pdc/apps/common/viewsets.py in PDC's source, 2018). Copying a release and importing a compose tell of no relationship.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeVar

from pydantic import BeforeValidator

from relengotron.errors import MalformedInput
from relengotron.messages.limits import plain_json
from relengotron.messages.wire import Identifier, Item, Wire, read
from relengotron.model.events import Ignored, RelationsChanged

Row = TypeVar("Row", bound=Wire)

PACKAGE: Final = "rpm"
"""The type of the components that others contain; of all other types are those that contain them."""


def _opened(value: object) -> object:
    """PDC's list of changes keeps its values as JSON in a string; on the bus they have come both ways."""
    return plain_json(value) if isinstance(value, str) else value


class _End(Wire):
    name: Item
    release: Identifier


class _Relationship(Wire):
    type: Item
    from_component: _End
    to_component: _End


class _Release(Wire):
    release_id: Identifier


class _Component(Wire):
    name: Item
    release: _Release
    type: Item


class _Type(Wire):
    name: Item


class _RelationshipChange(Wire):
    old_value: Annotated[_Relationship | None, BeforeValidator(_opened)] = None
    new_value: Annotated[_Relationship | None, BeforeValidator(_opened)] = None


class _ComponentChange(Wire):
    old_value: Annotated[_Component | None, BeforeValidator(_opened)] = None
    new_value: Annotated[_Component | None, BeforeValidator(_opened)] = None


class _TypeChange(Wire):
    old_value: Annotated[_Type | None, BeforeValidator(_opened)] = None
    new_value: Annotated[_Type | None, BeforeValidator(_opened)] = None


def relationship_changed(body: Mapping[str, Any]) -> RelationsChanged:
    """Read which package is contained in something now, or no longer."""
    change = read(_RelationshipChange, body)
    rows = _told(change.old_value, change.new_value)
    return RelationsChanged(
        _the_only([row.from_component.release for row in rows]),
        _each_once(row.to_component.name for row in rows),
        _each_once(row.type for row in rows),
    )


def component_changed(body: Mapping[str, Any]) -> RelationsChanged | Ignored:
    """Read which component is another one now, or gone, and its relationships with it."""
    change = read(_ComponentChange, body)
    rows = _told(change.old_value, change.new_value)
    if len(rows) > 1 and rows[0] == rows[1]:
        return Ignored("a change of a component that leaves its name, its type and its release as they are")
    release = _the_only([row.release.release_id for row in rows])
    if any(row.type != PACKAGE for row in rows):
        return RelationsChanged(release)
    return RelationsChanged(release, _each_once(row.name for row in rows))


def relation_type_changed(body: Mapping[str, Any]) -> RelationsChanged:
    """Read that a type of relationship has another name, or is gone, and every relationship of it."""
    change = read(_TypeChange, body)
    _told(change.old_value, change.new_value)
    return RelationsChanged(None)


def _told(*values: Row | None) -> list[Row]:
    told = [value for value in values if value is not None]
    if not told:
        raise MalformedInput("msg: has neither old_value nor new_value")
    return told


def _the_only(releases: Sequence[str]) -> str | None:
    return releases[0] if len(set(releases)) == 1 else None


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
