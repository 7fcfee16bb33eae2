"""Does the mirror show what was published, and nothing else, to readers over HTTP?"""

import hashlib
from pathlib import Path

import pytest
import requests

from relengotron.errors import MalformedInput, SystemUnreachable
from relengotron.lab.mirror import MirrorServer
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.mirror.client import MasterMirror
from relengotron.systems.mirror.paths import rel_path
from relengotron.systems.mirror.simulated import static_app

URL = "http://mirror.sim"
TARGET = rel_path("updates/23")


@pytest.fixture
def session(tmp_path: Path) -> requests.Session:
    made = requests.Session()
    made.mount(URL, WsgiAdapter(static_app(tmp_path / "pub")))
    return made


@pytest.fixture
def mirror(tmp_path: Path, session: requests.Session) -> MasterMirror:
    return MasterMirror(tmp_path / "pub", tmp_path / "states", URL, session=session)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "x86_64").mkdir(parents=True)
    (folder / "x86_64/a b+c.rpm").write_text("content")
    (folder / ".treeinfo").write_text("[general]")
    (folder / "empty").write_text("")
    return folder


def test_what_was_published_is_seen_from_outside(mirror: MasterMirror, source: Path) -> None:
    manifest = mirror.switch(mirror.stage(source, TARGET, "run-1")).current
    seen = mirror.look({f"{TARGET}/{path}": entry.sha256 for path, entry in manifest.items()})
    assert len(seen) == 3
    assert all(one.is_as_expected and one.status == 200 for one in seen)
    assert {one.path: one.size for one in seen}[f"{TARGET}/x86_64/a b+c.rpm"] == 7


def test_what_is_not_there_or_is_other_content_is_not_as_expected(mirror: MasterMirror, source: Path) -> None:
    mirror.switch(mirror.stage(source, TARGET, "run-1"))
    absent, other = mirror.look({"updates/99/x": "0" * 64, f"{TARGET}/empty": "0" * 64})
    assert (absent.status, absent.sha256, absent.is_as_expected) == (404, None, False)
    assert (other.status, other.sha256, other.is_as_expected) == (200, hashlib.sha256().hexdigest(), False)


def test_what_is_only_staged_is_not_shown(mirror: MasterMirror, source: Path, session: requests.Session) -> None:
    mirror.stage(source, TARGET, "run-1")
    assert session.get(f"{URL}/.relengotron-stage/run-1/{TARGET}/empty", timeout=5).status_code == 404


@pytest.mark.parametrize(
    "path", ["../secret", "%2e%2e/secret", "a/../../secret", "link", "", "folder", "%00", "%ff", "//etc/passwd"]
)
def test_nothing_outside_the_tree_is_shown(tmp_path: Path, session: requests.Session, path: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "pub/folder").mkdir(parents=True)
    (tmp_path / "pub/link").symlink_to(tmp_path / "secret")
    assert session.get(f"{URL}/{path}", timeout=5).status_code == 404


def test_a_reader_who_has_it_already_gets_no_content(tmp_path: Path, session: requests.Session) -> None:
    (tmp_path / "pub").mkdir()
    (tmp_path / "pub/file").write_text("content")
    first = session.get(f"{URL}/file", timeout=5)
    again = session.get(f"{URL}/file", headers={"If-None-Match": first.headers["ETag"]}, timeout=5)
    assert (again.status_code, again.content) == (304, b"")
    head = session.head(f"{URL}/file", timeout=5)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "7", b"")
    assert session.post(f"{URL}/file", timeout=5).status_code == 405


def test_a_mirror_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    with MirrorServer(tmp_path / "pub") as server:
        mirror = MasterMirror(tmp_path / "pub", tmp_path / "states", server.url)
        (tmp_path / "pub/file").write_text("content")
        assert mirror.look({"file": hashlib.sha256(b"content").hexdigest()})[0].is_as_expected
    with pytest.raises(SystemUnreachable):
        mirror.look({"file": "0" * 64})


def test_a_path_from_outside_cannot_leave_the_address(mirror: MasterMirror) -> None:
    with pytest.raises(MalformedInput):
        mirror.look({"../admin": "0" * 64})
