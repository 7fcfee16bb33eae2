"""Does the lab's tester really look at the bits, and say so once?"""

import hashlib
import shutil
import threading
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from relengotron.errors import SystemUnreachable
from relengotron.lab.tester import Tester
from relengotron.lab.tester.store import ComposeStore
from relengotron.systems.inprocess import WsgiAdapter
from relengotron.systems.rest import RestService
from relengotron.systems.resultsdb.client import ResultsDbClient
from relengotron.systems.resultsdb.port import TestResult
from relengotron.systems.resultsdb.simulated import SimulatedResultsDb, create_app
from tests.lab_reader.bits import NEWEST, REF, Bits, commit_tree, make_repo

URL = "http://resultsdb.sim/api/v2.0"
GROUP = "27f94e36-62ec-11e6-83fd-525400d7d6a4"


class Lab:
    """A ResultsDB, and a tester that hears it or not."""

    def __init__(self, store: Path, **options: Any) -> None:
        self.announced: list[tuple[str, dict[str, Any]]] = []
        service = SimulatedResultsDb(
            lambda: datetime.now(UTC).timestamp(), announce=lambda topic, body: self.announced.append((topic, body))
        )
        session = requests.Session()
        session.mount("http://resultsdb.sim", WsgiAdapter(create_app(service)))
        self.session = session
        self.results = ResultsDbClient(RestService(URL, session))
        self.tester = Tester(self.results, ComposeStore([store]), **options)

    def announce(self, item: str, kind: str, **data: object) -> None:
        fixed = {"item": item, "type": "compose", "kind": kind, "artifact": f"f24-{kind}", "relengotron_run": "run-7"}
        listed = {key: value if isinstance(value, list) else [value] for key, value in (fixed | data).items()}
        body = {"testcase": "relengotron.compose", "outcome": "PASSED", "groups": [GROUP], "data": listed}
        answer = self.session.post(f"{URL}/results", json=body, timeout=5)
        assert answer.status_code == 201, answer.text

    def hear_all(self) -> None:
        for topic, body in self.announced:
            self.tester.hear(topic, body)
        self.announced.clear()

    def verdicts(self, item: str) -> list[TestResult]:
        found = self.results.results_for([item], [])
        return [result for result in found if result.testcase != "relengotron.compose"]

    def verdict(self, item: str) -> tuple[str, str, str]:
        self.hear_all()
        self.tester.run_once()
        (one,) = self.verdicts(item)
        return one.testcase, one.outcome, one.note


@pytest.fixture
def store(bits: Bits, tmp_path: Path) -> Path:
    for name in ("base", "updates", "ostree", "images"):
        shutil.copytree(bits.folder / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def lab(store: Path) -> Lab:
    return Lab(store)


def name_of(repo: Path) -> str:
    sums = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in repo.rglob("repomd.xml"))
    return f"f24-updates-{hashlib.sha256(chr(10).join(sums).encode()).hexdigest()[:16]}"


def announce_updates(lab: Lab, store: Path, **changes: object) -> str:
    item = name_of(store / "updates")
    data = {"location": str(store / "updates"), "arch": ["x86_64"], "repos": [f"file://{store}/base/$basearch"]}
    lab.announce(item, "mash", **(data | changes))
    return item


def test_a_closed_repo_passes_and_the_verdict_can_be_found_by_everything_it_is_about(lab: Lab, store: Path) -> None:
    item = announce_updates(lab, store)
    assert lab.verdict(item) == (
        "dist.repoclosure",
        "PASSED",
        "every dependency is met: x86_64 2 packages",
    )
    (stored,) = lab.verdicts(item)
    assert stored.groups == (GROUP,)
    assert stored.data["artifact"] == ("f24-mash",)
    assert stored.data["relengotron_run"] == ("run-7",)
    assert stored.data["arch"] == ("x86_64",)


