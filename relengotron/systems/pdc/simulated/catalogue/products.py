"""What are products, their versions and base products?"""

import re
from typing import Any

from productmd.common import RELEASE_SHORT_RE, create_release_id

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.catalogue.push_targets import (
    AllowedPushTargets,
    AllowsAnyOf,
    allowed_names,
    mask,
)
from relengotron.systems.pdc.simulated.fields import Computed, Field, Text
from relengotron.systems.pdc.simulated.filters import AnyOf, Truth
from relengotron.systems.pdc.simulated.references import Choice, Reference
from relengotron.systems.pdc.simulated.resource import EDIT, Resource
from relengotron.systems.pdc.simulated.rows import Row

SHORT = re.compile(RELEASE_SHORT_RE.pattern)
SHORT_FAULT = "Only accept lowercase letters, numbers or -"


def short_name(unique: str = "") -> Field:
    """The field ``short``."""
    return Text(name="short", shape=SHORT, shape_fault=SHORT_FAULT, unique=unique)


def version_key(release: Row) -> list[Any]:
    """Order by short name, then by the numbers of the version."""
    try:
        return [release["short"], *(int(part) for part in release["version"].split("."))]
    except ValueError:
        return [release["short"]]


def releases_of(version: Row, call: Call) -> list[Row]:
    """The releases below a product version."""
    return call.table("releases").where("product_version", version)


def versions_of(product: Row, call: Call) -> list[Row]:
    """The versions of a product, by their id texts."""
    versions = [version for version in call.table("product_versions") if version["product"] is product]
    return sorted(versions, key=lambda version: str(version["product_version_id"]))


def _version_is_active(version: Row, call: Call) -> bool:
    return any(release["active"] for release in releases_of(version, call))


def _product_is_active(product: Row, call: Call) -> bool:
    return any(_version_is_active(version, call) for version in versions_of(product, call))


def _releases(version: Row, call: Call) -> list[str]:
    return [release["release_id"] for release in sorted(releases_of(version, call), key=version_key)]


def _with_short(data: Any, row: Row | None, call: Call) -> Any:
    if "short" in data or call.method == "PATCH":
        return data
    return {**data, "short": data.get("product")}


PRODUCT = Resource(
    path="products",
    table="products",
    model="product",
    verbs=EDIT,
    key=("short",),
    fields=(
        Text(name="name"),
        short_name("product with this short already exists."),
        Computed(name="active", made=_product_is_active),
        Computed(
            name="product_versions",
            made=lambda row, call: [version["product_version_id"] for version in versions_of(row, call)],
        ),
        AllowedPushTargets(default=()),
    ),
    filters={
        "name": AnyOf("name"),
        "short": AnyOf("short"),
        "active": Truth(made=_product_is_active),
        "allowed_push_targets": AllowsAnyOf(),
    },
    order=lambda row: row["short"],
    model_unique={("short",): "Product with this Short already exists."},
    export=lambda row, call: {
        "name": row["name"],
        "short": row["short"],
        "allowed_push_targets": allowed_names(row),
    },
    dated_by=("product", "productversion"),
)

PRODUCT_VERSION = Resource(
    path="product-versions",
    table="product_versions",
    model="productversion",
    verbs=EDIT,
    key=("product_version_id",),
    fields=(
        Text(name="name"),
        short_name(),
        Text(name="version"),
        Computed(name="active", made=_version_is_active),
        Field(name="product_version_id", read_only=True),
        Reference(name="product", table="products", slug="short"),
        Computed(name="releases", made=_releases),
        AllowedPushTargets(default=()),
    ),
    filters={
        "name": AnyOf("name"),
        "short": AnyOf("short"),
        "version": AnyOf("version"),
        "product_version_id": AnyOf("product_version_id"),
        "active": Truth(made=_version_is_active),
        "allowed_push_targets": AllowsAnyOf(),
    },
    order=lambda row: row["product_version_id"],
    unique_sets=(("short", "version"),),
    model_unique={("short", "version"): "Product version with this Short and Version already exists."},
    prepare=_with_short,
    check=lambda values, row, call: mask(values, row, "product"),
    derive=lambda row: {"product_version_id": f"{row['short'].lower()}-{row['version']}"},
    export=lambda row, call: {
        "name": row["name"],
        "short": row["short"],
        "version": row["version"],
        "product_version_id": row["product_version_id"],
        "product": row["product"]["short"],
        "allowed_push_targets": allowed_names(row),
    },
)

BASE_PRODUCT = Resource(
    path="base-products",
    table="base_products",
    model="baseproduct",
    verbs=EDIT,
    key=("base_product_id",),
    fields=(
        Field(name="base_product_id", read_only=True),
        short_name(),
        Text(name="version"),
        Text(name="name", limit=255),
        Choice(name="release_type", table="release_types", slug="short"),
    ),
    filters={name: AnyOf(name) for name in ("base_product_id", "short", "version", "name")},
    order=lambda row: row["base_product_id"],
    unique_sets=(("short", "version", "release_type"), ("name", "version", "release_type")),
    model_unique={("base_product_id",): "Base product with this Base product id already exists."},
    derive=lambda row: {
        "base_product_id": create_release_id(row["short"].lower(), row["version"], row["release_type"]["short"])
    },
    dated_by=("baseproduct",),
)

PRODUCTS = (PRODUCT, PRODUCT_VERSION, BASE_PRODUCT)
