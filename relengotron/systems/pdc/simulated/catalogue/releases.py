"""What are releases and their variants?"""

from collections.abc import Sequence
from typing import Any

from productmd.common import create_release_id

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.catalogue.products import short_name, version_key
from relengotron.systems.pdc.simulated.catalogue.push_targets import (
    AllowedPushTargets,
    AllowsAnyOf,
    allowed_names,
    mask,
)
from relengotron.systems.pdc.simulated.fields import Computed, Field, Flag, Nested, Text
from relengotron.systems.pdc.simulated.filters import AnyOf, Contains, Made, Matches, Nullable, Truth
from relengotron.systems.pdc.simulated.hashing import dumps
from relengotron.systems.pdc.simulated.ordering import compose_order
from relengotron.systems.pdc.simulated.references import Choice, Many, Reference
from relengotron.systems.pdc.simulated.refusals import Refusal, bad_request, missing_object
from relengotron.systems.pdc.simulated.resource import EDIT, FULL, Resource
from relengotron.systems.pdc.simulated.rows import Row, key_of

_BINDINGS = (
    ("bugzilla", "ReleaseBugzillaMapping", "bugzilla_product"),
    ("dist_git", "ReleaseDistGitMapping", "dist_git_branch"),
)


def release_id(row: Row) -> str:
    """The id made of short name, version and type, and of the base product for a layered release."""
    base = row.get("base_product")
    above = {}
    if base:
        above = {
            "bp_short": base["short"].lower(),
            "bp_version": base["version"],
            "bp_type": base["release_type"]["short"],
        }
    try:
        return str(create_release_id(row["short"].lower(), row["version"], row["release_type"]["short"], **above))
    except ValueError as broken:
        raise bad_request(str(broken)) from broken


def composes_of(release: Row, call: Call) -> list[Row]:
    """The composes built for a release or linked to it, oldest first."""
    found = [
        compose
        for compose in call.table("composes")
        if not compose["deleted"]
        and (compose["release"] is release or any(linked is release for linked in compose["linked_releases"]))
    ]
    return sorted(found, key=compose_order)


def record_bindings(row: Row, old: Row | None, call: Call) -> None:
    """Log what changed in the dist-git and Bugzilla settings of a release."""
    for column, model, name in _BINDINGS:
        before, after = (_binding(release, column, name) for release in (old, row))
        call.record(model, row["id"], before, after)


def _binding(release: Row | None, column: str, name: str) -> str:
    if release is None or not release[column]:
        return "null"
    return dumps({"release_id": release["release_id"], name: release[column]}, literal=True)


def _export(row: Row, call: Call) -> Row:
    version, above = row["product_version"], row["integrated_with"]
    return {
        "release_id": row["release_id"],
        "short": row["short"],
        "version": row["version"],
        "name": row["name"],
        "release_type": row["release_type"]["short"],
        "active": row["active"],
        "product_version": version and version["product_version_id"],
        "integrated_with": above and above["release_id"],
        "sigkey": row["sigkey"] and row["sigkey"]["key_id"],
        "allow_buildroot_push": row["allow_buildroot_push"],
        "allowed_debuginfo_services": [
            {"name": service["name"], "description": service["description"]}
            for service in row["allowed_debuginfo_services"]
        ],
        "allowed_push_targets": allowed_names(row),
        "base_product": row["base_product"] and row["base_product"]["base_product_id"],
    }


def _has_base_product(values: Sequence[str], call: Call) -> Matches | None:
    match values[-1]:
        case "True":
            return lambda row: row["base_product"] is not None
        case "False":
            return lambda row: row["base_product"] is None
        case _:
            return None


def _saved_variant(row: Row, old: Row | None, data: Any, call: Call) -> None:
    added, removed = data.get("add_arches") or [], data.get("remove_arches") or []
    if not added and not removed:
        return
    if "arches" in data:
        raise bad_request("add_arches/remove_arches can not be combined with arches.")
    arches = {arch["id"]: arch for arch in row["arches"] if arch["name"] not in removed}
    for name in added:
        arch = call.table("arches").find("name", name)
        if arch is None:
            raise missing_object("Arch")
        arches[arch["id"]] = arch
    call.table("variants").change(row, arches=[arches[number] for number in sorted(arches)])


def _refuse_while_repositories_hang(row: Row, call: Call) -> None:
    if any(repository["variant"] is row for repository in call.table("repositories")):
        raise Refusal(
            400,
            {
                "detail": "Cannot delete some instances of model 'Variant' because they are referenced through a "
                "protected foreign key: 'Repo.variant_arch'"
            },
        )


class _Arches(Many):
    def parse(self, value: Any, call: Call) -> Any:
        """The arches; an unknown one is not a fault of the field but of the request."""
        for name in value if isinstance(value, list) else ():
            if call.table("arches").find("name", name) is None:
                raise bad_request(f'No such arch: "{name}".')
        return super().parse(value, call)

    def show(self, row: Row, call: Call) -> Any:
        """The names, sorted."""
        return sorted(super().show(row, call))


