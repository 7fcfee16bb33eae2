"""What are content-delivery repositories and push targets?"""

from typing import Any

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Field, Flag, Number, Text
from relengotron.systems.pdc.simulated.filters import AnyNumber, AnyOf, Contains, Truth
from relengotron.systems.pdc.simulated.references import Choice
from relengotron.systems.pdc.simulated.refusals import bad_request
from relengotron.systems.pdc.simulated.resource import Resource
from relengotron.systems.pdc.simulated.rows import Row

_LISTED = frozenset({"list"})
_SAME = ("variant", "tree_arch", "service", "repo_family", "content_format", "content_category", "name", "shadow")


class _ReleaseId(Text):
    def show(self, row: Row, call: Call) -> Any:
        """The release of the variant."""
        return row["variant"]["release"]["release_id"]


class _VariantUid(Text):
    def show(self, row: Row, call: Call) -> Any:
        """The uid of the variant."""
        return row["variant"]["variant_uid"]


class _Arch(Text):
    def show(self, row: Row, call: Call) -> Any:
        """The arch of the tree."""
        return row["tree_arch"]["name"]


def _settle_tree(values: Row, row: Row | None, call: Call) -> None:
    """Replace release, variant and arch by the rows they name."""
    wanted = {name: values.pop(name, None) for name in ("release_id", "variant_uid", "arch")}
    if row is not None:
        wanted["release_id"] = wanted["release_id"] or row["variant"]["release"]["release_id"]
        wanted["variant_uid"] = wanted["variant_uid"] or row["variant"]["variant_uid"]
        wanted["arch"] = wanted["arch"] or row["tree_arch"]["name"]
    values["variant"], values["tree_arch"] = find_tree(call, **{name: str(text) for name, text in wanted.items()})
    if row is None and call.table("repositories").same(",".join(_SAME), values, None):
        raise bad_request(
            [
                "Repo with this Variant arch, Service, Repo family, Content format, "
                "Content category, Name and Shadow already exists."
            ]
        )


def find_tree(call: Call, release_id: str, variant_uid: str, arch: str) -> tuple[Row, Row]:
    """The variant and arch of a release, or 400."""
    for variant in call.table("variants"):
        if variant["release"]["release_id"] == release_id and variant["variant_uid"] == variant_uid:
            for one in variant["arches"]:
                if one["name"] == arch:
                    return variant, one
    raise bad_request([f"No VariantArch for release_id={release_id}, variant_uid={variant_uid}, arch={arch}"])


def export_repository(row: Row, call: Call) -> Row:
    """A repository as the change log shows it."""
    return {name: value for name, value in REPOSITORY.show(row, call).items() if name != "id"}


def _remove_target(row: Row, call: Call) -> None:
    for table, column in (("products", "push_targets"), *((name, "masked_push_targets") for name in _MASKING)):
        for owner in list(call.table(table)):
            kept = [target for target in owner[column] if target is not row]
            if len(kept) != len(owner[column]):
                call.table(table).change(owner, **{column: kept})


_MASKING = ("product_versions", "releases", "variants")

REPOSITORY = Resource(
    path="content-delivery-repos",
    table="repositories",
    model="repo",
    fields=(
        Field(name="id", read_only=True),
        _ReleaseId(name="release_id"),
        _VariantUid(name="variant_uid"),
        _Arch(name="arch"),
        Choice(name="service", table="services"),
        Choice(name="repo_family", table="repo_families"),
        Choice(name="content_format", table="content_formats"),
        Choice(name="content_category", table="content_categories"),
        Text(name="name", limit=2000),
        Flag(name="shadow", default=False),
        Number(name="product_id", null=True, default=None),
    ),
    filters={
        "release_id": AnyOf("variant.release.release_id"),
        "variant_uid": AnyOf("variant.variant_uid"),
        "arch": AnyOf("tree_arch.name"),
        **{name: AnyOf(f"{name}.name") for name in ("service", "repo_family", "content_format", "content_category")},
        "name": AnyOf("name"),
        "shadow": Truth("shadow"),
        "product_id": AnyNumber("product_id"),
    },
    check=_settle_tree,
    model_unique={
        _SAME: "Repo with this Variant arch, Service, Repo family, Content format, Content category, "
        "Name and Shadow already exists."
    },
    export=export_repository,
)

PUSH_TARGET = Resource(
    path="push-targets",
    table="push_targets",
    model="pushtarget",
    fields=(
        Field(name="id", read_only=True),
        Text(name="name", limit=100),
        Text(name="description", blank=True, limit=300),
        Choice(name="service", table="services"),
        Text(name="host", blank=True, required=False, default="", limit=255),
    ),
    filters={
        "name": AnyOf("name"),
        "description": AnyOf("description"),
        "host": AnyOf("host"),
        "service": AnyOf("service.name"),
    },
    order=lambda row: row["name"],
    model_unique={("name",): "Push target with this Name already exists."},
    removing=_remove_target,
    export=lambda row, call: {
        "name": row["name"],
        "description": row["description"],
        "host": row["host"],
        "service": row["service"]["name"],
    },
)


def _listed(path: str, table: str, model: str, *columns: str, **filters: Any) -> Resource:
    """A list that only an administrator can change."""
    return Resource(
        path=path,
        table=table,
        model=model,
        verbs=_LISTED,
        fields=tuple(Field(name=column) for column in columns),
        filters=filters,
    )


REPOSITORIES = (
    REPOSITORY,
    PUSH_TARGET,
    _listed("content-delivery-services", "services", "service", "name", "description"),
    _listed(
        "content-delivery-repo-families",
        "repo_families",
        "repofamily",
        "name",
        "description",
        name=Contains("name", any_case=True),
    ),
    _listed("content-delivery-content-categories", "content_categories", "contentcategory", "name", "description"),
    _listed(
        "content-delivery-content-formats", "content_formats", "contentformat", "name", "pdc_endpoint", "description"
    ),
)
