"""How are the content-delivery repositories of a release copied to another?"""

from typing import Any

from relengotron.systems.pdc.simulated.call import Answer, Call
from relengotron.systems.pdc.simulated.catalogue.repositories import REPOSITORY
from relengotron.systems.pdc.simulated.hashing import hash_order
from relengotron.systems.pdc.simulated.refusals import Refusal, bad_request, unknown_fields
from relengotron.systems.pdc.simulated.rows import Row
from relengotron.systems.pdc.simulated.writing import save_new, validated

_ENDS = ("release_id_from", "release_id_to")
_LISTS = ("service", "repo_family", "content_format", "content_category")
_CHOOSING = tuple(f"include_{name}" for name in (*_LISTS, "shadow", "product_id"))


def clone_repositories(call: Call) -> Answer:
    """``POST rpc/content-delivery-repos/clone/``: those in trees that the target release has too."""
    body = call.body if isinstance(call.body, dict) else {}
    if missing := [name for name in _ENDS if name not in body]:
        raise Refusal(400, {name: ["This field is required."] for name in missing})
    if extra := [name for name in hash_order(body) if name not in _ENDS + _CHOOSING]:
        raise unknown_fields(extra)
    source, target = (call.one("releases", "release_id", body[name]) for name in _ENDS)
    trees = {
        (variant["variant_uid"], arch["name"])
        for variant in call.table("variants").where("release", target)
        for arch in variant["arches"]
    }
    chosen = [
        row
        for row in call.table("repositories")
        if row["variant"]["release"] is source
        and (row["variant"]["variant_uid"], row["tree_arch"]["name"]) in trees
        and _is_wanted(row, body)
    ]
    if not chosen:
        raise bad_request("No repos to clone.")
    copies = [_copy(row, target, call) for row in chosen]
    return Answer(200, [REPOSITORY.show(copy, call) for copy in copies], rows=len(copies))


def _copy(row: Row, target: Row, call: Call) -> Row:
    shown = {name: value for name, value in REPOSITORY.show(row, call).items() if name != "id"}
    data = {**shown, "release_id": target["release_id"]}
    return save_new(REPOSITORY, validated(REPOSITORY, data, None, False, call), data, call)


def _is_wanted(row: Row, body: dict[str, Any]) -> bool:
    for name in _LISTS:
        asked = body.get(f"include_{name}")
        if asked and not isinstance(asked, list):
            raise bad_request([f'include_{name}: "{asked}" is not a list'])
        if asked and row[name]["name"] not in asked:
            return False
    shadow, product = body.get("include_shadow"), body.get("include_product_id")
    return (not shadow or row["shadow"] is (shadow in (True, "true", "t", "True", "1"))) and (
        not product or str(row["product_id"]) == str(product)
    )
