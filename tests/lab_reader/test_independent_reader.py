"""Does the independent reader confirm what is right, and see each thing that is wrong?"""

import hashlib
import json
import shutil
import subprocess
import sys
import xmlrpc.server
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from relengotron.lab.verify.expectation import Expectation
from relengotron.lab.verify.reader import verify
from relengotron.lab.verify.report import Report
from tests.lab_reader.bits import REF, Bits, commit_tree, make_repo

TAGGED = {"rawhide": ["nano-2-1", "bash-5-1"], "rawhide-pending": []}
TASKS = [
    {"id": 1, "parent": None, "method": "mash", "request": ["f24-updates", {"marker": "run-7/repo"}]},
    {"id": 2, "parent": 1, "method": "tagBuild", "request": []},
    {"id": 3, "parent": None, "method": "runroot", "request": ["f24", "x86_64", "rpm-ostree run-7/tree"]},
]


def expectation(bits: Bits, **changes: Any) -> Expectation:
    listed = {"commit": bits.commit, "checksum": "images/Atomic-CHECKSUM"}
    found: dict[str, Any] = {
        "repos": [
            {
                "path": "updates",
                "arches": ["x86_64"],
                "must_have": ["bash-5-1", "tools-2-1"],
                "must_not_have": ["bash-4-1"],
                "base": ["base/$basearch"],
            }
        ],
        "refs": [
            {
                "repo": "ostree",
                "ref": REF,
                "commit": bits.commit,
                "repos": ["base/x86_64", "updates/x86_64"],
                "must_have_packages": ["bash-5-1", "base-files"],
            }
        ],
        "images": [
            {"path": "images/Atomic.iso", "kind": "iso"} | listed,
            {"path": "images/Atomic.raw.xz", "kind": "disk"} | listed,
        ],
    }
    return Expectation.from_json(found | changes)


def only(bits: Bits, *kinds: str) -> Expectation:
    return expectation(bits, **{kind: [] for kind in {"repos", "refs", "images"} - set(kinds)})


def wrongs(report: Report) -> str:
    return "\n".join(str(check) for check in report.checks if not check.passed)


def test_everything_right_is_confirmed_fact_by_fact(bits: Bits, mirror_url: str) -> None:
    report = verify(mirror_url, expectation(bits))
    assert report.passed, wrongs(report)
    facts = "\n".join(map(str, report.checks))
    assert "2 packages have the right checksums" in facts
    assert f"shows commit {bits.commit}" in facts
    assert "kernel, initrd and a whole repo at /ostree/repo" in facts
    assert f"commit {bits.commit} at /ostree/repo/objects/" in facts


def test_the_reader_shares_no_code_with_what_it_checks() -> None:
    listing = "import sys, relengotron.lab.verify.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.partition(".")[0] == "relengotron"}
    assert {name for name in ours if "verify" not in name} == {"relengotron", "relengotron.lab"}


def test_an_expectation_of_nothing_is_not_a_pass(mirror_url: str) -> None:
    assert not verify(mirror_url, Expectation()).passed


def damaged_package(pub: Path, bits: Bits) -> None:
    rpm = next((pub / "updates").rglob("tools*.rpm"))
    rpm.write_bytes(rpm.read_bytes()[:-1] + b"?")


def missing_package(pub: Path, bits: Bits) -> None:
    next((pub / "updates").rglob("tools*.rpm")).unlink()


def damaged_metadata(pub: Path, bits: Bits) -> None:
    primary = next((pub / "updates").rglob("*primary*"))
    primary.write_bytes(primary.read_bytes() + b"?")


def no_metadata(pub: Path, bits: Bits) -> None:
    next((pub / "updates").rglob("repomd.xml")).unlink()


def broken_dependency(pub: Path, bits: Bits) -> None:
    shutil.rmtree(pub / "updates/x86_64")
    make_repo(pub / "updates/x86_64", [bits.rpm("tools-2-1")])


def ejected_build(pub: Path, bits: Bits) -> None:
    make_repo(pub / "updates/x86_64", [bits.rpm("bash-4-1")])


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (damaged_package, "has sha256"),
        (missing_package, "404"),
        (damaged_metadata, "has sha256"),
        (no_metadata, "404"),
        (broken_dependency, "bash >= 5"),
        (broken_dependency, "bash-5-1 is missing"),
        (ejected_build, "ejected build bash-4-1"),
    ],
)
def test_a_wrong_repo_is_seen(
    damage: Callable[[Path, Bits], None], told: str, bits: Bits, pub: Path, mirror_url: str
) -> None:
    damage(pub, bits)
    assert told in wrongs(verify(mirror_url, only(bits, "repos")))


def lost_object(pub: Path, bits: Bits) -> None:
    next((pub / "ostree/objects").rglob("*.filez")).unlink()


def damaged_object(pub: Path, bits: Bits) -> None:
    content = next((pub / "ostree/objects").rglob("*.filez"))
    content.write_bytes(content.read_bytes()[::-1])


def stale_tree(pub: Path, bits: Bits) -> None:
    commit_tree(pub / "ostree", bits.folder / "tree", ["base-files 0 1 1 noarch", "bash 0 4 1 x86_64"])


def strange_package(pub: Path, bits: Bits) -> None:
    commit_tree(pub / "ostree", bits.folder / "tree", ["mystery 0 1 1 x86_64"])


