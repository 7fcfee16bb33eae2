"""Which configuration does the daemon of a lab get? Written as files, read as anybody's."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from pprint import pformat
from typing import Any

import yaml

from relengotron.lab.artifacts_key import NAME, ArtifactsKey
from relengotron.lab.fedmsg_d import DAEMON, ENVIRONMENT, LAB_NAME, PREFIX, SENDERS
from relengotron.lab.filling import base_repo_path
from relengotron.lab.flavours import FLAVOURS, Flavour
from relengotron.lab.place import ARCHES, TREE_ARCH, Place
from relengotron.lab.rawhide import words as rawhide
from relengotron.lab.scenario import Scenario
from relengotron.lab.stand_ins import BODHI_TOKEN, PURGE_TOKEN

MODULE = "lab"
"""The mirror as one part that others copy."""
PASSWORD = "botpw"  # noqa: S105 the stand-in's own well-known password


def write_configuration(
    place: Place,
    urls: Mapping[str, str],
    key: str,
    fedmsg_config: Mapping[str, Any],
    scenario: Scenario,
    artifacts_key: ArtifactsKey | None = None,
) -> None:
    """The daemon's ``config/`` and the hub's ``fedmsg.d/`` for this lab; ``key`` is what builds are signed with."""
    for directory in (place.config / "artifacts", place.fedmsg_d, place.state, place.secrets, place.log):
        directory.mkdir(parents=True, exist_ok=True)
    password = place.secrets / "koji-password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    token = place.secrets / "purge-token"
    token.touch(mode=0o600)
    token.write_text(PURGE_TOKEN)
    inviting = bodhi_token_file(place)
    inviting.touch(mode=0o600)
    inviting.write_text(BODHI_TOKEN)
    _write(place.config / "relengotron.yaml", _daemon(place, scenario))
    signing = {} if artifacts_key is None else {"signing": {"keys": {NAME: artifacts_key.as_settings()}}}
    named = {} if artifacts_key is None else {"artifacts_key": NAME}
    _write(place.config / "systems.yaml", _systems(place, urls, password) | signing)
    _write(
        place.config / "releases.yaml",
        {"releases": {f"F{each}": _release(each, urls, key) | named for each in scenario.releases}},
    )
    _write(place.config / "artifacts" / "lab.yaml", {"artifacts": _artifacts(place)})
    if scenario.has_gate:
        (place.config / "policies").mkdir()
        _write(place.config / "policies" / "rawhide.yaml", rawhide.policies())
        _write(place.config / "gates.yaml", rawhide.gates(urls["mirror"]))
    (place.fedmsg_d / "relengotron.py").write_text(f"config = {pformat(dict(fedmsg_config))}\n")


def bodhi_token_file(place: Place) -> Path:
    """Where the token lies with which the daemon comments on updates."""
    return place.secrets / "bodhi-token"


def journal_url(place: Place, scenario: Scenario) -> str:
    """Where the daemon of this lab keeps its journal."""
    return scenario.journal_url or f"sqlite:///{place.state / 'journal.sqlite'}"


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False))


def _daemon(place: Place, scenario: Scenario) -> dict[str, Any]:
    return {
        "journal": {"url": journal_url(place, scenario)},
        "runner": "separate" if scenario.mode == "runner" else "embedded",
        "state_dir": str(place.state),
        "compose_store": str(place.compose),
        "lab": True,
        "pace": {"workers": 4, "poll": "2s", "inbox": "1s", "outbox": "1s", "recovery": "5s"},
        "patience": {"commit": "2s"},
        "owner": "releng",
        "calendar": [_care(place)],
    }


def _care(place: Place) -> dict[str, Any]:
    """Nobody waits for Monday in a lab: ``relengotron calendar run trees``."""
    trees = {"repo": str(place.live_ostree), "deltas": 1}
    return {"name": "trees", "workflow": "look_after_trees", "every": "7d", "at": "03:30", "trees": trees}


def _systems(place: Place, urls: Mapping[str, str], password: Path) -> dict[str, Any]:
    return {
        "koji": {
            "hub": urls["koji"],
            "weburl": urls["koji"].removesuffix("hub"),
            "store": str(place.koji),
            "user": "relengotron",
            "timeout": "10s",
            "password_file": str(password),
        },
        "bodhi": {
            "url": urls["bodhi"],
            "token_file": str(bodhi_token_file(place)),
            "acknowledges_as": [LAB_NAME],
        },
        "pdc": {"url": urls["pdc"]},
        "resultsdb": {"url": urls["resultsdb"]},
        "datagrepper": {"url": urls["datagrepper"], "timeout": "10s", "delay": "1s"},
        "mirror": {
            "root": str(place.mirror),
            "url": urls["mirror"],
            "modules": {MODULE: {}},
            "website": place.website,
        },
        "cdn": _caches(place, urls),
        "bus": {"name": DAEMON, "topic_prefix": PREFIX, "environment": ENVIRONMENT, "senders": dict(SENDERS)},
    }


def _caches(place: Place, urls: Mapping[str, str]) -> dict[str, Any]:
    if "cdn" not in urls:
        return {}
    return {"edge": {"url": urls["cdn"], "token_file": str(place.secrets / "purge-token"), "timeout": "10s"}}


def _release(release: str, urls: Mapping[str, str], key: str) -> dict[str, Any]:
    return {
        "version": release,
        "pdc_release": f"fedora-{release}-updates",
        "signing_key": key,
        "build_tag": f"f{release}-build",
        "target": f"f{release}",
        "arches": list(ARCHES),
        "base_repos": {arch: [f"{urls['mirror']}/{base_repo_path(release, arch)}"] for arch in ARCHES},
        "requests": {
            "stable": {
                "repo": "updates",
                "tag": f"f{release}-updates",
                "from_tags": [f"f{release}-updates-testing", f"f{release}-updates-candidate"],
                "pending_tags": [f"f{release}-updates-pending"],
            },
            "testing": {
                "repo": "updates-testing",
                "tag": f"f{release}-updates-testing",
                "from_tags": [f"f{release}-updates-candidate"],
                "pending_tags": [f"f{release}-updates-testing-pending"],
            },
        },
    }


def _artifacts(place: Place) -> list[dict[str, Any]]:
    return [
        {
            "name": "{tag}",
            "kind": "mash",
            "target": "{repo}/{version}",
            "required_tests": ["dist.repoclosure"],
            "settings": {"config": str(place.mash_config)},
        },
        *(_tree(flavour, request, place) for flavour in FLAVOURS for request in ("stable", "testing")),
        _image("atomic-installer-iso", "Fedora-Atomic-installer", "lorax", "atomic-host"),
        _image("atomic-disk", "Fedora-Atomic", "image", "atomic-host"),
        _image("cloud-base", "Fedora-Cloud-Base", "image", "cloud-tree"),
    ]


def _tree(flavour: Flavour, request: str, place: Place) -> dict[str, Any]:
    return {
        "name": flavour.artifact,
        "kind": "ostree",
        "requests": [request],
        "arches": [TREE_ARCH],
        "made_from": ["{tag}"],
        "component": flavour.component,
        "target": f"atomic/refs/{flavour.artifact}/{request}/{{version}}",
        "required_tests": ["dist.ostree_content"],
        "settings": {
            "ref": flavour.ref("{version}", request),
            "live_repo": str(place.live_ostree),
            "url_path": "atomic/repo",
            "treefile": {"packages": list(flavour.packages)},
        },
    }


def _image(component: str, name: str, carrier: str, tree: str) -> dict[str, Any]:
    return {
        "name": component,
        "kind": "image",
        "arches": [TREE_ARCH],
        "made_from": [tree],
        "component": component,
        "target": f"images/{{repo}}/{{version}}/{component}",
        "required_tests": ["dist.image_content"],
        "settings": {"name": name, "carrier": carrier},
    }


def wipe(place: Place) -> None:
    """A new life begins with nothing but the packages of the last one."""
    shutil.rmtree(place.world, ignore_errors=True)