def test_a_broken_dependency_fails_with_its_name(lab: Lab, store: Path, bits: Bits) -> None:
    shutil.rmtree(store / "updates")
    make_repo(store / "updates/x86_64", [bits.rpm("tools-2-1")])
    case, outcome, note = lab.verdict(announce_updates(lab, store, repos=[str(store / "base")]))
    assert (case, outcome) == ("dist.repoclosure", "FAILED")
    assert "nothing provides bash >= 5" in note


def test_without_the_base_repos_the_same_repo_is_not_closed(lab: Lab, store: Path) -> None:
    assert lab.verdict(announce_updates(lab, store, repos=[]))[1] == "FAILED"


def test_other_bits_than_the_announced_ones_fail(lab: Lab, store: Path, bits: Bits) -> None:
    item = announce_updates(lab, store)
    make_repo(store / "updates/x86_64", [bits.rpm("base-files-1-1")])
    found = name_of(store / "updates").rpartition("-")[2]
    assert lab.verdict(item)[1:] == ("FAILED", f"the item is {item}, but these bits are {found}")


def test_the_base_repo_of_another_arch_does_not_help(lab: Lab, store: Path, bits: Bits) -> None:
    shutil.copytree(store / "updates/x86_64", store / "updates/i686")
    shutil.copytree(store / "base/x86_64", store / "base/i686")
    for rpm in (store / "base/x86_64").glob("*.rpm"):
        rpm.unlink()
    make_repo(store / "base/x86_64", [])
    both = [f"{store}/base/x86_64", f"{store}/base/i686"]
    _, outcome, note = lab.verdict(announce_updates(lab, store, arch=["x86_64", "i686"], repos=both))
    assert (outcome, note.partition(":")[0]) == ("FAILED", "x86_64")


def test_an_announced_arch_without_a_repo_fails(lab: Lab, store: Path) -> None:
    note = lab.verdict(announce_updates(lab, store, arch=["x86_64", "i686"]))[2]
    assert note == f"there is no repo at {store}/updates/i686"


def test_a_place_outside_the_store_is_not_read(lab: Lab, store: Path) -> None:
    assert lab.verdict(announce_updates(lab, store, location="/etc"))[1:] == (
        "FAILED",
        "/etc lies outside the compose store",
    )


def announce_tree(lab: Lab, store: Path, commit: str, **changes: object) -> str:
    repos = [f"{store}/base/x86_64", f"{store}/updates/x86_64"]
    data = {"ref": REF, "commit": commit, "repo": str(store / "ostree"), "arch": "x86_64", "repos": repos}
    lab.announce(commit, "ostree", **(data | changes))
    return commit


def test_a_whole_tree_of_the_newest_packages_passes(lab: Lab, store: Path, bits: Bits) -> None:
    case, outcome, note = lab.verdict(announce_tree(lab, store, bits.commit))
    assert (case, outcome) == ("dist.ostree_content", "PASSED"), note


def test_a_tree_with_an_old_package_fails(lab: Lab, store: Path, bits: Bits) -> None:
    old = commit_tree(store / "ostree", bits.folder / "tree", [NEWEST[0], "bash 0 4 1 x86_64"])
    assert lab.verdict(announce_tree(lab, store, old))[1:] == (
        "FAILED",
        "1 of 2 packages are not the newest: bash-0-4-1-x86_64 (repos: 0-5-1-x86_64)",
    )


def test_the_repos_of_the_same_push_count_for_a_tree(lab: Lab, store: Path, bits: Bits) -> None:
    base, push = [f"{store}/base/x86_64"], [f"{store}/updates"]
    _, outcome, note = lab.verdict(announce_tree(lab, store, bits.commit, repos=base, inputs=push))
    assert outcome == "PASSED", note


def test_a_damaged_tree_fails(lab: Lab, store: Path, bits: Bits) -> None:
    content = next((store / "ostree/objects").rglob("*.filez"))
    content.write_bytes(content.read_bytes()[::-1])
    _, outcome, note = lab.verdict(announce_tree(lab, store, bits.commit))
    assert outcome == "FAILED"
    assert "ostree fsck" in note


