"""Is the file that download pages read whole at every moment, and does no lane lose another's part?"""

import fcntl
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from relengotron.errors import PowerCut, RequestRefused, SystemBusy
from relengotron.systems.website.client import WebsiteFile
from relengotron.systems.website.port import Shelf
from tests.contracts.mirror_place import CountingDisk, without_platters

LANES = tuple((f"F{number}", request) for number in (23, 24, 25) for request in ("stable", "testing"))
PATH = "website/releases.json"


@pytest.fixture(autouse=True)
def _a_rehearsal_need_not_wait_for_the_platters(monkeypatch: pytest.MonkeyPatch) -> None:
    without_platters(monkeypatch)


def shelf(lane: tuple[str, str]) -> Shelf:
    return Shelf(lane[0], lane[0][1:], lane[1])


def show(
    website: WebsiteFile, lane: tuple[str, str], identity: str, lanes: tuple[tuple[str, str], ...] = LANES
) -> bool:
    return website.show({shelf(lane): {"disk": {"identity": identity}}}, lanes)


def shown(root: Path) -> dict[tuple[str, str], str]:
    said = json.loads((root / PATH).read_text())
    return {
        (release, request): each["artifacts"]["disk"]["identity"]
        for release, about in said["releases"].items()
        for request, each in about["requests"].items()
    }


def must_be_whole(root: Path) -> None:
    assert shown(root)


def test_lanes_that_write_at_once_keep_one_anothers_part(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda lane: show(WebsiteFile(tmp_path, PATH), lane, f"of {lane}"), LANES * 3))
    assert shown(tmp_path) == {lane: f"of {lane}" for lane in LANES}


@pytest.mark.parametrize(
    "said", [{"F23": 5}, {"F23": {}}, {"F23": {"requests": []}}, {"F23": {"requests": {"stable": 5}}}]
)
def test_a_page_of_another_shape_is_none_and_written_anew(tmp_path: Path, said: object) -> None:
    website = WebsiteFile(tmp_path, PATH)
    show(website, LANES[0], "one")
    (tmp_path / PATH).write_text(json.dumps({"version": 1, "releases": said}))

    assert website.read() is None
    assert show(website, LANES[1], "two")
    assert shown(tmp_path) == {LANES[1]: "two"}


def test_a_page_that_says_so_already_is_not_touched(tmp_path: Path) -> None:
    website = WebsiteFile(tmp_path, PATH)
    assert show(website, LANES[0], "one")
    before = (tmp_path / PATH).stat()
    assert not show(website, LANES[0], "one")
    now = (tmp_path / PATH).stat()
    assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert (tmp_path / PATH).read_text().endswith("}\n")


def test_a_lane_that_is_configured_no_more_leaves_the_page(tmp_path: Path) -> None:
    website = WebsiteFile(tmp_path, PATH)
    show(website, LANES[0], "old")
    show(website, LANES[2], "new", LANES[2:])
    assert shown(tmp_path) == {LANES[2]: "new"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2, "releases": {}}', '{"version": 1, "releases": []}'])
def test_a_page_that_nobody_can_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "website").mkdir()
    (tmp_path / PATH).write_text(text)
    website = WebsiteFile(tmp_path, PATH)
    assert website.read() is None
    show(website, LANES[1], "again")
    assert shown(tmp_path) == {LANES[1]: "again"}


def test_the_power_may_go_at_any_moment(tmp_path: Path) -> None:
    for moment in range(1, 10):
        root, disk = tmp_path / str(moment), CountingDisk()
        root.mkdir()
        website = WebsiteFile(root, PATH, disk)
        show(website, LANES[0], "before")
        disk.cut_before = disk.count + moment
        disk.between = partial(must_be_whole, root)
        with suppress(PowerCut):
            show(website, LANES[1], "after")
            assert moment > 2
            return
        assert shown(root) == {LANES[0]: "before"}
        show(website, LANES[1], "after")
        assert shown(root) == {LANES[0]: "before", LANES[1]: "after"}
        assert [each.name for each in (root / "website").iterdir()] == ["releases.json"]
    raise AssertionError("it never came to its end")


def test_somebody_elses_lock_is_waited_for_and_then_told(tmp_path: Path) -> None:
    website = WebsiteFile(tmp_path, PATH, wait=timedelta())
    with (tmp_path / ".relengotron-website.lock").open("w") as theirs:
        fcntl.flock(theirs, fcntl.LOCK_EX)
        with pytest.raises(SystemBusy, match="holds"):
            show(website, LANES[0], "one")
    assert show(website, LANES[0], "one")


def test_a_link_that_leads_out_of_the_mirror_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "pub"
    root.mkdir()
    (root / "website").symlink_to(tmp_path)
    with pytest.raises(RequestRefused, match="leads out"):
        show(WebsiteFile(root, PATH), LANES[0], "one")
    assert not (tmp_path / "releases.json").exists()


def test_a_rollout_is_told_of_this_very_version_alone(tmp_path: Path) -> None:
    website = WebsiteFile(tmp_path, PATH)
    assert website.roll_out(LANES[0], "disk", "new", {"percent": 10}) is None
    assert not (tmp_path / PATH).exists()
    for lane in LANES[:2]:
        show(website, lane, "new")
    assert website.roll_out(LANES[0], "disk", "old", {"percent": 10}) is None
    assert website.roll_out(LANES[0], "tree", "new", {"percent": 10}) is None
    assert website.roll_out(LANES[3], "disk", "new", {"percent": 10}) is None
    assert website.roll_out(LANES[0], "disk", "new", {"percent": 10}) is True
    assert website.roll_out(LANES[0], "disk", "new", {"percent": 10}) is False
    said = json.loads((tmp_path / PATH).read_text())["releases"]
    assert said["F23"]["requests"]["stable"]["artifacts"]["disk"] == {"identity": "new", "rollout": {"percent": 10}}
    assert said["F23"]["requests"]["testing"]["artifacts"]["disk"] == {"identity": "new"}
    assert website.roll_out(LANES[0], "disk", "new", None) is True
    assert shown(tmp_path) == dict.fromkeys(LANES[:2], "new")
    assert "rollout" not in (tmp_path / PATH).read_text()
