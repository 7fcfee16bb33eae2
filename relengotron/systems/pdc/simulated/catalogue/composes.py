"""What are composes, where do their trees lie, and which rpms do people override?"""

from collections.abc import Sequence
from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Computed, Field, Flag, Text
from relengotron.systems.pdc.simulated.filters import AnyCase, AnyOf, Contains, Made, Matches, Truth
from relengotron.systems.pdc.simulated.naming import parse_nvr, parse_nvra
from relengotron.systems.pdc.simulated.ordering import compose_order
from relengotron.systems.pdc.simulated.references import Choice, Many, Reference
from relengotron.systems.pdc.simulated.refusals import FieldFault, Refusal, bad_request
from relengotron.systems.pdc.simulated.resource import READ, Resource
from relengotron.systems.pdc.simulated.rows import Row, key_of


def trees_of(compose: Row, call: Call) -> list[Row]:
    """The variant and arch pairs of a compose."""
    return call.table("compose_trees").where("compose", compose)


def _sigkeys(compose: Row, call: Call) -> list[str | None]:
    kept = call.table("compose_rpms").where("compose", compose)
    keys: list[str | None] = sorted({row["sigkey"]["key_id"] for row in kept if row["sigkey"]})
    return [*keys, None] if any(row["sigkey"] is None for row in kept) else keys


def _testing(compose: Row, call: Call) -> dict[str, dict[str, str]]:
    result: dict[str, dict[str, str]] = {}
    for tree in trees_of(compose, call):
        result.setdefault(tree["variant_uid"], {})[tree["arch"]["name"]] = tree["status"]["name"]
    return result


def _composes_with(call: Call, **wanted: str) -> Matches:
    found = {
        row["compose"]["id"]
        for row in call.table("compose_rpms")
        if all(row["rpm"][column] == value for column, value in wanted.items())
    }
    return lambda row: row["id"] in found


def _by_nvr(values: Sequence[str], call: Call) -> Matches | None:
    if not values[-1]:
        return None
    name = parse_nvr(values[-1])
    if name is None:
        raise bad_request([f"Invalid NVR: {values[-1]}"])
    return _composes_with(call, **{part: name[part] for part in ("name", "version", "release")})


def _by_nvra(values: Sequence[str], call: Call) -> Matches | None:
    if not values[-1]:
        return None
    name = parse_nvra(values[-1])
    if name is None:
        raise bad_request([f"Invalid NVRA: {values[-1]}"])
    return _composes_with(call, **{part: name[part] for part in ("name", "version", "release", "arch")})


_RPM_PARAMS = {
    "rpm_name": "name",
    "srpm_name": "srpm_name",
    "rpm_version": "version",
    "rpm_release": "release",
    "rpm_arch": "arch",
}


def _by_rpm_columns(call: Call) -> Matches | None:
    """All ``rpm_…`` parameters have to hold for one and the same rpm."""
    wanted = {column: call.query[param].lower() for param, column in _RPM_PARAMS.items() if call.query.get(param)}
    if not wanted:
        return None
    found = {
        row["compose"]["id"]
        for row in call.table("compose_rpms")
        if all(row["rpm"][column].lower() == value for column, value in wanted.items())
    }
    return lambda row: row["id"] in found


class _LinkedReleases(Many):
    def parse(self, value: Any, call: Call) -> Any:
        """The linked releases."""
        if not isinstance(value, list):
            raise FieldFault("Expected a list.")
        return super().parse(value, call)


class _TreeVariant(Field):
    def parse(self, value: Any, call: Call) -> Any:
        """The uid of a variant of the compose named beside it."""
        compose_id = call.body.get("compose") if isinstance(call.body, dict) else None
        compose = call.table("composes").find("compose_id", compose_id)
        if compose is None or all(tree["variant_uid"] != value for tree in trees_of(compose, call)):
            raise FieldFault(f"Variant {value} does not exist in compose {compose_id}")
        return value


def _prepare_tree(data: Any, row: Row | None, call: Call) -> Any:
    """The checks that come before those of the fields."""
    if row is not None:
        return data
    if "compose" not in data:
        raise bad_request("Missing compose")
    if call.table("composes").find("compose_id", data["compose"]) is None:
        raise Refusal(404, {"detail": f"Compose {data['compose']} does not existed"})
    if "variant" not in data:
        raise bad_request("Missing variant")
    return data if data.get("synced_content") else {**data, "synced_content": ["binary", "debug", "source"]}


def _check_tree(values: Row, row: Row | None, call: Call) -> None:
    if row is not None:
        return
    if not any(
        tree["variant_uid"] == values["variant"] and tree["arch"] is values["arch"]
        for tree in trees_of(values["compose"], call)
    ):
        raise bad_request([f"Arch {values['arch']['name']} does not exist in given compose/variant branch"])


