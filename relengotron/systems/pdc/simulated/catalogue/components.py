"""What are components, in general and in a release?"""

from collections.abc import Sequence
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.catalogue.upstreams import Upstream
from relengotron.systems.pdc.simulated.fields import Computed, Field, Flag, Nested, Text
from relengotron.systems.pdc.simulated.filters import AnyOf, Exactly, Made, Matches, Truth
from relengotron.systems.pdc.simulated.hashing import dumps
from relengotron.systems.pdc.simulated.references import Choice, Reference
from relengotron.systems.pdc.simulated.refusals import FieldFault
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.rows import Row, key_of

DIST_GIT = "http://pkgs.example.com/cgit/rpms/"


def dist_git_branch(component: Row) -> str | None:
    """The component's own branch, or that of its release."""
    branch: str | None = component["dist_git_branch"]
    return component["release"]["dist_git"] if branch is None else branch


def _global_url(row: Row, call: Call) -> str:
    return f"{DIST_GIT}{row['dist_git_path'] or row['name']}"


def _component_url(row: Row, call: Call) -> str:
    branch = dist_git_branch(row)
    return _global_url(row["global_component"], call) + (f"?h={branch}" if branch else "")


def _labels(row: Row, call: Call) -> list[Row]:
    return [
        {"url": call.url(f"labels/{one['id']}/"), "name": one["name"], "description": one["description"]}
        for one in sorted(row["labels"], key=lambda label: str(label["name"]))
    ]


def export_global(row: Row, call: Call) -> Row:
    """A global component as the change log shows it."""
    upstream = row["upstream"]
    return {
        "name": row["name"],
        "dist_git_path": row["dist_git_path"],
        "labels": [{"name": one["name"], "description": one["description"]} for one in row["labels"]],
        "upstream": upstream and {name: upstream[name] for name in ("homepage", "scm_type", "scm_url")},
    }


def export_component(row: Row, call: Call) -> Row:
    """A release component as the change log shows it."""
    return {
        **{name: row[name] for name in ("name", "dist_git_branch", "brew_package", "active")},
        "type": row["type"]["name"],
        "release": row["release"]["release_id"],
        "global_component": row["global_component"]["name"],
        "bugzilla_component": None,
    }


def _srpm(row: Row | None) -> str:
    if row is None or not row["srpm"]:
        return "null"
    names = {"release_component_id": row["id"], "release_component_name": row["name"], "srpm_name": row["srpm"]}
    return dumps(names, literal=True)


def _saved_component(row: Row, old: Row | None, data: Any, call: Call) -> None:
    call.record("ReleaseComponentSRPMNameMapping", row["id"], _srpm(old), _srpm(row))


def _on_dist_git_branch(values: Sequence[str], call: Call) -> Matches | None:
    wanted = set() if list(values) == [""] else set(values)
    return lambda row: dist_git_branch(row) in wanted


def rows_named(table: str, call: Call, names: Sequence[str]) -> list[Row]:
    """The rows of a table that is indexed by name."""
    return [row for name in dict.fromkeys(names) for row in call.table(table).where("name", name)]


def remove_component_links(component: Row, call: Call) -> None:
    """Take away the relationships and group memberships of a component that goes."""
    relationships = call.table("relationships")
    for end in ("from_component", "to_component"):
        for row in relationships.where(end, component):
            relationships.remove(row)
    for group in list(call.table("groups")):
        kept = [member for member in group["components"] if member is not component]
        if len(kept) != len(group["components"]):
            call.table("groups").change(group, components=kept)


def _remove_global(row: Row, call: Call) -> None:
    components = call.table("release_components")
    for component in [one for one in components if one["global_component"] is row]:
        remove_component_links(component, call)
        components.remove(component)
    for branch in [one for one in call.table("branches") if one["global_component"] is row]:
        for sla in call.table("branch_slas").where("branch", branch):
            call.table("branch_slas").remove(sla)
        call.table("branches").remove(branch)


