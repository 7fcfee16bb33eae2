"""How do the empty stand-ins of a rehearsal come to know a small distribution?"""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import requests

from relengotron.systems.bodhi.simulated import Build, SimulatedBodhi
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.koji.simulated import Hub
from relengotron.systems.pdc.simulated import PdcState
from relengotron.systems.pdc.simulated import wsgi_app as pdc_app
from tests.builders import AnUpdate
from tests.contracts.koji_rpms import BINARY, header, rpm_file
from tests.stage.configuration import ARCHES, KEY, RELEASES, TOKEN, URLS

IN_THE_TREE = ("bash", "openssl")
ONLY_IN_A_REPO = ("nano",)
BUILDER = "builder1"
PERMISSIONS = ("runroot", "image", "sign", "tag", "releng")
TAGS = ("", "-updates", "-updates-candidate", "-updates-testing", "-updates-testing-pending", "-updates-pending")
POLICY = {"tag": "has_perm admin :: allow\nuser relengotron :: allow\nall :: deny not you"}
COMES_FROM = {
    "testing": ("-updates-candidate", "-updates-testing-pending"),
    "stable": ("-updates-testing", "-updates-pending"),
}
SHIPPED = {
    "atomic-host": ("ostree", "OSTreeIncludesRPM"),
    "atomic-iso": ("image", "ImageIncludesRPM"),
    "atomic-disk": ("image", "ImageIncludesRPM"),
}
Row = dict[str, Any]


def furnish_koji(hub: Hub) -> None:
    """Users, a builder, tags and targets."""
    for permission in PERMISSIONS:
        hub.call("admin", "grantPermission", "relengotron", permission, create=True)
    for channel in ("runroot",):
        hub.call("admin", "addChannel", channel)
    hub.call("admin", "addHost", BUILDER, ["x86_64", "i386"])
    for release in RELEASES:
        for suffix in (*TAGS, "-build"):
            hub.call("admin", "createTag", f"f{release}{suffix}", arches=" ".join(ARCHES))
        hub.call("admin", "createBuildTarget", f"f{release}", f"f{release}-build", f"f{release}-updates-candidate")


def add_to_koji(hub: Hub, update: AnUpdate) -> None:
    """The builds of an update are where they wait for the push."""
    number = update.release.removeprefix("F")
    for nvr in update.builds if update.is_in_koji else ():
        name = nvr.rsplit("-", 2)[0]
        if hub.call(None, "getBuild", nvr) is None:
            for tag in TAGS:
                hub.call("admin", "packageListAdd", f"f{number}{tag}", name, "relengotron")
            _import(hub, nvr, update.binaries or (name,))
        if update.is_signed:
            sign(hub, nvr)
        for suffix in COMES_FROM[update.request]:
            hub.call("admin", "tagBuildBypass", f"f{number}{suffix}", nvr)


def _import(hub: Hub, nvr: str, binaries: Iterable[str]) -> None:
    name, version, release = nvr.rsplit("-", 2)
    folder = hub.topdir / "work" / "stage"
    folder.mkdir(parents=True, exist_ok=True)
    for package, arch in ((name, "src"), *((binary, arch) for binary in binaries for arch in ARCHES)):
        info = {"name": package, "version": version, "release": release, "arch": arch, "buildtime": 1477994400}
        info["payloadhash"] = hashlib.md5(f"{package}{nvr}{arch}".encode(), usedforsecurity=False).hexdigest()
        info["sourcerpm"] = f"{nvr}.src.rpm"
        file = f"{package}-{version}-{release}.{arch}.rpm"
        (folder / file).write_bytes(rpm_file(info))
        hub.call("admin", "importRPM", "stage", file)


def sign(hub: Hub, nvr: str) -> None:
    """Every RPM of a build has a signature of our key; nobody wrote the signed copies yet."""
    build = hub.call(None, "getBuild", nvr)
    for rpm in hub.call(None, "listRPMs", buildID=build["id"]):
        if hub.call(None, "queryRPMSigs", rpm_id=rpm["id"], sigkey=KEY):
            continue
        hub.call("admin", "addRPMSig", rpm["id"], base64.b64encode(_signature(rpm["payloadhash"])).decode())