def _check_linked(values: Row, row: Row | None, call: Call) -> None:
    if row is not None and any(linked is row["release"] for linked in values.get("linked_releases", [])):
        raise bad_request(["Can not link to the release for which the compose was built."])


COMPOSE = Resource(
    path="composes",
    table="composes",
    model="compose",
    verbs=READ | {"patch", "delete"},
    key=("compose_id",),
    fields=(
        Text(name="compose_id", read_only=True),
        Field(name="compose_date", read_only=True),
        Choice(name="compose_type", table="compose_types", read_only=True),
        Field(name="compose_respin", read_only=True),
        Reference(name="release", table="releases", slug="release_id", read_only=True),
        Field(name="compose_label", read_only=True),
        Flag(name="deleted", read_only=True),
        Computed(
            name="rpm_mapping_template",
            made=lambda row, call: call.url(f"composes/{row['compose_id']}/rpm-mapping/" + "{{package}}/"),
        ),
        Computed(name="sigkeys", made=_sigkeys),
        Choice(name="acceptance_testing", table="testing_states"),
        _LinkedReleases(name="linked_releases", of=Reference(name="", table="releases", slug="release_id")),
        Computed(name="rtt_tested_architectures", made=_testing),
    ),
    filters={
        "release": AnyCase("release.release_id"),
        "compose_id": AnyCase("compose_id"),
        "compose_type": AnyCase("compose_type.name"),
        "acceptance_testing": AnyOf("acceptance_testing.name"),
        "rpm_nvr": Made(rule=_by_nvr),
        "rpm_nvra": Made(rule=_by_nvra),
        "deleted": Truth("deleted"),
        "compose_date": AnyOf("compose_date"),
        "compose_respin": AnyOf("compose_respin"),
        "compose_label": AnyOf("compose_label"),
        **{param: Made(rule=lambda values, call: _by_rpm_columns(call)) for param in _RPM_PARAMS},
    },
    order=compose_order,
    check=_check_linked,
    announced=False,
    model_unique={("compose_id",): "Compose with this Compose id already exists."},
)

TREE_LOCATION = Resource(
    path="compose-tree-locations",
    table="tree_locations",
    model="composetree",
    verbs=READ | {"create", "patch", "delete"},
    key=("compose.compose_id", "variant", "arch.name", "location.short", "scheme.name"),
    fields=(
        Reference(name="compose", table="composes", slug="compose_id"),
        _TreeVariant(name="variant"),
        Reference(name="arch", table="arches"),
        Choice(name="location", table="locations", slug="short"),
        Choice(name="scheme", table="schemes"),
        Text(name="url", limit=255),
        Many(name="synced_content", of=Choice(name="", table="content_categories"), required=True),
    ),
    filters={
        "compose": AnyCase("compose.compose_id"),
        "variant": AnyCase("variant"),
        "arch": AnyCase("arch.name"),
        "location": AnyCase("location.short"),
        "scheme": AnyCase("scheme.name"),
    },
    patchable=frozenset({"scheme", "url", "synced_content"}),
    order=lambda row: (
        row["compose"]["id"],
        row["variant"],
        row["arch"]["id"],
        row["location"]["id"],
        row["scheme"]["id"],
    ),
    unique_sets=(("compose", "variant", "arch", "location", "scheme"),),
    prepare=_prepare_tree,
    check=_check_tree,
)

OVERRIDE = Resource(
    path="overrides/rpm",
    table="overrides",
    model="overriderpm",
    verbs=frozenset({"list", "create", "delete"}),
    fields=(
        Field(name="id", read_only=True),
        Reference(name="release", table="releases", slug="release_id"),
        Text(name="variant"),
        Text(name="arch", limit=20),
        Text(name="srpm_name"),
        Text(name="rpm_name"),
        Text(name="rpm_arch", limit=20),
        Flag(name="include"),
        Text(name="comment", blank=True, default=""),
        Flag(name="do_not_delete", default=False),
    ),
    filters={
        "release": AnyCase("release.release_id"),
        "comment": Contains("comment", any_case=True),
        **{name: AnyOf(name) for name in ("arch", "variant", "srpm_name", "rpm_name", "rpm_arch")},
    },
    unique_sets=(("release", "variant", "arch", "rpm_name", "rpm_arch"),),
    announced=False,
    indexes={"release": key_of("release")},
    export=lambda row, call: {
        "release_id": row["release"]["release_id"],
        **{name: row[name] for name in ("variant", "arch", "srpm_name", "rpm_name", "rpm_arch")},
        **{name: row[name] for name in ("include", "comment", "do_not_delete")},
    },
)

COMPOSES = (COMPOSE, TREE_LOCATION, OVERRIDE)
