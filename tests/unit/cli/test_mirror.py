"""What do people see who look at file lists, caches and the download page, and tell them again?"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from relengotron.engine.journal.database import Database
from relengotron.engine.journal.tables import audit
from relengotron.systems.website.client import WebsiteFile
from relengotron.systems.website.port import Shelf
from tests.unit.cli.story import Command

ENTRY = {
    "version": "24",
    "identity": "sha256-0123",
    "published_at": "2016-11-01T10:00:00Z",
    "run": "20161101-100000-aaaa",
    "previous": None,
}


@pytest.fixture
def pub(config: Path, tmp_path: Path) -> Path:
    """A mirror with one module, a page and a cache, as configured."""
    root = tmp_path / "pub"
    root.mkdir()
    cdn = {"edge": {"url": "http://127.0.0.1:9", "timeout": "1s", "owner": "webops"}}
    configure(config, {"root": str(root), "modules": {"all": {}}, "website": "releases.json"}, cdn)
    (root / "file").write_text("content")
    return root


def configure(config: Path, mirror: dict[str, Any], cdn: dict[str, Any]) -> None:
    file = config / "systems.yaml"
    systems = yaml.safe_load(file.read_text()) | {"cdn": cdn}
    systems["mirror"] = {"url": systems["mirror"]["url"], **mirror}
    file.write_text(yaml.safe_dump(systems))


def entries(database: Database) -> list[str]:
    with database.read() as db:
        return list(db.execute(select(audit.c.what).order_by(audit.c.id)).scalars())


def test_lists_are_checked_written_once_and_recorded(relengotron: Command, database: Database, pub: Path) -> None:
    behind = relengotron("mirror", "lists", "--check", status=1)
    assert "is not there, or not whole" in behind.output

    (pub / "bad\nname").write_text("x")
    said = relengotron("mirror", "lists").output
    assert (
        "all: read anew from the whole tree, 1 rows; written: fullfilelist, imagelist-all, fullfiletimelist-all" in said
    )
    assert "cannot be listed, there are control characters in it: 'bad\\nname'" in said
    assert (pub / "fullfilelist").read_text() == "file\n"
    assert "every list shows" in relengotron("mirror", "lists", "--check").output
    assert "as it was; nothing new" in relengotron("mirror", "lists").output

    (pub / "bad\nname").unlink()
    (pub / "later").write_text("by others")
    assert json.loads(relengotron("mirror", "lists", "--full", "--json").output)[0]["rows"] == 2
    assert [what for what in entries(database) if what.startswith("mirror:")] == [
        "mirror: file lists",
        "mirror: file lists",
        "mirror: file lists, read anew",
    ]


def test_the_page_is_shown_and_its_absence_told(relengotron: Command, pub: Path) -> None:
    absent = relengotron("mirror", "website", status=3)
    assert "the next push writes it anew" in absent.output
    WebsiteFile(pub, "releases.json").show({Shelf("F24", "24", "stable"): {"disk": ENTRY}}, {("F24", "stable")})
    said = relengotron("mirror", "website").output
    assert "F24/stable  disk" in said
    assert "20161101-100000-aaaa" in said
    assert json.loads(relengotron("mirror", "website", "--json").output)["version"] == 1


def test_a_cache_that_does_not_answer_is_told_with_who_can_act(relengotron: Command, pub: Path) -> None:
    said = relengotron("mirror", "purge", "updates/24/x86_64/repodata/repomd.xml", status=4)
    assert "edge: PURGE http://127.0.0.1:9/" in said.output
    assert "webops can act" in said.output
    relengotron("mirror", "purge", "../secret", status=1)


@pytest.mark.parametrize("words", [("lists",), ("website",), ("purge", "a")])
def test_what_is_not_configured_is_said(relengotron: Command, config: Path, words: tuple[str, ...]) -> None:
    configure(config, {"root": "/mnt/mirror/pub"}, {})
    said = relengotron("mirror", *words, status=3)
    assert "is configured: systems." in said.output