def _signature(md5: str) -> bytes:
    packet = bytes([0x88, 0x11, 3, 5, 0]) + (0).to_bytes(4, "big") + bytes.fromhex(f"00000000{KEY}") + b"\x01\x02"
    return header([(1004, BINARY, bytes.fromhex(md5)), (1005, BINARY, packet)])


def furnish_bodhi(bodhi: SimulatedBodhi) -> None:
    """The releases, and the daemon's token."""
    bodhi.tokens[TOKEN] = "relengotron"
    for release in RELEASES:
        bodhi.add_release(f"F{release}", release)


def add_to_bodhi(bodhi: SimulatedBodhi, update: AnUpdate) -> None:
    """The update asks to be pushed."""
    builds = [Build(build, signed=True) for build in update.builds]
    bodhi.add_update(
        update.release, builds, alias=update.alias, type=update.type, request=update.request, status="pending"
    )


@cache
def pdc_state() -> PdcState:
    """What PDC knows; nobody changes it, so all rehearsals share it."""
    state = PdcState(clock=lambda: 1_477_000_000.0)
    with _session_of(state) as session:
        _fill_pdc(session)
    return state


def pdc_session() -> requests.Session:
    """An administrator of the PDC that all rehearsals share: who changes something changes it back."""
    return _session_of(pdc_state())


def relate(session: requests.Session, release: str, artifact: str, relation: str, package: str) -> int:
    """One relationship more; its number."""
    ids = [_component(session, release, name) for name in (artifact, package)]
    row = {"type": relation, "from_component": {"id": ids[0]}, "to_component": {"id": ids[1]}}
    return int(_post(session, "release-component-relationships", row)["id"])


def _component(session: requests.Session, release: str, name: str) -> int:
    asked = {"release": release, "name": name}
    found = session.get(f"{URLS['pdc']}/rest_api/v1/release-components/", params=asked, timeout=5).json()
    return int(found["results"][0]["id"])


def _session_of(state: PdcState) -> requests.Session:
    session = requests.Session()
    session.mount(URLS["pdc"], WsgiAdapter(pdc_app(state)))
    session.headers.update({"Authorization": f"Token {state.token}"})
    return session


def _fill_pdc(session: requests.Session) -> None:
    names = [(name, "rpm") for name in IN_THE_TREE + ONLY_IN_A_REPO]
    names += [(name, kind) for name, (kind, _) in SHIPPED.items()]
    _post(session, "products", {"short": "fedora", "name": "Fedora"})
    _post(session, "global-components", [{"name": name} for name, _ in names])
    for number in RELEASES:
        product = {"name": "Fedora", "short": "fedora", "version": number}
        _post(session, "product-versions", {**product, "product": "fedora"})
        about = {"release_type": "updates", "product_version": f"fedora-{number}", "dist_git": {"branch": f"f{number}"}}
        release = _post(session, "releases", {**product, **about})["release_id"]
        rows = [{"name": name, "global_component": name, "release": release, "type": kind} for name, kind in names]
        ids = {row["name"]: row["id"] for row in _post(session, "release-components", rows)}
        relations = [
            {"type": relation, "from_component": {"id": ids[name]}, "to_component": {"id": ids[package]}}
            for name, (_, relation) in SHIPPED.items()
            for package in IN_THE_TREE
        ]
        _post(session, "release-component-relationships", relations)


def _post(session: requests.Session, resource: str, body: Any) -> Any:
    answer = session.post(f"{URLS['pdc']}/rest_api/v1/{resource}/", json=body, timeout=5)
    assert answer.status_code == 201, answer.text
    return answer.json()


def folders(root: Path) -> None:
    """The directories that are there before anybody comes."""
    for name in ("koji", "compose", "pub", "state"):
        (root / name).mkdir(parents=True, exist_ok=True)
