"""What contains, needs or is grouped with what?"""

from collections.abc import Sequence
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.catalogue.components import export_component, rows_named
from relengotron.systems.pdc.simulated.fields import Field, Text
from relengotron.systems.pdc.simulated.filters import AnyOf
from relengotron.systems.pdc.simulated.references import Choice, ComponentReference, Many, Reference
from relengotron.systems.pdc.simulated.refusals import Refusal, bad_request
from relengotron.systems.pdc.simulated.resource import FULL, Resource
from relengotron.systems.pdc.simulated.rows import Row, key_of


def export_group(row: Row, call: Call) -> Row:
    """A component group as the change log shows it."""
    return {
        "group_type": row["group_type"]["name"],
        "release": row["release"]["release_id"],
        "description": row["description"],
        "components": [export_component(component, call) for component in row["components"]],
    }


def export_relationship(row: Row, call: Call) -> Row:
    """A relationship as the change log shows it."""
    ends = {
        end: f"{row[end]['release']['release_id']} {row[end]['name']}" for end in ("from_component", "to_component")
    }
    return {"relation_type": row["relation_type"]["name"], **ends}


def _touching(end: str, call: Call, names: Sequence[str]) -> list[Row]:
    table = call.table("relationships")
    components = rows_named("release_components", call, names)
    return [row for component in components for row in table.where(end, component)]


def _check_group(values: Row, row: Row | None, call: Call) -> None:
    merged = {**(row or {"components": []}), **values}
    for component in merged["components"] or []:
        if component["release"] is not merged["release"]:
            raise Refusal(
                400,
                {
                    "detail": f"Not allow to group release_component[{component['name']}] "
                    f"<release[{component['release']['release_id']}]> with other "
                    f"release[{merged['release']['release_id']}]."
                },
            )


class _Members(Many):
    def parse(self, value: Any, call: Call) -> Any:
        """The components of a group."""
        if not isinstance(value, list):
            raise bad_request("components must be a list of objects.")
        one = ComponentReference(name="")
        rows = {row["id"]: row for row in (one.parse(item, call) for item in value)}
        return [rows[number] for number in sorted(rows)]

    def show(self, row: Row, call: Call) -> Any:
        """Ids and names."""
        return [{"id": member["id"], "name": member["name"]} for member in row["components"]]


RELATIONSHIP_TYPE = Resource(
    path="component-relationship-types",
    table="relationship_types",
    model="releasecomponentrelationshiptype",
    verbs=FULL,
    fields=(
        Field(name="id", read_only=True),
        Text(name="name", limit=100, unique="release component relationship type with this name already exists."),
    ),
    filters={"name": AnyOf("name")},
    export=lambda row, call: {"name": row["name"]},
    literal_export=False,
)

RELATIONSHIP = Resource(
    path="release-component-relationships",
    table="relationships",
    model="releasecomponentrelationship",
    fields=(
        Field(name="id", read_only=True),
        Choice(name="type", key="relation_type", table="relationship_types"),
        ComponentReference(name="from_component"),
        ComponentReference(name="to_component"),
    ),
    filters={
        "type": AnyOf("relation_type.name"),
        "from_component_release": AnyOf("from_component.release.release_id"),
        "from_component_name": AnyOf(
            "from_component.name", lambda call, names: _touching("from_component", call, names)
        ),
        "to_component_release": AnyOf("to_component.release.release_id"),
        "to_component_name": AnyOf("to_component.name", lambda call, names: _touching("to_component", call, names)),
    },
    unique_sets=(("relation_type", "from_component", "to_component"),),
    indexes={"from_component": key_of("from_component"), "to_component": key_of("to_component")},
    export=export_relationship,
    literal_export=False,
)

GROUP_TYPE = Resource(
    path="component-group-types",
    table="group_types",
    model="grouptype",
    fields=(
        Field(name="id", read_only=True),
        Text(name="name", limit=100, unique="group type with this name already exists."),
        Text(name="description", default=""),
    ),
    filters={"name": AnyOf("name")},
    export=lambda row, call: {"name": row["name"], "description": row["description"]},
    literal_export=False,
)

GROUP = Resource(
    path="component-groups",
    table="groups",
    model="releasecomponentgroup",
    fields=(
        Field(name="id", read_only=True),
        Reference(name="group_type", table="group_types"),
        Text(name="description"),
        Reference(name="release", table="releases", slug="release_id"),
        _Members(name="components", of=Reference(name="", table="release_components"), default=()),
    ),
    filters={
        "group_type": AnyOf("group_type.name"),
        "release": AnyOf("release.release_id"),
        "release_component": AnyOf("components.name"),
    },
    unique_sets=(("group_type", "release", "description"),),
    check=_check_group,
    export=export_group,
    literal_export=False,
)

RELATIONSHIPS = (RELATIONSHIP_TYPE, RELATIONSHIP, GROUP_TYPE, GROUP)
