"""Does the PDC stand-in import composes and answer for them like the real server?"""

import copy
from typing import Any

import pytest

from tests.unit.systems.pdc.api import Api

ARCHES = ("x86_64", "i586")


def composeinfo(release: str = "7", date: str = "20190701", respin: int = 0, kind: str = "nightly") -> dict[str, Any]:
    suffix = {"nightly": ".n", "test": ".t", "production": ""}[kind]
    described = {"date": date, "id": f"Mageia-{release}-{date}{suffix}.{respin}", "respin": respin, "type": kind}
    variants: dict[str, Any] = {
        name: {"arches": list(ARCHES), "id": name, "name": name, "paths": {}, "type": "variant", "uid": name}
        for name in ("Server", "Desktop")
    }
    named = {"name": "Mageia", "short": "mageia", "type": "ga", "version": release, "internal": False}
    return {
        "header": {"type": "productmd.composeinfo", "version": "1.2"},
        "payload": {"compose": described, "release": named, "variants": variants},
    }


def rpms(info: dict[str, Any], *names: str, variant: str = "Server", arch: str = "x86_64") -> dict[str, Any]:
    """A manifest with a source, a binary and a -doc package of each name-version-release."""
    tree: dict[str, Any] = {}
    for nvr in names:
        name, version, release = nvr.rsplit("-", 2)
        source = f"{name}-0:{version}-{release}.src"
        tree[source] = {
            source: {"category": "source", "path": f"S/{nvr}.src.rpm", "sigkey": None},
            f"{name}-0:{version}-{release}.{arch}": _binary(f"{nvr}.{arch}"),
            f"{name}-doc-0:{version}-{release}.{arch}": _binary(f"{name}-doc-{version}-{release}.{arch}"),
        }
    return {
        "header": {"type": "productmd.rpms", "version": "1.2"},
        "payload": {"compose": info["payload"]["compose"], "rpms": {variant: {arch: tree}}},
    }


def _binary(nvra: str) -> dict[str, Any]:
    return {"category": "binary", "path": f"Server/x86_64/os/{nvra}.rpm", "sigkey": "deadbeef"}


def import_compose(api: Api, *names: str, **facts: Any) -> str:
    info = composeinfo(**facts)
    body = {
        "release_id": f"mageia-{facts.get('release', '7')}",
        "composeinfo": info,
        "rpm_manifest": rpms(info, *names),
    }
    return str(api.post("compose-rpms/", body)["compose"])


@pytest.fixture
def composed(api: Api) -> Api:
    api.post("rpc/release/import-from-composeinfo/", composeinfo())
    import_compose(api, "zsh-5.7.1-1.mga7", "dash-0.5.10-2.mga7")
    return api


def test_an_import_makes_product_version_release_and_variants_once(api: Api) -> None:
    for _ in range(2):
        answer = api.post("rpc/release/import-from-composeinfo/", composeinfo())

    assert answer == {"url": "/rest_api/v1/releases/mageia-7/"}
    assert api.get("products/mageia/")["product_versions"] == ["mageia-7"]
    assert api.get("product-versions/mageia-7/")["releases"] == ["mageia-7"]
    variants = api.get("release-variants/?page_size=-1")
    assert [(row["uid"], row["arches"]) for row in variants] == [
        ("Desktop", ["i586", "x86_64"]),
        ("Server", ["i586", "x86_64"]),
    ]
    assert api.get("changesets/")["count"] == 1


def test_a_broken_composeinfo_is_refused_with_the_reason(api: Api) -> None:
    info = composeinfo()
    del info["payload"]["compose"]["date"]

    answer = api.refused("POST", "rpc/release/import-from-composeinfo/", info)

    assert answer == {"detail": "Error parsing productmd metadata.", "reason": "Missing key date"}


def test_an_import_with_missing_and_illegal_keys_names_both(composed: Api) -> None:
    answer = composed.refused("POST", "compose-images/", {"release_id": "mageia-7", "hue": 1, "composeinfo": {}})

    assert answer == {"hue": ["This field is illegal"], "image_manifest": ["This field is required"]}


