"""Are the metadata of a compose read as productmd wrote them, from disk and over HTTP, and nothing else believed?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import productmd.composeinfo
import productmd.images
import productmd.rpms
import pytest
import requests
import responses

from relengotron.errors import MalformedInput, RequestRefused, SystemUnreachable
from relengotron.model.artifact import Artifact
from relengotron.model.contents import Contents
from relengotron.model.package import Package
from relengotron.sdk import contents_in_compose
from relengotron.systems.composes.client import ProductmdComposes

ID = "Fedora-24-20160819.n.0"
URL = "http://composes.example/compose"
SOURCE = "bash-0:4.3.43-4.fc24.src"
BASH = Package("bash", "0", "4.3.43", "4.fc24", "x86_64")
VIM = Package("vim", "2", "7.4", "1.fc24", "x86_64")


def _about(into: Any) -> Any:
    into.compose.id, into.compose.type, into.compose.date, into.compose.respin = ID, "nightly", "20160819", 0
    return into


def rpms() -> productmd.rpms.Rpms:
    made = _about(productmd.rpms.Rpms())
    made.add("Everything", "x86_64", "bash-0:4.3.43-4.fc24.x86_64", "b/bash.rpm", "81b46521", "binary", SOURCE)
    made.add("Everything", "x86_64", "bash-debuginfo-0:4.3.43-4.fc24.x86_64", "b/d.rpm", None, "debug", SOURCE)
    made.add("Everything", "x86_64", SOURCE, "b/bash.src.rpm", None, "source")
    made.add("Cloud", "x86_64", "vim-2:7.4-1.fc24.x86_64", "v/vim.rpm", None, "binary", "vim-2:7.4-1.fc24.src")
    return made


def images() -> productmd.images.Images:
    made = _about(productmd.images.Images())
    image = productmd.images.Image(made)
    image.path, image.mtime, image.size, image.volume_id = "Cloud/x86_64/images/a.raw.xz", 1, 7, None
    image.type, image.format, image.arch, image.disc_number, image.disc_count = "raw-xz", "raw.xz", "x86_64", 1, 1
    image.checksums, image.implant_md5, image.bootable, image.subvariant = {"sha256": "a" * 64}, None, False, "Cloud"
    made.add("Cloud", "x86_64", image)
    return made


def info() -> productmd.composeinfo.ComposeInfo:
    made = _about(productmd.composeinfo.ComposeInfo())
    made.release.name, made.release.short, made.release.version, made.release.type = "Fedora", "Fedora", "24", "ga"
    return made


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    place = tmp_path / "compose" / "metadata"
    place.mkdir(parents=True)
    for name, made in (("composeinfo", info()), ("rpms", rpms()), ("images", images())):
        (place / f"{name}.json").write_text(made.dumps())
    return tmp_path


@pytest.fixture
def composes() -> ProductmdComposes:
    return ProductmdComposes(requests.Session())


def test_binary_packages_are_known_by_variant_and_arch(compose: Path, composes: ProductmdComposes) -> None:
    found = composes.read(compose.as_uri())
    assert found.id == ID
    assert found.packages == {("Everything", "x86_64"): (BASH,), ("Cloud", "x86_64"): (VIM,)}
    assert [(each.path, each.sha256, each.size) for each in found.images] == [
        ("Cloud/x86_64/images/a.raw.xz", "a" * 64, 7)
    ]


def test_a_compose_is_read_once_until_its_address_shows_another(compose: Path, composes: ProductmdComposes) -> None:
    first, place = composes.read(compose.as_uri()), compose / "compose" / "metadata"
    assert composes.read(compose.as_uri()) is first
    for name in ("composeinfo", "rpms", "images"):
        (place / f"{name}.json").write_text((place / f"{name}.json").read_text().replace(ID, "Fedora-24-20160820.n.0"))
    assert composes.read(compose.as_uri()).id == "Fedora-24-20160820.n.0"


def test_a_compose_without_images_is_one(compose: Path, composes: ProductmdComposes) -> None:
    (compose / "compose" / "metadata" / "images.json").unlink()
    assert composes.read(compose.as_uri()).images == ()


@responses.activate
def test_over_http_the_same_is_read(compose: Path, composes: ProductmdComposes) -> None:
    for file in (compose / "compose" / "metadata").iterdir():
        responses.get(f"{URL}/compose/metadata/{file.name}", body=file.read_bytes())
    assert composes.read(f"{URL}/") == composes.read(compose.as_uri())


@responses.activate
def test_no_compose_is_refused_and_trouble_is_waited_for(composes: ProductmdComposes) -> None:
    responses.get(f"{URL}/compose/metadata/composeinfo.json", status=404)
    with pytest.raises(RequestRefused, match="no compose at"):
        composes.read(URL)
    for status in (403, 500, 503):
        responses.replace("GET", f"{URL}/compose/metadata/composeinfo.json", status=status)
        with pytest.raises(SystemUnreachable):
            composes.read(URL)
    responses.replace("GET", f"{URL}/compose/metadata/composeinfo.json", body=requests.ConnectionError("away"))
    with pytest.raises(SystemUnreachable):
        composes.read(URL)


def _broken(change: Callable[[Any], object]) -> str:
    said = json.loads(rpms().dumps())
    change(said["payload"])
    return json.dumps(said)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "[" * 20_000,
        '{"header": {}}',
        _broken(lambda payload: payload.update(rpms=[])),
        _broken(lambda payload: payload.update(rpms={"Everything": []})),
        _broken(lambda payload: payload.update(rpms={"Everything": {"x86_64": {SOURCE: {"nonsense": {}}}}})),
        _broken(
            lambda payload: payload.update(
                rpms={"Everything": {"x86_64": {SOURCE: {"nonsense": {"category": "binary"}}}}}
            )
        ),
        _broken(lambda payload: payload["compose"].update(id="../../etc")),
        _broken(lambda payload: payload["compose"].update(id="Fedora-25-20160819.n.0")),
    ],
)
def test_other_texts_are_malformed(compose: Path, composes: ProductmdComposes, text: str) -> None:
    (compose / "compose" / "metadata" / "rpms.json").write_text(text)
    with pytest.raises(MalformedInput):
        composes.read(compose.as_uri())


def _artifact(**named: Any) -> Artifact:
    return Artifact("cloud", "vagrant", "F24", ("x86_64",), "cloud", **named)


def test_an_artifact_of_others_contains_what_their_compose_says(compose: Path, composes: ProductmdComposes) -> None:
    where = compose.as_uri()
    assert contents_in_compose(_artifact(), composes) is None
    assert contents_in_compose(_artifact(composed_in=where), composes) == Contents((BASH, VIM), f"rpms.json of {ID}")
    cloud = contents_in_compose(_artifact(composed_in=where, composed_variant="Cloud"), composes)
    assert cloud is not None
    assert cloud.packages == (VIM,)
    with pytest.raises(MalformedInput, match="variant Atomic of it has no"):
        contents_in_compose(_artifact(composed_in=where, composed_variant="Atomic"), composes)


def test_what_is_larger_than_any_compose_is_not_read_to_its_end(compose: Path) -> None:
    with pytest.raises(MalformedInput, match="larger than"):
        ProductmdComposes(requests.Session(), largest=50).read(compose.as_uri())


def test_bytes_that_are_no_text_and_addresses_of_other_kinds_are_malformed(
    compose: Path, composes: ProductmdComposes
) -> None:
    (compose / "compose" / "metadata" / "rpms.json").write_bytes(b"\xff\xfe")
    for where in (compose.as_uri(), "ftp://composes.example/", "compose"):
        with pytest.raises(MalformedInput):
            composes.read(where)