@pytest.mark.parametrize("name", ["Atomic.iso", "Atomic.raw.xz"])
def test_an_image_with_the_announced_commit_passes(lab: Lab, store: Path, bits: Bits, name: str) -> None:
    image = store / "images" / name
    item = f"sha256-{hashlib.sha256(image.read_bytes()).hexdigest()[:16]}-{name}"
    lab.announce(item, "image", location=str(store / "images"), path=str(image), commit=bits.commit)
    case, outcome, note = lab.verdict(item)
    assert (case, outcome) == ("dist.image_content", "PASSED"), note


def test_an_image_with_another_commit_fails(lab: Lab, store: Path) -> None:
    image = store / "images/Atomic.iso"
    item = f"sha256-{hashlib.sha256(image.read_bytes()).hexdigest()[:16]}-Atomic.iso"
    lab.announce(item, "image", location=str(image), commit="0" * 64)
    assert "no OSTree repo with commit 000" in lab.verdict(item)[2]


def test_each_verdict_is_stored_once_however_often_it_is_announced(lab: Lab, store: Path) -> None:
    item = announce_updates(lab, store)
    messages = list(lab.announced)
    for _ in range(3):
        for topic, body in messages:
            lab.tester.hear(topic, body)
        lab.tester.poll()
        lab.tester.run_once()
    other = Tester(lab.results, ComposeStore([store]))
    other.poll()
    assert other.run_once() == 0
    assert len(lab.verdicts(item)) == 1


def test_a_lost_announcement_is_found_by_polling(lab: Lab, store: Path) -> None:
    item = announce_updates(lab, store)
    lab.tester.poll()
    assert lab.tester.run_once() == 1
    assert len(lab.verdicts(item)) == 1


def test_a_verdict_can_be_told_to_fail_for_a_rehearsal(store: Path) -> None:
    lab = Lab(store, fail=["dist.repoclosure:f24-mash"])
    assert lab.verdict(announce_updates(lab, store))[1] == "FAILED"


def test_a_test_that_cannot_run_asks_for_inspection(store: Path) -> None:
    def breaks(*_: object) -> str:
        raise OSError("no space left")

    lab = Lab(store, testcases={"mash": {"dist.repoclosure": breaks}})
    assert lab.verdict(announce_updates(lab, store))[1:] == (
        "NEEDS_INSPECTION",
        "the test could not be run: OSError: no space left",
    )


def test_a_compose_without_what_the_test_needs_asks_for_inspection(lab: Lab) -> None:
    lab.announce("some-item", "ostree")
    assert lab.verdict("some-item")[1] == "NEEDS_INSPECTION"


def test_messages_that_are_no_compose_are_left_alone(lab: Lab) -> None:
    lab.tester.hear("org.fedoraproject.dev.resultsdb.result.new", {"testcase": {"name": "dist.depcheck"}})
    lab.tester.hear("org.fedoraproject.dev.resultsdb.result.new", {"nonsense": 1})
    lab.tester.hear("org.fedoraproject.dev.buildsys.tag", {})
    lab.announce("item", "unheard-of")
    lab.hear_all()
    assert lab.tester.run_once() == 0


def test_while_resultsdb_is_down_nothing_is_lost(lab: Lab, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = announce_updates(lab, store)
    lab.hear_all()

    def down(items: Collection[str], cases: Collection[str]) -> None:
        raise SystemUnreachable("down")

    with monkeypatch.context() as broken:
        broken.setattr(lab.results, "results_for", down)
        assert lab.tester.run_once() == 0
    assert lab.tester.run_once() == 1
    assert len(lab.verdicts(item)) == 1


def test_the_tester_runs_until_it_is_told_to_stop(lab: Lab, store: Path) -> None:
    item, stop = announce_updates(lab, store), threading.Event()
    thread = threading.Thread(target=lab.tester.run, args=(stop,))
    thread.start()
    lab.hear_all()
    while not lab.verdicts(item):
        thread.join(0.01)
    stop.set()
    lab.tester.wake()
    thread.join(5)
    assert not thread.is_alive()
