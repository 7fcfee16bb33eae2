"""Does a cloned release get what the real server copies, and only that?"""

from typing import Any

import pytest

from tests.unit.systems.pdc.api import Api, add_components


@pytest.fixture
def cloned(contained: Api) -> Api:
    contained.patch("release-components/", {"3": {"active": False}, "1": {"dist_git_branch": "special"}})
    body = {"old_release_id": "mageia-7-updates", "version": "8", "include_inactive": "f"}
    contained.post("rpc/release/clone/", {**body, "component_dist_git_branch": "m8"})
    return contained


def test_what_is_not_sent_is_copied_even_the_product_version(cloned: Api) -> None:
    release = cloned.get("releases/mageia-8-updates/")

    assert (release["product_version"], release["dist_git"], release["name"]) == (
        "mageia-7",
        {"branch": "m7"},
        "Mageia",
    )


def test_inactive_components_and_their_relationships_stay_behind(cloned: Api) -> None:
    components = cloned.get("release-components/?release=mageia-8-updates&page_size=-1")
    relationships = cloned.get("release-component-relationships/?from_component_release=mageia-8-updates&page_size=-1")

    assert [row["name"] for row in components] == ["zsh", "dash", "live", "desktop"]
    assert {row["dist_git_branch"] for row in components} == {"m8"}
    assert [(row["from_component"]["name"], row["to_component"]["name"]) for row in relationships] == [
        ("live", "zsh"),
        ("live", "dash"),
        ("desktop", "dash"),
    ]
    assert {row["to_component"]["release"] for row in relationships} == {"mageia-8-updates"}


def test_inactive_components_come_along_unless_told_otherwise(contained: Api) -> None:
    contained.patch("release-components/3/", {"active": False})
    contained.post(
        "rpc/release/clone/", {"old_release_id": "mageia-7-updates", "version": "9", "product_version": None}
    )

    rows = contained.get("release-components/?release=mageia-9-updates&page_size=-1")

    assert [(row["name"], row["active"]) for row in rows][2] == ("fish", False)
    assert {row["dist_git_branch"] for row in rows} == {"m7"}


def test_groups_are_copied_with_the_members_that_were(contained: Api) -> None:
    contained.post("component-group-types/", {"name": "shells"})
    members = [{"id": 1}, {"release": "mageia-7-updates", "name": "fish"}]
    group = {"group_type": "shells", "release": "mageia-7-updates", "description": "all", "components": members}
    contained.post("component-groups/", group)
    contained.patch("release-components/3/", {"active": False})
    contained.post(
        "rpc/release/clone/", {"old_release_id": "mageia-7-updates", "version": "8", "include_inactive": False}
    )

    (row,) = contained.get("component-groups/?release=mageia-8-updates&page_size=-1")

    assert [member["name"] for member in row["components"]] == ["zsh"]


def test_variants_are_copied_all_or_as_chosen(mageia: Api) -> None:
    variant = {"release": "mageia-7", "type": "variant", "arches": ["x86_64", "i586"]}
    mageia.post(
        "release-variants/",
        [{**variant, "id": name, "uid": name, "name": name} for name in ("Server", "Desktop")],
    )
    base = {"old_release_id": "mageia-7", "product_version": None}
    mageia.post("rpc/release/clone/", {**base, "version": "8"})
    mageia.post("rpc/release/clone/", {**base, "version": "9", "include_trees": ["Server.i586"]})
    mageia.post("rpc/release/clone/", {**base, "version": "10", "include_trees": []})

    def trees(release: str) -> list[tuple[str, list[str]]]:
        rows = mageia.get(f"release-variants/?release={release}&page_size=-1")
        return [(row["uid"], row["arches"]) for row in rows]

    assert trees("mageia-8") == [("Desktop", ["i586", "x86_64"]), ("Server", ["i586", "x86_64"])]
    assert trees("mageia-9") == [("Server", ["i586"])]
    assert trees("mageia-10") == []
    answer = mageia.refused("POST", "rpc/release/clone/", {**base, "version": "11", "include_trees": ["Server.arm"]})
    assert answer == {"detail": ["Server.arm is not in release mageia-7."]}
    mageia.refused("GET", "releases/mageia-11/", status=404)