def lost_ref(pub: Path, bits: Bits) -> None:
    shutil.rmtree(pub / "ostree/refs/heads")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lost_object, "ostree pull"),
        (damaged_object, "ostree pull"),
        (stale_tree, "bash-0-4-1-x86_64 but the repos have 0-5-1-x86_64"),
        (stale_tree, "should show"),
        (strange_package, "mystery-0-1-1-x86_64 but the repos have none"),
        (lost_ref, "ostree pull"),
    ],
)
def test_a_wrong_tree_is_seen(
    damage: Callable[[Path, Bits], None], told: str, bits: Bits, pub: Path, mirror_url: str
) -> None:
    damage(pub, bits)
    (pub / "ostree/summary").unlink()
    assert told in wrongs(verify(mirror_url, only(bits, "refs")))


def test_wrong_images_are_seen(bits: Bits, pub: Path, mirror_url: str) -> None:
    (pub / "images/Atomic.iso").write_bytes((pub / "images/Atomic.iso").read_bytes()[:40000])
    (pub / "images/Atomic.raw.xz").write_bytes(b"not xz")
    told = wrongs(verify(mirror_url, only(bits, "images")))
    assert told.count("has sha256") == 2
    assert "ISO" in told
    assert "xz" in told


def test_images_of_another_commit_are_seen(bits: Bits, mirror_url: str) -> None:
    other = Bits(bits.folder, "0" * 64)
    told = wrongs(verify(mirror_url, only(other, "images")))
    assert "the ISO has no OSTree repo with commit 000" in told
    assert "the disk image has no commit 000" in told


def test_a_file_that_had_to_stay_is_compared(bits: Bits, mirror_url: str) -> None:
    text = (bits.images / "Atomic-CHECKSUM").read_bytes()
    same = {"path": "images/Atomic-CHECKSUM", "sha256": hashlib.sha256(text).hexdigest()}
    assert verify(mirror_url, Expectation.from_json({"unchanged": [same]})).passed
    assert not verify(mirror_url, Expectation.from_json({"unchanged": [same | {"sha256": "0" * 64}]})).passed
    assert verify(mirror_url, Expectation.from_json({"checksums": ["images/Atomic-CHECKSUM"]})).passed


@pytest.fixture
def hub() -> Iterator[str]:
    with xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), allow_none=True, logRequests=False) as server:
        server.register_function(lambda name: {"id": 7, "name": name} if name == "relengotron" else None, "getUser")
        server.register_function(lambda opts, query: TASKS if opts == {"owner": 7, "decode": True} else [], "listTasks")
        server.register_function(lambda tag, *_how: [{"nvr": each} for each in TAGGED[tag]], "listTagged")
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ([("mash", "run-7/repo", 1), ("runroot", "run-7/tree", 1)], ""),
        ([("mash", "run-7/repo", 1)], "1 tasks that nobody should have made: 3 (runroot)"),
        ([("mash", "run-7/repo", 2), ("runroot", "run-7", 1)], "1 mash tasks with 'run-7/repo' [1], should be 2"),
        ([], "2 tasks that nobody should have made"),
    ],
)
def test_koji_tasks_are_counted_no_more_no_fewer(hub: str, tasks: list[tuple[str, str, int]], told: str) -> None:
    wanted = [{"method": method, "marker": marker, "count": count} for method, marker, count in tasks]
    report = verify("http://127.0.0.1:9", Expectation.from_json({"koji": hub, "tasks": wanted}))
    assert told in wrongs(report)
    assert report.passed == (not told)


@pytest.mark.parametrize(
    ("builds", "told"),
    [
        (["bash-5-1", "nano-2-1"], ""),
        (["bash-5-1"], "missing: none; too many: nano-2-1"),
        (["bash-5-1", "nano-2-1", "less-1-1"], "missing: less-1-1; too many: none"),
    ],
)
def test_the_builds_of_a_koji_tag_are_named_no_more_no_fewer(hub: str, builds: list[str], told: str) -> None:
    wanted = [{"tag": "rawhide", "builds": builds}, {"tag": "rawhide-pending", "builds": []}]
    report = verify("http://127.0.0.1:9", Expectation.from_json({"koji": hub, "tags": wanted}))
    assert told in wrongs(report)
    assert report.passed == (not told)


def test_a_tag_that_koji_does_not_have_is_wrong(hub: str) -> None:
    assert not verify("http://127.0.0.1:9", Expectation.from_json({"koji": hub, "tags": [{"tag": "f0"}]})).passed


def test_nothing_that_should_be_checked_is_overlooked() -> None:
    with pytest.raises(ValueError, match="refz"):
        Expectation.from_json({"refz": []})
    with pytest.raises(ValueError, match="must_hold"):
        Expectation.from_json({"repos": [{"path": "x", "must_hold": []}]})
    with pytest.raises(ValueError, match="sha256"):
        Expectation.from_json({"unchanged": [{"path": "x"}]})


def test_the_command_prints_facts_and_its_exit_code_says_it_all(bits: Bits, mirror_url: str, tmp_path: Path) -> None:
    expect = tmp_path / "expect.json"
    repo = {"path": "updates", "arches": ["x86_64"], "base": ["base/x86_64"], "must_have": ["bash-5-1"]}
    expect.write_text(json.dumps({"mirror": mirror_url, "repos": [repo]}))
    command = [sys.executable, "-m", "relengotron.lab.verify", "--expect", str(expect), "--json"]
    good = subprocess.run(command, capture_output=True, text=True)
    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["passed"] is True

    expect.write_text(json.dumps({"mirror": mirror_url, "repos": [repo | {"must_have": ["bash-6-1"]}]}))
    bad = subprocess.run([*command[:-1]], capture_output=True, text=True)
    assert (bad.returncode, "✘ updates/x86_64: update build bash-6-1 is missing" in bad.stdout) == (1, True)

    expect.write_text("[]")
    assert subprocess.run(command, capture_output=True, text=True).returncode == 2