def test_manifests_of_different_composes_are_refused(composed: Api) -> None:
    info = composeinfo(respin=1)
    body = {"release_id": "mageia-7", "composeinfo": info, "rpm_manifest": rpms(composeinfo(respin=2), "zsh-1-1")}

    answer = composed.refused("POST", "compose-rpms/", body)

    assert answer == {"detail": ["Inconsistent data: different compose id in composeinfo and rpms file."]}
    assert composed.get("composes/")["count"] == 1


def test_a_repeated_import_counts_again_but_adds_nothing(composed: Api) -> None:
    import_compose(composed, "zsh-5.7.1-1.mga7", "dash-0.5.10-2.mga7")

    assert composed.get("rpms/")["count"] == 6
    assert composed.get("composes/")["count"] == 1


def test_a_compose_tells_its_keys_trees_and_date(composed: Api) -> None:
    compose = composed.get("composes/Mageia-7-20190701.n.0/")

    assert compose["sigkeys"] == ["deadbeef", None]
    assert compose["compose_date"] == "2019-07-01"
    untested = dict.fromkeys(ARCHES, "untested")
    assert compose["rtt_tested_architectures"] == {"Server": untested, "Desktop": untested}
    assert composed.get("releases/mageia-7/")["compose_set"] == ["Mageia-7-20190701.n.0"]


def test_composes_are_ordered_by_date_type_and_respin(composed: Api) -> None:
    for facts in ({"date": "20190702"}, {"respin": 1}, {"kind": "test"}, {"date": "20190630", "respin": 5}):
        import_compose(composed, "zsh-5.8-1.mga7", **facts)

    listed = [row["compose_id"] for row in composed.get("composes/?page_size=-1")]

    assert listed == [
        "Mageia-7-20190630.n.5",
        "Mageia-7-20190701.t.0",
        "Mageia-7-20190701.n.0",
        "Mageia-7-20190701.n.1",
        "Mageia-7-20190702.n.0",
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("rpm_nvr=zsh-doc-5.7.1-1.mga7", 1),
        ("rpm_nvr=zsh-5.7.2-1.mga7", 0),
        ("rpm_nvra=dash-0.5.10-2.mga7.src", 1),
        ("rpm_nvra=dash-0.5.10-2.mga7.i586", 0),
        ("srpm_name=ZSH&rpm_arch=x86_64", 1),
        ("rpm_name=zsh&rpm_version=0.5.10", 0),
        ("compose_type=NIGHTLY&release=MAGEIA-7", 1),
        ("deleted=true", 0),
        ("compose_date=2019-07-01&compose_date=2019-07-02", 1),
    ],
)
def test_composes_are_found_by_what_they_hold(composed: Api, query: str, count: int) -> None:
    assert composed.get(f"composes/?{query}")["count"] == count


def test_a_name_that_is_none_is_refused(composed: Api) -> None:
    assert composed.refused("GET", "composes/?rpm_nvr=zsh-1") == {"detail": ["Invalid NVR: zsh-1"]}
    assert composed.refused("GET", "composes/?rpm_nvra=zsh") == {"detail": ["Invalid NVRA: zsh"]}


def test_a_compose_may_be_judged_linked_and_marked_deleted(composed: Api) -> None:
    path = "composes/Mageia-7-20190701.n.0/"
    composed.post("releases/", {"name": "M", "short": "mageia", "version": "7", "release_type": "updates"})

    composed.patch(path, {"linked_releases": ["mageia-7-updates"], "acceptance_testing": "failed"})
    judged = composed.patch(path, {"rtt_tested_architectures": {"Server": {"i586": "passed"}}})

    assert judged["rtt_tested_architectures"]["Server"] == {"x86_64": "untested", "i586": "passed"}
    assert composed.get("releases/mageia-7-updates/")["compose_set"] == ["Mageia-7-20190701.n.0"]
    assert composed.refused("PATCH", path, {"deleted": True})["detail"].startswith("Only these properties can be upd")
    assert composed.refused("PATCH", path, {"linked_releases": ["mageia-7"]}) == {
        "detail": ["Can not link to the release for which the compose was built."]
    }
    composed.delete(path)
    again = composed.call("DELETE", path)
    assert (again.status_code, again.headers["pdc-warning"][:10]) == (204, "No change.")
    assert composed.get("composes/?deleted=t")["count"] == 1
    assert composed.get("rpms/?name=^zsh$")["results"][0]["linked_composes"] == []