@pytest.mark.parametrize(
    ("body", "status", "answer"),
    [
        ({"version": "9"}, 400, {"__all__": "Missing old_release_id"}),
        ({"old_release_id": "mageia-7"}, 400, {"detail": ["Release with this Release id already exists."]}),
        ({"old_release_id": "mageia-1", "version": "9"}, 404, {"detail": "Not found."}),
        ({"old_release_id": "mageia-7", "hue": 1}, 400, {"detail": 'Unknown fields: "hue".'}),
        (
            {"old_release_id": "mageia-7", "version": "9", "include_inactive": "perhaps"},
            400,
            ["Value [perhaps] of include_inactive is not a boolean"],
        ),
    ],
)
def test_a_clone_that_cannot_be_made_says_why(mageia: Api, body: dict[str, Any], status: int, answer: Any) -> None:
    assert mageia.refused("POST", "rpc/release/clone/", body, status) == answer


def test_components_can_be_copied_into_another_release(contained: Api) -> None:
    body = {"source_release_id": "mageia-7-updates", "target_release_id": "mageia-7"}

    answer = contained.post("rpc/release/clone-components/", body)

    assert answer == {"url": "http://localhost/rest_api/v1/release-components/?release=mageia-7"}
    assert len(contained.get("release-component-relationships/?to_component_release=mageia-7&page_size=-1")) == 4
    again = contained.refused("POST", "rpc/release/clone-components/", body)
    assert again == {"detail": ["Release component with this Release, Name and Type already exists."]}


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"target_release_id": "mageia-7"}, 400, "Missing source_release_id"),
        ({"source_release_id": "x-1", "target_release_id": "mageia-7"}, 404, "Source_release x-1 does not exist"),
        ({"source_release_id": "mageia-7", "target_release_id": "x-1"}, 404, "Target_release x-1 does not exist"),
        (
            {"source_release_id": "mageia-7", "target_release_id": "mageia-7-updates"},
            400,
            "there is no component in source release",
        ),
    ],
)
def test_components_that_cannot_be_copied(mageia: Api, body: dict[str, Any], status: int, detail: str) -> None:
    assert mageia.refused("POST", "rpc/release/clone-components/", body, status) == {"detail": detail}


def test_a_release_at_its_end_of_life_takes_no_components_but_keeps_its_relationships(contained: Api) -> None:
    contained.patch("releases/mageia-7-updates/", {"active": False})

    body = {"name": "ksh", "global_component": "zsh", "release": "mageia-7-updates"}
    answer = contained.refused("POST", "release-components/", body)
    assert answer == {"release": ["Can not create a release component with an inactive release."]}
    assert contained.get("release-component-relationships/?to_component_name=zsh")["count"] == 1
    assert contained.get("release-components/?release=mageia-7-updates&include_inactive_release=1")["count"] == 5
    copy = {"source_release_id": "mageia-7-updates", "target_release_id": "mageia-7-updates"}
    answer = contained.refused("POST", "rpc/release/clone-components/", copy)
    assert answer == {"detail": "can't clone components to an inactive target release mageia-7-updates"}


def test_a_component_has_the_branch_of_its_release_until_it_gets_its_own(mageia: Api) -> None:
    (number,) = add_components(mageia, "mageia-7", "rpm", "zsh")

    before = mageia.get(f"release-components/{number}/")
    after = mageia.patch(f"release-components/{number}/", {"dist_git_branch": "wild"})

    assert before["dist_git_web_url"] == "http://pkgs.example.com/cgit/rpms/zsh?h=m7"
    assert after["dist_git_web_url"] == "http://pkgs.example.com/cgit/rpms/zsh?h=wild"
    assert mageia.get("release-components/?dist_git_branch=m7")["count"] == 0
    answer = mageia.refused("PATCH", f"release-components/{number}/", {"release": "mageia-7"})
    assert answer == {"detail": 'Unknown fields: "release".'}
