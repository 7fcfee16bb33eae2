"""What do those read who learn of a publication by lists, caches and the download page? Is all of it true?"""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from relengotron.decisions.purging import is_short_lived
from relengotron.systems import website
from relengotron.systems.mirror.paths import PRIVATE
from tests.stage.configuration import URLS, WEBSITE
from tests.stage.stage import Stage

LIST = "fullfiletimelist-stage"
OURS = (PRIVATE, "fullfile", "imagelist")
SCHEMA = Draft202012Validator(json.loads((Path(website.__file__).parent / "schema.json").read_text()))


def untruths(stage: Stage) -> list[str]:
    """Everything that a reader is told otherwise than it is."""
    return [*_of_lists(stage), *_of_caches(stage), *_of_the_page(stage)]


def page(stage: Stage) -> dict[str, dict[str, Any]]:
    """What the download page says, by ``lane artifact``."""
    said = json.loads((stage.root / "pub" / WEBSITE).read_text())
    SCHEMA.validate(said)
    return {
        f"{release}/{request} {name}": entry
        for release, about in said["releases"].items()
        for request, shown in about["requests"].items()
        for name, entry in shown["artifacts"].items()
    }


def listed(stage: Stage) -> dict[str, tuple[str, int]]:
    """What the list says, by path."""
    text = (stage.root / "pub" / LIST).read_text()
    assert text.endswith("\n[End]\n")
    rows = text.partition("[Files]\n")[2].partition("\n\n")[0].splitlines()
    return {path: (kind, int(size)) for _, kind, size, path in (row.split("\t") for row in rows)}


def on_disk(stage: Stage) -> dict[str, tuple[str, int]]:
    """The same by a look at the whole tree."""
    pub = stage.root / "pub"
    return {
        path.relative_to(pub).as_posix(): ("d" if path.is_dir() else "f", path.stat().st_size)
        for path in pub.rglob("*")
        if not path.relative_to(pub).parts[0].startswith(OURS) and not path.name.startswith(PRIVATE)
        if not any(part.startswith(PRIVATE) for part in path.relative_to(pub).parts)
    }


def _of_lists(stage: Stage) -> list[str]:
    said, there = listed(stage), on_disk(stage)
    return [f"list: {path}" for path in said.keys() | there.keys() if said.get(path) != there.get(path)]


def _of_caches(stage: Stage) -> list[str]:
    session = stage.outside.session()
    wrong = []
    for path in (stage.root / "pub").rglob("*"):
        name = path.relative_to(stage.root / "pub").as_posix()
        if not path.is_file() or not (is_short_lived(name) or name == WEBSITE) or name.startswith(OURS):
            continue
        if session.get(f"{URLS['cdn']}/{name}", timeout=5).content != path.read_bytes():
            wrong.append(f"cache: {name}")
    return wrong


def _of_the_page(stage: Stage) -> list[str]:
    wrong = []
    for name, entry in page(stage).items():
        heads = stage.outside.live.refs()
        if entry.get("commit") != (heads.get(entry["ref"]) if "ref" in entry else None):
            wrong.append(f"page: {name}: another commit")
        for file in entry["files"]:
            place = stage.root / "pub" / urlsplit(file["urls"][0]).path.lstrip("/")
            if not place.is_file() or hashlib.sha256(place.read_bytes()).hexdigest() != file["sha256"]:
                wrong.append(f"page: {name}: {file['name']}")
    return wrong