def test_names_of_rpms_are_regular_expressions_any_of_which_matches(composed: Api) -> None:
    rows = composed.get("rpms/?name=^d.sh$&name=-doc$&arch=x86_64&page_size=-1")

    assert sorted(row["name"] for row in rows) == ["dash", "dash-doc", "zsh-doc"]
    assert composed.refused("GET", "rpms/?epoch=one") == {"detail": ["Value [one] of epoch is not an integer"]}


def test_dependencies_are_searched_with_versions(composed: Api) -> None:
    plain = {
        "version": "1",
        "release": "1",
        "epoch": 0,
        "arch": "noarch",
        "srpm_name": "p",
        "srpm_nevra": "p-0:1-1.src",
    }
    for name, requires in (("old", "python < 3.0"), ("new", "python>=3.4"), ("any", "python")):
        composed.post("rpms/", {**plain, "name": name, "dependencies": {"requires": [requires]}})

    def requiring(text: str) -> list[str]:
        return [row["name"] for row in composed.get(f"rpms/?requires={text}&page_size=-1")]

    assert requiring("python") == ["old", "new", "any"]
    assert requiring("python%3D2.7") == ["old", "any"]
    assert requiring("python%3E%3D3.6") == ["new", "any"]
    assert composed.get("rpms/?has_no_deps=0")["count"] == 3
    assert composed.get("rpms/?name=old")["results"][0]["filename"] == "old-1-1.noarch.rpm"


def test_an_override_changes_the_mapping_and_a_useless_one_is_swept(composed: Api) -> None:
    override = {"release": "mageia-7", "variant": "Server", "arch": "x86_64", "srpm_name": "zsh", "rpm_arch": "x86_64"}
    composed.post("overrides/rpm/", {**override, "rpm_name": "zsh-doc", "include": False})
    composed.post("overrides/rpm/", {**override, "rpm_name": "zsh-static", "include": True})
    composed.post("overrides/rpm/", {**override, "rpm_name": "absent", "include": False})
    composed.post("overrides/rpm/", {**override, "rpm_name": "kept", "include": False, "do_not_delete": True})

    mapping = composed.get("releases/mageia-7/rpm-mapping/zsh/")["mapping"]

    assert mapping == {"Server": {"x86_64": {"zsh": ["src", "x86_64"], "zsh-static": ["x86_64"]}}}
    assert [row["rpm_name"] for row in composed.get("overrides/rpm/?page_size=-1")] == ["zsh-doc", "zsh-static", "kept"]
    answer = composed.call("DELETE", "overrides/rpm/", {"release": "mageia-7"})
    assert [row["rpm_name"] for row in answer.get_json()] == ["zsh-doc", "zsh-static"]
    assert composed.refused("DELETE", "overrides/rpm/", {"release": "mageia-7"}, 404) == {"detail": "Not found."}
    assert len(composed.call("DELETE", "overrides/rpm/", {"release": "mageia-7", "force": True}).get_json()) == 1


