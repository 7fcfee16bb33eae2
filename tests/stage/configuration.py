"""Which configuration does the daemon of a rehearsal get?"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from relengotron.settings import Settings, load

RELEASES = ("24", "25")
ARCHES = ("x86_64", "i686")
KEY = "deadbeef"
ARTIFACTS_KEY = "stage"
REQUIRED_TESTS = {"mash": "dist.repoclosure", "ostree": "dist.ostree_content", "image": "dist.image_content"}
URLS = {name: f"http://{name}.stage" for name in ("koji", "pdc", "resultsdb", "bodhi", "mirror", "datagrepper", "cdn")}


BODHI = "bodhi-stage"
TOKEN = "a-token-of-relengotron"
WEBSITE = "website/releases.json"


def settings_for(
    root: Path,
    patience: Mapping[str, str] | None = None,
    acknowledges_as: Sequence[str] = (BODHI,),
    *,
    is_remembered: bool = False,
    is_looked_after: bool = False,
    tells_mirrors: bool = False,
    is_signed: bool = False,
    senders: Mapping[str, Sequence[str]] | None = None,
    files: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Write the configuration below ``root``, with more ``files`` if wanted, and read it as the daemon would."""
    config = root / "config"
    (config / "artifacts").mkdir(parents=True, exist_ok=True)
    secret = root / "koji-password"
    secret.touch(mode=0o600)
    secret.write_text("botpw")
    token_file(root).touch(mode=0o600)
    token_file(root).write_text(TOKEN)
    care = {"calendar": [_care(root)]} if is_looked_after else {}
    _write(config / "relengotron.yaml", _daemon(root, patience or {}) | care)
    history = {"datagrepper": {"url": URLS["datagrepper"], "first_look": "1h"}} if is_remembered else {}
    systems = _systems(root, secret, acknowledges_as) | history
    systems["bus"]["senders"] = dict(senders or {})
    if is_looked_after:
        systems["ostree"] = {"retention": [{"refs": "*", "depth": 1}], "unreferenced_kept_for": "1s"}
    if tells_mirrors:
        systems["mirror"] |= {"modules": {"stage": {}}, "website": WEBSITE}
        systems["cdn"] = {"edge": {"url": URLS["cdn"], "owner": "webops"}}
    if is_signed:
        systems["signing"] = {"keys": {ARTIFACTS_KEY: _paper_key(root)}}
    _write(config / "systems.yaml", systems)
    key = {"artifacts_key": ARTIFACTS_KEY} if is_signed else {}
    _write(config / "releases.yaml", {"releases": {f"F{each}": _release(each) | key for each in RELEASES}})
    _write(config / "artifacts" / "stage.yaml", {"artifacts": _artifacts(root)})
    for name, content in (files or {}).items():
        (config / name).parent.mkdir(exist_ok=True)
        _write(config / name, content)
    return load(config)


def edited(root: Path, artifact: str, **words: Any) -> Settings:
    """Somebody edits the settings of an artifact in ``config/artifacts``, and the daemon reads them again."""
    file = root / "config" / "artifacts" / "stage.yaml"
    content = yaml.safe_load(file.read_text())
    next(each for each in content["artifacts"] if each["name"] == artifact)["settings"].update(words)
    _write(file, content)
    return load(root / "config")


def declared(root: Path, artifact: str, **words: Any) -> Settings:
    """Somebody edits what is declared of an artifact besides its settings, and the daemon reads it again."""
    file = root / "config" / "artifacts" / "stage.yaml"
    content = yaml.safe_load(file.read_text())
    next(each for each in content["artifacts"] if each["name"] == artifact).update(words)
    _write(file, content)
    return load(root / "config")


def token_file(root: Path) -> Path:
    """Where the token lies with which the daemon logs in to Bodhi."""
    return root / "bodhi-token"


def _paper_key(root: Path) -> dict[str, Any]:
    """What the configuration says of the key; on the stage the signer is another one, made of paper."""
    return {"signer": "wait", "fingerprint": "0123456789abcdef" * 2 + "01234567", "public_key": str(root / "key.asc")}


def live_ostree(root: Path) -> Path:
    """The OSTree repo on the mirror."""
    return root / "pub" / "atomic" / "repo"


