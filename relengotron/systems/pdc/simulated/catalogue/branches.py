"""What are component branches and the service levels promised for them?"""

from dataclasses import dataclass
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Computed, Day, Field, Flag, Text
from relengotron.systems.pdc.simulated.filters import DayFilter, Exactly, Truth
from relengotron.systems.pdc.simulated.references import Choice, Reference
from relengotron.systems.pdc.simulated.refusals import FieldFault, Refusal
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.rows import Row, key_of


def slas_of(branch: Row, call: Call) -> list[Row]:
    """The service levels of a branch."""
    return call.table("branch_slas").where("branch", branch)


def is_active(branch: Row, call: Call) -> bool:
    """A branch is active while one of its service levels has not ended."""
    today = call.today.isoformat()
    return any(sla["eol"] >= today for sla in slas_of(branch, call))


def _shown_slas(branch: Row, call: Call) -> list[Row]:
    return [{"id": one["id"], "sla": one["sla"]["name"], "eol": one["eol"]} for one in slas_of(branch, call)]


class _BranchName(Text):
    def parse(self, value: Any, call: Call) -> Any:
        """A string of at most 300 characters."""
        if not isinstance(value, str):
            raise FieldFault(f'A string was not supplied. The type was "{type(value).__name__}".')
        if len(value) > 300:
            raise FieldFault("The string must be less than 300 characters")
        return value


_BRANCH_FIELDS = (
    _BranchName(name="name"),
    Reference(name="global_component", table="global_components"),
    Choice(name="type", table="component_types"),
    Flag(name="critical_path", required=False),
)


@dataclass(frozen=True, kw_only=True)
class _BranchOfSla(Field):
    def parse(self, value: Any, call: Call) -> Any:
        """The columns that name a branch; the branch itself is found or made later."""
        if not isinstance(value, dict):
            raise FieldFault({"detail": [f"Invalid data. Expected a dictionary, but got {type(value).__name__}."]})
        values: Row = {"critical_path": None}
        faults: dict[str, Any] = {}
        for one in _BRANCH_FIELDS:
            try:
                if one.name in value:
                    values[one.name] = one.parse(value[one.name], call)
                elif one.required and call.method != "PATCH":
                    raise FieldFault("This field is required.")
            except FieldFault as fault:
                faults[one.name] = fault.detail
        if faults:
            raise FieldFault(faults)
        return values

    def show(self, row: Row, call: Call) -> Any:
        """The branch without its service levels."""
        branch = row["branch"]
        return {
            "id": branch["id"],
            "name": branch["name"],
            "global_component": branch["global_component"]["name"],
            "type": branch["type"]["name"],
            "critical_path": branch["critical_path"],
            "active": is_active(branch, call),
        }


def _keep_branch_name(values: Row, row: Row | None, call: Call) -> None:
    if row is not None and values.get("name", row["name"]) != row["name"]:
        raise Refusal(400, {"name": ["You may not modify the branch's name due to policy"]})


def _keep_sla_name(values: Row, row: Row | None, call: Call) -> None:
    if row is not None and values.get("name", row["name"]) != row["name"]:
        raise Refusal(400, {"name": ["You may not modify the SLA's name due to policy"]})


def _settle_branch(values: Row, row: Row | None, call: Call) -> None:
    """Replace the naming of a branch by its row, which a new service level may create."""
    if "branch" not in values:
        return
    named = values["branch"]
    if row is not None:
        if any(value is not None and row["branch"][column] is not value for column, value in _compared(named, row)):
            raise Refusal(400, {"branch": ["The branch cannot be modified using this API"]})
        del values["branch"]
        return
    branches = call.table("branches")
    found = branches.same("global_component,name,type", named, None)
    if found is None:
        values["branch"] = branches.add(**named | {"critical_path": bool(named["critical_path"])})
        return
    if named["critical_path"] not in (None, found["critical_path"]):
        fault = "The found branch's critical_path field did not match the supplied value"
        raise Refusal(400, {"branch.critical_path": [fault]})
    values["branch"] = found
    if call.table("branch_slas").same("sla,branch", values, None):
        raise Refusal(400, {"branch": [_already(values["sla"], found)]})


