"""Do repositories, push targets and labels follow what is above them?"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.unit.systems.pdc.api import Api

REPOSITORY = {
    "release_id": "mageia-7",
    "variant_uid": "Server",
    "arch": "x86_64",
    "service": "pulp",
    "repo_family": "dist",
    "content_format": "rpm",
    "content_category": "binary",
    "name": "mageia-7-server",
}


@pytest.fixture
def served(mageia: Api) -> Api:
    variant: dict[str, Any] = {"id": "Server", "uid": "Server", "name": "Server", "type": "variant"}
    for release, arches in (("mageia-7", ["x86_64", "i586"]), ("mageia-7-updates", ["i586"])):
        mageia.post("release-variants/", {**variant, "release": release, "arches": arches})
    mageia.post("content-delivery-repos/", [REPOSITORY, {**REPOSITORY, "arch": "i586", "product_id": 9}])
    return mageia


def test_a_repository_lies_in_a_tree_of_its_release_and_is_there_once(served: Api) -> None:
    text = (
        "Repo with this Variant arch, Service, Repo family, Content format, Content category, Name and Shadow already"
    )
    assert served.refused("POST", "content-delivery-repos/", REPOSITORY) == {"detail": [f"{text} exists."]}
    answer = served.refused("POST", "content-delivery-repos/", {**REPOSITORY, "arch": "s390x"})
    assert answer == {"detail": ["No VariantArch for release_id=mageia-7, variant_uid=Server, arch=s390x"]}
    assert served.post("content-delivery-repos/", {**REPOSITORY, "shadow": True})["product_id"] is None


def test_repositories_are_found_and_changed(served: Api) -> None:
    assert served.get("content-delivery-repos/?arch=i586&product_id=9&shadow=0&service=pulp&service=ftp")["count"] == 1
    assert served.patch("content-delivery-repos/1/", {"service": "ftp"})["service"] == "ftp"
    assert served.patch("content-delivery-repos/2/", {"arch": "i586", "name": "other"})["name"] == "other"
    served.delete("content-delivery-repos/2/")
    assert served.get("content-delivery-repos/?release_id=mageia-7")["count"] == 1


def test_repositories_are_copied_where_the_other_release_has_their_tree(served: Api) -> None:
    body = {"release_id_from": "mageia-7", "release_id_to": "mageia-7-updates"}

    copies = served.call("POST", "rpc/content-delivery-repos/clone/", body)

    assert copies.status_code == 200
    assert [(row["release_id"], row["arch"]) for row in copies.get_json()] == [("mageia-7-updates", "i586")]
    nothing = served.refused("POST", "rpc/content-delivery-repos/clone/", {**body, "include_service": ["rhn"]})
    assert nothing == {"detail": "No repos to clone."}
    assert served.refused("POST", "rpc/repos/clone/", {}) == {
        "release_id_from": ["This field is required."],
        "release_id_to": ["This field is required."],
    }


def test_push_targets_are_inherited_and_can_only_be_narrowed(mageia: Api) -> None:
    mageia.post("push-targets/", {"name": "world", "description": "", "service": "ftp"})
    mageia.post("push-targets/", {"name": "lab", "description": "", "service": "rhn", "host": "http://lab.example.org"})
    mageia.patch("products/mageia/", {"allowed_push_targets": ["world", "lab"]})

    mageia.patch("product-versions/mageia-7/", {"allowed_push_targets": ["lab"]})

    assert mageia.get("releases/mageia-7/")["allowed_push_targets"] == ["lab"]
    answer = mageia.refused("PATCH", "releases/mageia-7/", {"allowed_push_targets": ["world"]})
    assert answer == {"detail": "Push targets must be allowed in parent product_version: [u'world']"}
    assert mageia.get("products/?allowed_push_targets=world")["count"] == 1
    assert mageia.get("releases/?allowed_push_targets=lab")["count"] == 2
    mageia.delete("push-targets/2/")
    assert mageia.get("releases/mageia-7/")["allowed_push_targets"] == []
    again = mageia.refused("POST", "push-targets/", {"name": "world", "description": "x", "service": "ftp"})
    assert again == {"detail": ["Push target with this Name already exists."]}


def test_components_wear_labels_that_exist(mageia: Api) -> None:
    mageia.post("global-components/", {"name": "zsh", "upstream": {"homepage": "http://zsh.example.org"}})
    label = mageia.post("labels/", {"name": "core", "description": "of the core"})

    assert mageia.post("global-components/1/labels/", {"name": "core"}) == label
    assert mageia.refused("POST", "global-components/1/labels/", {"name": "x"}, 404) == {"detail": "Not found."}
    assert mageia.refused("POST", "global-components/1/labels/", {}) == {"name": ["This field is required."]}
    assert mageia.get("global-components/?label=core")["results"][0]["labels"] == [label]
    assert mageia.get("global-components/1/labels/?page_size=-1") == [label]
    mageia.delete("global-components/1/labels/1/")
    assert mageia.get("global-components/1/")["labels"] == []
    text = "Can not be deleted since Label[1] is not in GlobalComponent[1]."
    assert mageia.refused("DELETE", "global-components/1/labels/1/", status=404) == {"detail": text}


def test_many_writers_at_once_lose_nothing(api: Api) -> None:
    def write(number: int) -> int:
        answer = api.call("POST", "global-components/", [{"name": f"p{number}-{each}"} for each in range(10)])
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(20))) == {201}

    rows = api.get("global-components/?page_size=-1")
    assert [row["id"] for row in rows] == list(range(1, 201))
    assert len({row["name"] for row in rows}) == 200