def archive_ostree(root: Path) -> Path:
    """Where old branches go."""
    return root / "archive"


def _care(root: Path) -> dict[str, Any]:
    archive = [{"refs": "old/*", "idle": "90d", "into": str(archive_ostree(root))}]
    trees: dict[str, Any] = {"repo": str(live_ostree(root)), "archive": archive, "deltas": 2}
    trees |= {"merge": [{"refs": "fresh/*", "into": "live/ref"}], "tag": ["live/*"]}
    return {"name": "care", "workflow": "look_after_trees", "every": "1d", "at": "03:30", "trees": trees}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(yaml.dump(dict(content), Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)))


def _daemon(root: Path, patience: Mapping[str, str]) -> dict[str, Any]:
    return {
        "journal": {"url": f"sqlite:///{root / 'journal.db'}"},
        "state_dir": str(root / "state"),
        "compose_store": str(root / "compose"),
        "lab": True,
        "pace": {"workers": 1, "poll": "30s", "inbox": "1s", "outbox": "1s"},
        "patience": {"commit": "60s", **patience},
        "owner": "releng",
    }


def _systems(root: Path, secret: Path, acknowledges_as: Sequence[str]) -> dict[str, Any]:
    return {
        "koji": {
            "hub": f"{URLS['koji']}/kojihub",
            "weburl": f"{URLS['koji']}/koji",
            "store": str(root / "koji"),
            "user": "relengotron",
            "password_file": str(secret),
        },
        "bodhi": {
            "url": URLS["bodhi"],
            "token_file": str(token_file(root)),
            "acknowledges_as": list(acknowledges_as),
        },
        "pdc": {"url": URLS["pdc"]},
        "resultsdb": {"url": f"{URLS['resultsdb']}/api/v2.0"},
        "mirror": {"root": str(root / "pub"), "url": URLS["mirror"]},
        "bus": {"name": "relengotron.stage", "topic_prefix": "org.fedoraproject", "environment": "dev"},
    }


def _release(number: str) -> dict[str, Any]:
    base = f"f{number}-updates"
    return {
        "version": number,
        "pdc_release": f"fedora-{number}-updates",
        "signing_key": KEY,
        "build_tag": f"f{number}-build",
        "target": f"f{number}",
        "arches": list(ARCHES),
        "base_repos": {arch: [f"{URLS['mirror']}/releases/{number}/{arch}/os"] for arch in ARCHES},
        "requests": {
            "stable": {
                "repo": "updates",
                "tag": base,
                "from_tags": [f"{base}-testing", f"{base}-candidate"],
                "pending_tags": [f"{base}-pending"],
            },
            "testing": {
                "repo": "updates-testing",
                "tag": f"{base}-testing",
                "from_tags": [f"{base}-candidate"],
                "pending_tags": [f"{base}-testing-pending"],
            },
        },
    }


def _artifacts(root: Path) -> list[dict[str, Any]]:
    return [
        {
            "name": "{tag}",
            "kind": "mash",
            "target": "{repo}/{version}",
            "required_tests": [REQUIRED_TESTS["mash"]],
        },
        {
            "name": "atomic-host",
            "kind": "ostree",
            "arches": ["x86_64"],
            "made_from": ["{tag}"],
            "component": "atomic-host",
            "target": "atomic/refs/{repo}/{version}",
            "required_tests": [REQUIRED_TESTS["ostree"]],
            "settings": {
                "ref": "fedora-atomic/f{version}/x86_64/{request}/docker-host",
                "live_repo": str(live_ostree(root)),
                "url_path": "atomic/repo",
                "treefile": {"packages": ["bash", "openssl"]},
                "deltas": 1,
            },
        },
        _image("atomic-iso", "lorax"),
        _image("atomic-disk", "image"),
    ]


def _image(name: str, carrier: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "image",
        "arches": ["x86_64"],
        "made_from": ["atomic-host"],
        "component": name,
        "target": f"images/{{repo}}/{{version}}/{name}",
        "required_tests": [REQUIRED_TESTS["image"]],
        "settings": {"name": name, "carrier": carrier},
    }
