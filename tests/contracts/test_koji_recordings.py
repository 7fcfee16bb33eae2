"""Does the Koji stand-in answer as the recorded hub did?"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import koji
import pytest
from koji import xmlrpcplus

from relengotron.lab.web import WebServer
from relengotron.systems.koji.simulated import Hub, wsgi_app
from tests.conftest import Tell
from tests.contracts.koji_player import Player, differences
from tests.contracts.koji_rpms import rpm_file

RECORDING = Path(os.environ.get("KOJI_RECORDING", Path(__file__).parents[1] / "corpus" / "koji-calls.json"))
EXCUSED: dict[int, str] = {}


def test_every_recorded_call_is_answered_alike(tmp_path: Path, tell: Tell) -> None:
    entries = json.loads(RECORDING.read_text())
    hub = Hub.empty(topdir=tmp_path)
    found = {}
    for entry, answer in Player(hub, entries).play():
        different = differences(entry, answer)
        if different:
            found[entry["seq"]] = f"{entry['seq']} {entry['user']} {entry['method']}{entry['args']}: {different[:4]}"
    wrong = {seq: text for seq, text in found.items() if seq not in EXCUSED}
    alike = len(entries) - len(found)
    tell(f"\nkoji: {len(entries)} recorded exchanges, {alike} alike, {len(found) - len(wrong)} excused {EXCUSED or ''}")
    assert not wrong, "\n".join(wrong.values())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Hub, str]]:
    """A hub behind a real HTTP server."""
    hub = Hub.empty(topdir=tmp_path / "store")
    with WebServer(wsgi_app(hub)) as server:
        yield hub, f"{server.url}/kojihub"


def _login(url: str, user: str, password: str) -> koji.ClientSession:
    session = koji.ClientSession(url, {"user": user, "password": password, "max_retries": 1})
    session.login()
    return session


# the client of Koji leaves the files open that it uploads
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_ordinary_client_can_work_with_it(served: tuple[Hub, str], tmp_path: Path) -> None:
    hub, url = served
    admin = _login(url, "admin", "adminpw")
    info = {"name": "bash", "version": "4.3", "release": "1", "arch": "src", "buildtime": 1, "payloadhash": "ab" * 16}
    (tmp_path / "bash-4.3-1.src.rpm").write_bytes(rpm_file(info))
    admin.fastUpload(str(tmp_path / "bash-4.3-1.src.rpm"), "imports/one")
    assert admin.importRPM("imports/one", "bash-4.3-1.src.rpm")["payloadhash"] == info["payloadhash"]
    assert (hub.topdir / "packages/bash/4.3/1/src/bash-4.3-1.src.rpm").exists()

    admin.createTag("f24", arches="x86_64")
    admin.packageListAdd("f24", "bash", owner="plain")
    admin.addHost("builder1", ["x86_64"])
    builder = _login(url, "builder1", "hostpw")
    builder.exclusiveSession()
    task = admin.tagBuild("f24", "bash-4.3-1")
    builder.host.updateHost(0.0, True)
    assert [waiting["id"] for waiting in builder.host.getTasks()] == [task]
    builder.host.openTask(task)
    builder.host.tagBuild(task, *admin.getTaskRequest(task))
    (tmp_path / "work.log").write_text("done\n")
    builder.uploadWrapper(str(tmp_path / "work.log"), koji.pathinfo.taskrelpath(task))
    builder.host.closeTask(task, xmlrpcplus.dumps((None,), methodresponse=1))
    assert admin.downloadTaskOutput(task, "work.log") == b"done\n"

    with admin.multicall() as calls:
        tagged, unknown = calls.listTagged("f24"), calls.getTag("f99", strict=True)
    assert [build["nvr"] for build in tagged.result] == ["bash-4.3-1"]
    with pytest.raises(koji.GenericError, match="No such tagInfo"):
        _ = unknown.result

    hub.expire_session(admin.sinfo["session-id"])
    assert admin.getLoggedInUser()["name"] == "admin"
    for session in (builder, admin):
        session.logout()
        session.rsession.close()