def _compared(named: Row, row: Row) -> list[tuple[str, Any]]:
    """What the request says about the branch; texts are made one object with equal stored ones."""
    stored = row["branch"]
    return [
        (column, stored[column] if value == stored[column] else value)
        for column, value in named.items()
        if not isinstance(value, dict)
    ] + [(column, value) for column, value in named.items() if isinstance(value, dict)]


def _already(sla: Row, branch: Row) -> str:
    component = branch["global_component"]["name"]
    return f'The SLA "{sla["name"]}" tied to the component "{component}" and branch "{branch["name"]}" already exists'


def _remove_slas(branch: Row, call: Call) -> None:
    for one in slas_of(branch, call):
        call.table("branch_slas").remove(one)


def _remove_sla_type(sla: Row, call: Call) -> None:
    for one in [row for row in call.table("branch_slas") if row["sla"] is sla]:
        call.table("branch_slas").remove(one)


def _export_branch(row: Row, call: Call) -> Row:
    return {
        "global_component_name": row["global_component"]["name"],
        "name": row["name"],
        "type_name": row["type"]["name"],
        "slas": [{"name": one["sla"]["name"], "eol": one["eol"]} for one in slas_of(row, call)],
        "critical_path": row["critical_path"],
    }


SLA_TYPE = Resource(
    path="component-sla-types",
    table="sla_types",
    model="sla",
    fields=(
        Field(name="id", read_only=True),
        Text(name="name", limit=300, unique="sla with this name already exists."),
        Text(name="description", limit=100_000, blank=True, default=""),
    ),
    filters={"name": Exactly("name"), "description": Exactly("description")},
    order=lambda row: row["name"],
    check=_keep_sla_name,
    removing=_remove_sla_type,
    export=lambda row, call: {"name": row["name"], "description": row["description"]},
)

BRANCH = Resource(
    path="component-branches",
    table="branches",
    model="componentbranch",
    fields=(
        Field(name="id", read_only=True),
        Reference(name="global_component", table="global_components"),
        _BranchName(name="name"),
        Computed(name="slas", made=_shown_slas),
        Choice(name="type", table="component_types"),
        Computed(name="active", made=is_active),
        Flag(name="critical_path", default=False),
    ),
    filters={
        "name": Exactly("name"),
        "global_component": Exactly("global_component.name"),
        "type": Exactly("type.name"),
        "active": Truth(made=is_active),
        "critical_path": Truth("critical_path"),
    },
    order=lambda row: (row["global_component"]["name"], row["name"], row["type"]["name"]),
    unique_sets=(("global_component", "name", "type"),),
    check=_keep_branch_name,
    removing=_remove_slas,
    export=_export_branch,
)

BRANCH_SLA = Resource(
    path="component-branch-slas",
    table="branch_slas",
    model="slatocomponentbranch",
    fields=(
        Field(name="id", read_only=True),
        Choice(name="sla", table="sla_types"),
        _BranchOfSla(name="branch"),
        Day(name="eol"),
    ),
    filters={
        "sla": Exactly("sla.name"),
        "branch": Exactly("branch.name"),
        "global_component": Exactly("branch.global_component.name"),
        "branch_type": Exactly("branch.type.name"),
        "branch_active": Truth(made=lambda row, call: is_active(row["branch"], call)),
        "branch_critical_path": Truth("branch.critical_path"),
        "eol": DayFilter("eol"),
        "eol_after": DayFilter("eol", since=True),
        "eol_before": DayFilter("eol", until=True),
    },
    order=lambda row: (row["branch"]["global_component"]["name"], row["branch"]["name"]),
    indexes={"branch": key_of("branch"), "sla,branch": key_of("sla", "branch")},
    check=_settle_branch,
    model_unique={("sla", "branch"): "Sla to component branch with this Sla and Branch already exists."},
    export=lambda row, call: {"sla": row["sla"]["name"], "branch": row["branch"]["name"], "eol": row["eol"]},
)

BRANCHES = (SLA_TYPE, BRANCH, BRANCH_SLA)