RELEASE = Resource(
    path="releases",
    table="releases",
    model="release",
    verbs=EDIT,
    key=("release_id",),
    fields=(
        Field(name="release_id", read_only=True),
        short_name(),
        Text(name="version"),
        Text(name="name", limit=255),
        Reference(name="base_product", table="base_products", slug="base_product_id", null=True, default=None),
        Flag(name="active", default=True),
        Reference(name="product_version", table="product_versions", slug="product_version_id", null=True, default=None),
        Choice(name="release_type", table="release_types", slug="short"),
        Computed(
            name="compose_set",
            made=lambda row, call: [compose["compose_id"] for compose in composes_of(row, call)],
        ),
        Reference(name="integrated_with", table="releases", slug="release_id", null=True, default=None),
        Reference(name="sigkey", table="sigkeys", slug="key_id", null=True, default=None),
        Flag(name="allow_buildroot_push", default=False),
        Many(name="allowed_debuginfo_services", of=Choice(name="", table="services"), default=()),
        AllowedPushTargets(default=()),
        Nested(name="bugzilla", inner="product"),
        Nested(name="dist_git", inner="branch"),
    ),
    filters={
        "release_id": AnyOf("release_id"),
        "name": AnyOf("name"),
        "short": AnyOf("short"),
        "version": AnyOf("version"),
        "base_product": AnyOf("base_product.base_product_id"),
        "has_base_product": Made(rule=_has_base_product),
        "release_type": AnyOf("release_type.short"),
        "product_version": AnyOf("product_version.product_version_id"),
        "integrated_with": Nullable("integrated_with.release_id"),
        "active": Truth("active"),
        "sigkey": AnyOf("sigkey.key_id"),
        "allow_buildroot_push": Truth("allow_buildroot_push"),
        "allowed_debuginfo_services": AnyOf("allowed_debuginfo_services.name"),
        "allowed_push_targets": AllowsAnyOf(),
    },
    order=version_key,
    unique_sets=(("short", "version", "release_type", "base_product"),),
    model_unique={("release_id",): "Release with this Release id already exists."},
    indexes={"product_version": key_of("product_version")},
    check=lambda values, row, call: mask(values, row, "product_version"),
    derive=lambda row: {"release_id": release_id(row)},
    export=_export,
    saved=lambda row, old, data, call: record_bindings(row, old, call),
    dated_by=("release", "baseproduct", "productversion"),
)

VARIANT = Resource(
    path="release-variants",
    table="variants",
    model="variant",
    verbs=FULL,
    key=("release.release_id", "variant_uid"),
    fields=(
        Reference(name="release", table="releases", slug="release_id"),
        Text(name="id", key="variant_id", limit=100),
        Text(name="uid", key="variant_uid"),
        Text(name="name", key="variant_name", limit=300),
        Choice(name="type", key="variant_type", table="variant_types"),
        _Arches(name="arches", of=Reference(name="", table="arches"), required=True),
        Text(name="variant_version", null=True, required=False, limit=100),
        Text(name="variant_release", null=True, required=False, limit=100),
        AllowedPushTargets(default=()),
    ),
    filters={
        "release": AnyOf("release.release_id"),
        "id": AnyOf("variant_id"),
        "uid": AnyOf("variant_uid"),
        "name": AnyOf("variant_name"),
        "type": AnyOf("variant_type.name"),
        "variant_version": AnyOf("variant_version"),
        "variant_release": AnyOf("variant_release"),
        "allowed_push_targets": AllowsAnyOf(),
    },
    extra_fields=frozenset({"add_arches", "remove_arches"}),
    order=lambda row: row["variant_uid"],
    unique_sets=(("release", "variant_uid"),),
    model_unique={("release", "variant_uid"): "Variant with this Release and Variant uid already exists."},
    indexes={"release": key_of("release")},
    check=lambda values, row, call: mask(values, row, "release"),
    export=lambda row, call: {
        "release": row["release"]["release_id"],
        "variant_id": row["variant_id"],
        "variant_uid": row["variant_uid"],
        "variant_name": row["variant_name"],
        "variant_type": row["variant_type"]["name"],
        "arches": sorted(arch["name"] for arch in row["arches"]),
        "allowed_push_targets": allowed_names(row),
    },
    saved=_saved_variant,
    removing=_refuse_while_repositories_hang,
    dated_by=("variant", "release"),
)

RELEASE_TYPE = Resource(
    path="release-types",
    table="release_types",
    model="releasetype",
    verbs=frozenset({"list"}),
    fields=(Text(name="short"), Text(name="name"), Text(name="suffix", blank=True)),
    filters={"name": Contains("name", any_case=True), "short": AnyOf("short")},
    order=lambda row: row["short"],
)

RELEASES = (RELEASE, VARIANT, RELEASE_TYPE)
