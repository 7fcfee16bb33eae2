"""Does the PDC stand-in validate, refuse and keep rows by the same rules everywhere?"""

import json
from typing import Any

import pytest

from tests.unit.systems.pdc.api import Api, Clock, add_components

NIX = {"name": "Nix", "short": "nix", "version": "3", "release_type": "ga"}


def test_every_fault_of_every_field_is_told_at_once(api: Api) -> None:
    body = {"name": "", "short": "Not Short", "version": ["3"], "active": "maybe", "product_version": "nix-9"}

    assert api.refused("POST", "releases/", body) == {
        "name": ["This field may not be blank."],
        "short": ["Only accept lowercase letters, numbers or -"],
        "version": ["Not a valid string."],
        "active": ['"maybe" is not a valid boolean.'],
        "product_version": ["Object with product_version_id=nix-9 does not exist."],
        "release_type": ["This field is required."],
    }


def test_unknown_and_read_only_fields_are_refused_before_anything_else(api: Api) -> None:
    assert api.refused("POST", "releases/", {"hue": 1}) == {"detail": 'Unknown fields: "hue".'}
    answer = api.refused("POST", "releases/", {**NIX, "release_id": "nix-3"})
    assert answer == {"detail": 'Can not update read only fields: "release_id".'}


def test_null_is_refused_where_it_means_nothing(api: Api) -> None:
    assert api.refused("POST", "releases/", {**NIX, "name": None}) == {"name": ["This field may not be null."]}
    assert api.post("releases/", {**NIX, "base_product": None})["base_product"] is None


def test_the_id_of_a_layered_release_names_its_base_product(api: Api) -> None:
    api.post("base-products/", {"name": "Nix", "short": "nix", "version": "3", "release_type": "ga"})

    made = api.post("releases/", {**NIX, "short": "addon", "version": "1.2", "base_product": "nix-3"})

    assert made["release_id"] == "addon-1.2@nix-3"


def test_an_id_follows_the_parts_it_is_made_of(api: Api) -> None:
    api.post("releases/", NIX)

    assert api.patch("releases/nix-3/", {"version": "4"})["release_id"] == "nix-4"
    api.refused("GET", "releases/nix-3/", status=404)


def test_duplicates_have_three_spellings(mageia: Api) -> None:
    add_components(mageia, "mageia-7", "rpm", "zsh")
    again: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("products/", {"short": "mageia", "name": "X"}, {"short": ["product with this short already exists."]}),
        (
            "product-versions/",
            {"name": "M", "short": "mageia", "version": "7", "product": "mageia"},
            {"detail": ["The fields short, version must make a unique set."]},
        ),
        ("global-components/", {"name": "zsh"}, {"detail": ["Global component with this Name already exists."]}),
        (
            "releases/",
            {"name": "M", "short": "mageia", "version": "7", "release_type": "updates"},
            {"detail": ["Release with this Release id already exists."]},
        ),
    ]
    for path, body, answer in again:
        assert mageia.refused("POST", path, body) == answer


def test_a_row_may_be_patched_to_what_it_is(mageia: Api) -> None:
    assert mageia.patch("products/mageia/", {"short": "mageia", "name": "Mageia Linux"})["name"] == "Mageia Linux"


def test_put_needs_the_required_fields_and_resets_the_others(mageia: Api) -> None:
    assert mageia.refused("PUT", "releases/mageia-7/", {"name": "M"})["short"] == ["This field is required."]

    body = {"name": "M", "short": "mageia", "version": "7", "release_type": "ga"}
    row = mageia.call("PUT", "releases/mageia-7/", body).get_json()

    assert (row["product_version"], row["dist_git"], row["name"]) == (None, None, "M")


def test_a_bulk_create_is_all_or_nothing_and_names_the_culprit(mageia: Api) -> None:
    items = [{"name": "ksh"}, {"name": "mksh"}, {"name": "ksh"}, {"name": "csh"}]

    answer = mageia.refused("POST", "global-components/", items)

    assert answer == {
        "id_of_invalid_data": 2,
        "invalid_data": {"name": "ksh"},
        "detail": ["Global component with this Name already exists."],
    }
    assert mageia.get("global-components/")["count"] == 0
    assert mageia.post("global-components/", {"name": "ksh"})["id"] == 1


def test_a_bulk_create_with_a_fault_in_a_field_shows_the_fault_whole(mageia: Api) -> None:
    answer = mageia.refused("POST", "global-components/", [{"name": "ksh"}, {"dist_git_path": "x"}])

    assert answer["detail"] == {"name": ["This field is required."]}
    assert answer["id_of_invalid_data"] == 1


def test_a_bulk_patch_is_all_or_nothing(contained: Api) -> None:
    answer = contained.refused(
        "PATCH", "release-components/", {"1": {"active": False}, "777": {"active": False}}, status=404
    )

    assert (answer["id_of_invalid_data"], answer["detail"]) == ("777", "Not found.")
    assert contained.get("release-components/1/")["active"] is True
    done = contained.patch("release-components/", {"1": {"active": False}, "2": {"name": "dash2"}})
    assert (done["1"]["active"], done["2"]["name"]) == (False, "dash2")