def test_composes_are_found_by_release_and_rpm_oldest_first(composed: Api) -> None:
    import_compose(composed, "zsh-5.8-1.mga7", date="20190801")
    path = "rpc/find-compose-by-release-rpm/mageia-7/zsh/"

    found = composed.get(path)

    assert [row["compose"] for row in found] == ["Mageia-7-20190701.n.0", "Mageia-7-20190801.n.0"]
    assert found[1]["packages"] == ["zsh-0:5.8-1.mga7.src.rpm", "zsh-0:5.8-1.mga7.x86_64.rpm"]
    assert [row["compose"] for row in composed.get(f"{path}?latest=t")] == ["Mageia-7-20190801.n.0"]
    assert composed.get(f"{path}?excluded_compose_type=nightly") == []
    older = composed.get("rpc/find-older-compose-by-compose-rpm/Mageia-7-20190801.n.0/zsh/?to_dict=true")
    assert (older["compose"], older["packages"][0]["version"]) == ("Mageia-7-20190701.n.0", "5.7.1")
    composed.refused("GET", "rpc/find-older-compose-by-compose-rpm/Mageia-7-20190701.n.0/zsh/", status=404)


def test_a_full_import_sets_the_places_of_all_trees(composed: Api) -> None:
    info = composeinfo(date="20190901")
    images: dict[str, Any] = {"header": {"type": "productmd.images", "version": "1.1"}}
    image = {
        "arch": "i586",
        "bootable": True,
        "disc_count": 1,
        "disc_number": 1,
        "format": "iso",
        "type": "boot",
        "mtime": 1,
        "size": 2,
        "subvariant": "Server",
        "implant_md5": None,
        "volume_id": "M7",
        "checksums": {"sha256": "c" * 64, "md5": "d" * 32},
        "path": "Server/i586/iso/boot.iso",
    }
    images["payload"] = {"compose": info["payload"]["compose"], "images": {"Server": {"i586": [image]}}}
    body = {"release_id": "mageia-7", "composeinfo": info, "rpm_manifest": rpms(info, "zsh-5.9-1.mga7")}
    body |= {"image_manifest": images, "location": "PHX2", "scheme": "https", "url": "https://dl.example.org/c"}

    answer = composed.post("rpc/compose-full-import/", copy.deepcopy(body))

    counts = {"imported rpms": 3, "imported images": 1, "set_locations": 4}
    assert answer == {"compose": "Mageia-7-20190901.n.0", **counts}
    assert composed.get("images/?md5=" + "d" * 32 + "&bootable=T")["results"][0]["file_name"] == "boot.iso"
    place = "compose-tree-locations/Mageia-7-20190901.n.0/Server/i586/PHX2/https/"
    assert composed.patch(place, {"url": "https://mirror.example.org/c"})["url"] == "https://mirror.example.org/c"
    assert composed.refused("PATCH", place, {"arch": "x86_64"})["detail"].startswith("Only these properties")
    topics = [topic for topic, _ in composed.heard]
    assert topics[-4:] == ["pdc.compose", "pdc.rpms", "pdc.images", "pdc.compose-tree-locations.changed"]
    manifest = composed.get("compose-images/Mageia-7-20190901.n.0/")["payload"]["images"]
    assert manifest["Server"]["i586"][0]["checksums"] == {"sha256": "c" * 64, "md5": "d" * 32}


def test_many_composes_are_judged_or_deleted_all_or_none(composed: Api) -> None:
    import_compose(composed, "zsh-5.8-1.mga7", date="20190801")
    ids = ["Mageia-7-20190701.n.0", "Mageia-7-20190801.n.0"]

    answer = composed.refused("PATCH", "composes/", {ids[0]: {"acceptance_testing": "fine"}})
    missing = composed.refused("DELETE", "composes/", [*ids, "absent"], status=404)
    judged = composed.patch("composes/", {each: {"acceptance_testing": "passed"} for each in ids})

    assert (answer["id_of_invalid_data"], missing["id_of_invalid_data"]) == (ids[0], "absent")
    assert [judged[each]["acceptance_testing"] for each in ids] == ["passed", "passed"]
    assert composed.get("composes/?deleted=f")["count"] == 2
    composed.delete("composes/", ids)
    assert composed.get("composes/?deleted=t")["count"] == 2