class _ActiveRelease(Reference):
    def parse(self, value: Any, call: Call) -> Any:
        """The release, which must be active."""
        release = super().parse(value, call)
        if not release["active"]:
            raise FieldFault("Can not create a release component with an inactive release.")
        return release

    def show(self, row: Row, call: Call) -> Any:
        """Its id and whether it is active."""
        release = row["release"]
        return {"active": release["active"], "release_id": release["release_id"]}


class _Branch(Text):
    def show(self, row: Row, call: Call) -> Any:
        """The branch in force."""
        return dist_git_branch(row)


class _BugzillaComponent(Field):
    def parse(self, value: Any, call: Call) -> Any:
        """There are no Bugzilla components to name."""
        raise FieldFault({"bugzilla_component": f"Bugzilla component with name {value} does not exist."})


GLOBAL_COMPONENT = Resource(
    path="global-components",
    table="global_components",
    model="globalcomponent",
    fields=(
        Field(name="id", read_only=True),
        Text(name="name"),
        Text(name="dist_git_path", required=False, blank=True),
        Computed(name="dist_git_web_url", made=_global_url),
        Computed(name="labels", made=_labels),
        Upstream(name="upstream", required=False, null=True),
    ),
    filters={
        "name": AnyOf("name", lambda call, names: rows_named("global_components", call, names)),
        "dist_git_path": AnyOf("dist_git_path"),
        "label": AnyOf("labels.name"),
        "upstream_homepage": AnyOf("upstream.homepage"),
        "upstream_scm_type": AnyOf("upstream.scm_type"),
        "upstream_scm_url": AnyOf("upstream.scm_url"),
    },
    model_unique={("name",): "Global component with this Name already exists."},
    indexes={"name": key_of("name")},
    derive=lambda row: {"labels": row.get("labels", [])},
    export=export_global,
    literal_export=False,
    removing=_remove_global,
)

RELEASE_COMPONENT = Resource(
    path="release-components",
    table="release_components",
    model="releasecomponent",
    fields=(
        Field(name="id", read_only=True),
        _ActiveRelease(name="release", table="releases", slug="release_id"),
        _BugzillaComponent(name="bugzilla_component", required=False, null=True),
        Text(name="brew_package", required=False, limit=100),
        Reference(name="global_component", table="global_components"),
        Text(name="name"),
        _Branch(name="dist_git_branch", required=False, limit=100),
        Computed(name="dist_git_web_url", made=_component_url),
        Flag(name="active", default=True),
        Choice(
            name="type", table="component_types", default=lambda call: call.table("component_types").find("name", "rpm")
        ),
        Nested(name="srpm", inner="name"),
    ),
    frozen_fields=frozenset({"release"}),
    filters={
        "name": AnyOf("name", lambda call, names: rows_named("release_components", call, names)),
        "release": AnyOf("release.release_id"),
        "global_component": AnyOf("global_component.name"),
        "active": Truth("active"),
        "bugzilla_component": AnyOf("bugzilla_component"),
        "brew_package": AnyOf("brew_package"),
        "type": Exactly("type.name"),
        "dist_git_branch": Made(rule=_on_dist_git_branch),
    },
    extra_params=frozenset({"include_inactive_release"}),
    visible=lambda row, call: row["release"]["active"] or "include_inactive_release" in call.query,
    unique_sets=(("release", "name", "type"),),
    model_unique={("release", "name", "type"): "Release component with this Release, Name and Type already exists."},
    indexes={"name": key_of("name"), "release": key_of("release")},
    export=export_component,
    literal_export=False,
    saved=_saved_component,
    removing=remove_component_links,
)

COMPONENT_TYPE = Resource(
    path="release-component-types",
    table="component_types",
    model="releasecomponenttype",
    verbs=frozenset({"list"}),
    fields=(Text(name="name"), Flag(name="has_osbs")),
)

COMPONENTS = (GLOBAL_COMPONENT, RELEASE_COMPONENT, COMPONENT_TYPE)
