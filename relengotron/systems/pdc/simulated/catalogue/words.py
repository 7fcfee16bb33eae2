"""Which short lists do the other collections refer to?"""

import re

from relengotron.systems.pdc.simulated.call import Call
from relengotron.systems.pdc.simulated.fields import Computed, Field, Text
from relengotron.systems.pdc.simulated.filters import AnyOf, Contains
from relengotron.systems.pdc.simulated.resource import EDIT, Resource
from relengotron.systems.pdc.simulated.rows import Row


def _remove_label(label: Row, call: Call) -> None:
    components = call.table("global_components")
    for component in list(components):
        kept = [one for one in component["labels"] if one is not label]
        if len(kept) != len(component["labels"]):
            components.change(component, labels=kept)


LABEL = Resource(
    path="labels",
    table="labels",
    model="label",
    fields=(
        Computed(name="url", made=lambda row, call: call.url(f"labels/{row['id']}/")),
        Text(name="name", limit=100, unique="label with this name already exists."),
        Text(name="description", limit=500),
    ),
    filters={"name": AnyOf("name")},
    removing=_remove_label,
    export=lambda row, call: {"name": row["name"], "description": row["description"]},
    literal_export=False,
)

ARCH = Resource(
    path="arches",
    table="arches",
    model="arch",
    verbs=frozenset({"list", "create"}),
    fields=(Text(name="name", limit=50, unique="arch with this name already exists."),),
    announced=False,
    dated_by=("arch",),
)

SIGKEY = Resource(
    path="sigkeys",
    table="sigkeys",
    model="sigkey",
    verbs=EDIT,
    key=("key_id",),
    fields=(
        Text(name="name", null=True, default=None, limit=50),
        Text(
            name="key_id",
            limit=20,
            unique="sig key with this key id already exists.",
            shape=re.compile(r"^[0-9a-fA-F]{8}$"),
            shape_fault="A key id should be 8 hexadecimal characters long",
        ),
        Text(name="description", blank=True, default="", limit=100),
    ),
    filters={"name": AnyOf("name"), "key_id": AnyOf("key_id"), "description": Contains("description", any_case=True)},
    model_unique={("name",): "Sig key with this Name already exists."},
    export=lambda row, call: {"key_id": row["key_id"], "name": row["name"], "description": row["description"]},
)


def _names(path: str, table: str, model: str) -> Resource:
    return Resource(path=path, table=table, model=model, verbs=frozenset({"list"}), fields=(Field(name="name"),))


WORDS = (
    LABEL,
    ARCH,
    SIGKEY,
    _names("variant-types", "variant_types", "varianttype"),
    _names("release-variant-types", "variant_types", "varianttype"),
)