def test_a_renamed_component_is_found_by_its_new_name(contained: Api) -> None:
    contained.patch("release-components/2/", {"name": "dash2"})
    path = "release-component-relationships/?page_size=-1&to_component_name="

    assert len(contained.get(f"{path}dash2")) == 2
    assert contained.get(f"{path}dash") == []


def test_a_bulk_delete_is_all_or_nothing(contained: Api) -> None:
    path = "release-component-relationships/"

    answer = contained.refused("DELETE", path, [1, 2, 99, 3], status=404)

    assert answer == {"id_of_invalid_data": 99, "detail": "Not found."}
    assert [row["id"] for row in contained.get(f"{path}?page_size=-1")] == [1, 2, 3, 4]
    contained.delete(path, [3, "1"])
    assert [row["id"] for row in contained.get(f"{path}?page_size=-1")] == [2, 4]


@pytest.mark.parametrize(
    ("method", "body", "detail"),
    [
        ("DELETE", {"1": 2}, "Bulk delete needs a list of identifiers."),
        ("DELETE", [1.5], '"1.5" is not a valid identifier.'),
        ("PATCH", [1], "Bulk update needs a mapping."),
        ("PATCH", {}, "Partial update with no changes does not make much sense."),
    ],
)
def test_a_bulk_request_of_the_wrong_shape_is_refused(contained: Api, method: str, body: Any, detail: str) -> None:
    assert contained.refused(method, "release-component-relationships/", body) == {"detail": detail}


def test_what_cannot_be_deleted_is_not(mageia: Api) -> None:
    answer = mageia.refused("DELETE", "releases/mageia-7/", status=405)

    assert answer == {"detail": 'Method "DELETE" not allowed.'}


def test_a_deleted_component_takes_its_relationships_along(contained: Api) -> None:
    contained.delete("release-components/2/")

    rows = contained.get("release-component-relationships/?page_size=-1")
    assert [row["to_component"]["name"] for row in rows] == ["zsh", "fish"]


def test_a_wrong_type_lists_the_allowed_ones(contained: Api) -> None:
    body = {"from_component": {"id": 4}, "to_component": {"id": 3}, "type": "Holds"}

    (text,) = contained.refused("POST", "release-component-relationships/", body)["type"]

    assert text.startswith("'Holds' is not allowed value. Use one of 'bundles', 'executes', 'RPMRequires', ")


def test_the_ends_of_a_relationship_are_named_by_id_or_by_release_and_name(contained: Api) -> None:
    path, end = "release-component-relationships/", {"release": "mageia-7-updates", "name": "live"}

    made = contained.post(path, {"from_component": end, "to_component": {"id": 3}, "type": "ImageIncludesRPM"})
    assert (made["id"], made["from_component"]["id"]) == (5, 4)
    body = {"from_component": {"name": "live"}, "to_component": {"id": 33}, "type": "ImageIncludesRPM"}
    assert contained.refused("POST", path, body) == {
        "from_component": {"detail": "Only accept ['id'] or ['release', 'name']"},
        "to_component": {"detail": "ReleaseComponent [{u'id': 33}] doesn't exist"},
    }


def test_changes_are_logged_with_comment_and_moments(mageia: Api, clock: Clock) -> None:
    before = mageia.get("changesets/")["count"]
    clock.now += 3600

    mageia.call("PATCH", "releases/mageia-7/", {"active": False}, PDC_Change_Comment="end of life of 7")
    mageia.call("PATCH", "releases/mageia-7/", {"active": False}, PDC_Change_Comment="nothing changes")

    page = mageia.get("changesets/?comment=of%20life&changed_since=2017-07-14T03:00:00Z&resource=release")
    (change,) = page["results"][0]["changes"]
    assert (page["results"][0]["id"], page["results"][0]["author"]) == (before + 1, "relengotron")
    assert page["results"][0]["committed_on"] == "2017-07-14T03:40:00.250000Z"
    assert json.loads(change["old_value"])["active"] is True
    assert json.loads(change["new_value"])["active"] is False
    assert mageia.get("changesets/")["count"] == before + 1


def test_a_refused_request_leaves_no_trace(mageia: Api) -> None:
    before = mageia.get("changesets/")["count"]
    heard = len(mageia.heard)

    mageia.refused("POST", "global-components/", [{"name": "ksh"}, {"name": "ksh"}])

    assert mageia.get("changesets/")["count"] == before
    assert len(mageia.heard) == heard


def test_the_bus_hears_of_every_row_after_the_commit(api: Api) -> None:
    api.call("POST", "products/", {"short": "nix", "name": "Nix"}, PDC_Change_Comment="msg-7")
    api.patch("products/nix/", {"name": "NixOS"})
    api.post("labels/", {"name": "core", "description": "of the core"})
    api.delete("labels/1/")

    topics = [topic for topic, _ in api.heard]
    assert topics == ["pdc.products.added", "pdc.products.changed", "pdc.labels.added", "pdc.labels.removed"]
    added, changed = api.heard[0][1], api.heard[1][1]
    assert (added["comment"], added["changeset_id"], added["author"]) == ("msg-7", 1, "relengotron")
    assert added["url"] == "http://localhost/rest_api/v1/products/nix/"
    assert (changed["old_value"]["name"], changed["new_value"]["name"]) == ("Nix", "NixOS")
