"""What do people see who promote, tag, archive and clean up trees by hand? On real repos."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from relengotron.cli.ostree import acting
from relengotron.engine.journal.database import Database
from relengotron.engine.journal.tables import audit
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.command import OstreeCommand
from relengotron.systems.ostree.signatures import proof_of
from relengotron.systems.signing.simulated import SimulatedSigner
from tests.unit.cli.story import Command

LIVE = "fedora-atomic/24/x86_64/updates"


@pytest.fixture
def private(tmp_path: Path) -> Path:
    return made(tmp_path / "private")


@pytest.fixture
def live(tmp_path: Path) -> Path:
    return made(tmp_path / "live")


def made(place: Path) -> Path:
    OstreeCli(place).init_archive()
    return place


def commit(repo: Path, ref: str, content: str, *words: str) -> str:
    tree = repo.parent / f"tree-{content}"
    tree.mkdir(exist_ok=True)
    (tree / "file").write_text(content)
    command = ["ostree", f"--repo={repo}", "commit", "-b", ref, "-s", "s", f"--tree=dir={tree}"]
    command += [f"--add-metadata-string=version={content}", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def entries(database: Database) -> list[str]:
    with database.read() as db:
        return list(db.execute(select(audit.c.what).order_by(audit.c.id)).scalars())


def test_a_promotion_is_shown_first_then_done_and_recorded(
    relengotron: Command, database: Database, private: Path, live: Path
) -> None:
    tree = commit(private, "fresh", "24.1", "--no-bindings")
    words = ("ostree", "promote", str(private), "fresh", "--to", LIVE, "--in", str(live))

    said = relengotron(*words, "--plan").output
    assert f"move {LIVE} from nothing to {tree}" in said
    assert "Nothing was changed by looking." in said
    assert OstreeCli(live).refs() == {}
    assert entries(database) == []

    told = json.loads(relengotron(*words, "--json").output)
    assert told["done"] is True
    assert told["result"]["commit"] == tree
    assert OstreeCli(live).refs() == {LIVE: tree}
    asked, came_of_it = entries(database)
    assert f"promote fresh of {private}" in asked
    assert came_of_it.endswith(": done")

    assert "nothing to do" in relengotron(*words).output
    assert len(entries(database)) == 2


def test_a_bound_tree_is_committed_again_with_its_origin_and_deltas(
    relengotron: Command, private: Path, live: Path
) -> None:
    commit(live, LIVE, "24.1", "--no-bindings", "--timestamp=2016-11-01T12:00:00Z")
    tree = commit(private, "fresh", "24.2")
    relengotron("ostree", "promote", str(private), "fresh", "--to", LIVE, "--in", str(live), "--deltas", "3")

    repo = OstreeCli(live)
    info = repo.commit_info(str(repo.head(LIVE)))
    assert (info.version, info.metadata["promoted-from"], info.ref_bindings) == ("24.2", tree, None)
    assert len(repo.deltas()) == 1
    shown = json.loads(relengotron("ostree", "refs", str(live), "--json").output)
    assert [(each["ref"], each["depth"]) for each in shown["refs"]] == [(LIVE, 2)]
    relengotron("ostree", "fsck", str(live))


def test_a_way_back_needs_a_new_version(relengotron: Command, live: Path) -> None:
    first = commit(live, LIVE, "24.1", "--no-bindings", "--timestamp=2016-11-01T12:00:00Z")
    commit(live, LIVE, "24.2", "--no-bindings", "--timestamp=2016-11-02T12:00:00Z")
    words = ("ostree", "promote", str(live), first, "--to", LIVE)

    assert "a way back needs a new version" in relengotron(*words, status=1).output
    relengotron(*words, "--version", "24.3")

    repo = OstreeCli(live)
    assert repo.content_checksum(str(repo.head(LIVE))) == repo.content_checksum(first)
    assert repo.commit_info(str(repo.head(LIVE))).version == "24.3"


def test_a_branch_is_merged_only_if_it_changed_something(relengotron: Command, live: Path) -> None:
    commit(live, "master", "24.1", "--no-bindings", "--timestamp=2016-11-01T12:00:00Z")
    commit(live, "same", "24.1", "--no-bindings")
    commit(live, "other", "24.2", "--no-bindings")

    assert "nothing to do" in relengotron("ostree", "merge", str(live), "same", "--into", "master").output
    relengotron("ostree", "merge", str(live), "other", "--into", "master", "--drop-branch")

    repo = OstreeCli(live)
    assert repo.refs().keys() == {"master", "same"}
    assert repo.commit_info(str(repo.head("master"))).version == "24.2"
    relengotron("ostree", "merge", str(live), "master", "--into", "master", status=1)


def test_a_branch_is_archived_and_deleted_only_when_that_is_meant(
    relengotron: Command, live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "_is_a_person_there", lambda: False)
    first, second = commit(live, "old/tree", "1"), commit(live, "old/tree", "2")
    commit(live, "old/tree-of-others", "3")
    words = ("ostree", "archive", str(live), "old/tree", "--into", str(tmp_path / "archive"), "--delete")

    assert "say --yes" in relengotron(*words, status=2).output
    assert not (tmp_path / "archive").exists()
    relengotron(*words, "--yes")

    archive = OstreeCli(tmp_path / "archive")
    assert archive.refs() == {"old/tree": second}
    assert archive.has_commit(first)
    assert OstreeCli(live).refs().keys() == {"old/tree-of-others"}
    record = json.loads((tmp_path / "archive" / "relengotron-archived" / "old%2Ftree.json").read_text())
    assert record["commits"] == [second, first]
    assert "archived already" in relengotron(*words).output


def test_garbage_is_previewed_and_only_what_nothing_keeps_goes(
    relengotron: Command, config: Path, live: Path, tmp_path: Path
) -> None:
    made = [commit(live, LIVE, f"24.{day}", f"--timestamp=2016-11-0{day}T12:00:00Z") for day in range(1, 6)]
    machines = tmp_path / "machines"
    systems = config / "systems.yaml"
    mended = systems.read_text().replace("depth: 10, age: 180d", "depth: 1").replace("# deployed:", "deployed:")
    systems.write_text(mended.replace("/var/lib/relengotron/deployed", str(machines)))
    relengotron("ostree", "tag", str(live), "ga", made[0])

    assert "cannot be read" in relengotron("ostree", "gc", str(live), "--plan", status=4).output
    machines.write_text("not a commit\n")
    assert "not a commit id" in relengotron("ostree", "gc", str(live), "--plan", status=1).output
    machines.write_text(f"# who runs what\n{made[1]}\n")
    plan = json.loads(relengotron("ostree", "gc", str(live), "--plan", "--json").output)
    assert plan["facts"]["commits"] == [made[2]]
    assert len(OstreeCli(live).commits()) == 5

    done = json.loads(relengotron("ostree", "gc", str(live), "--yes", "--json").output)
    assert done["result"]["bytes"] == plan["facts"]["bytes"] > 0
    assert OstreeCli(live).commits().keys() == {*made[:2], *made[3:]}
    relengotron("ostree", "fsck", str(live))


def test_a_ref_that_clients_would_refuse_is_not_sound(relengotron: Command, live: Path) -> None:
    bound = commit(live, LIVE, "24.1")
    subprocess.run(["ostree", f"--repo={live}", "refs", "--create=other/ref", bound], check=True)
    said = relengotron("ostree", "fsck", str(live), "--json", status=1).output
    assert f"other/ref shows {bound}, which is bound to {LIVE}" in json.loads(said)["wrong"]


def test_what_is_not_there_is_not_found(relengotron: Command, live: Path, tmp_path: Path) -> None:
    relengotron("ostree", "refs", str(tmp_path / "nowhere"), status=3)
    relengotron("ostree", "promote", str(live), "no/ref", "--to", LIVE, status=3)
    relengotron("ostree", "tag", str(live), "v1", "0" * 64, status=3)


def test_a_hostile_name_reaches_no_command(relengotron: Command, live: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = commit(live, LIVE, "24.1", "--no-bindings")
    monkeypatch.setattr(OstreeCommand, "act", lambda *_words: pytest.fail("it was taken for a name"))
    for name in ("../x", "--help=1", "a\nb", "x" * 4096):
        relengotron("ostree", "promote", str(live), tree, "--to", name, status=1)
        relengotron("ostree", "tag", str(live), "--", name, tree, status=1)
        relengotron("ostree", "archive", str(live), "--into", str(live.parent / "archive"), "--", name, status=1)


SLOW = """
import sys, time
from pathlib import Path
from relengotron.systems.ostree.client import OstreeCli
with OstreeCli(Path(sys.argv[1])).hold(sys.argv[2], "be slow"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_on_one_ref_is_told_who_is_first_and_another_ref_is_free(
    relengotron: Command, config: Path, live: Path
) -> None:
    tree = commit(live, "fresh", "24.1", "--no-bindings")
    systems = config / "systems.yaml"
    systems.write_text(systems.read_text().replace("lock_wait: 30s", "lock_wait: 1s"))
    held = [sys.executable, "-c", SLOW, str(live), LIVE]
    with subprocess.Popen(held, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        first.stdout.readline()
        assert "to be slow" in relengotron("ostree", "promote", str(live), tree, "--to", LIVE, status=4).output
        assert "to be slow" in relengotron("ostree", "refs", str(live)).output
        relengotron("ostree", "promote", str(live), tree, "--to", "another/ref")
        first.kill()
    relengotron("ostree", "promote", str(live), tree, "--to", LIVE)


def test_ten_refs_are_promoted_at_the_same_time_and_the_summary_has_all(live: Path) -> None:
    tree = commit(live, "fresh", "24.1", "--no-bindings")

    def promote(number: int) -> None:
        repo = OstreeCli(live)
        with repo.hold(f"ref/{number}", "promote"):
            repo.set_ref(f"ref/{number}", tree, None)
        repo.update_summary()

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(promote, range(10)))
    shown = subprocess.run(["ostree", f"--repo={live}", "summary", "-v"], check=True, capture_output=True, text=True)
    assert sum(line.startswith("* ref/") for line in shown.stdout.splitlines()) == 10


@pytest.fixture
def signed(config: Path, live: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedSigner:
    """The live repo belongs to a release with a key; the signer is made of paper."""
    artifacts = config / "artifacts" / "atomic.yaml"
    content = yaml.safe_load(artifacts.read_text())
    tree = next(each for each in content["artifacts"] if each["kind"] == "ostree")
    tree["settings"] |= {"live_repo": str(live), "ref": LIVE.replace("24", "{version}")}
    artifacts.write_text(yaml.safe_dump(content))
    signer = SimulatedSigner("fedora-24")
    monkeypatch.setattr("relengotron.systems.world.signers_of", lambda _: {"fedora-24": signer, "fedora-23": signer})
    return signer


def test_what_is_promoted_is_signed_before_the_ref_shows_it(
    relengotron: Command, private: Path, live: Path, signed: SimulatedSigner
) -> None:
    tree = commit(private, "fresh", "24.1", "--no-bindings")
    words = ("ostree", "promote", str(private), "fresh", "--to", LIVE, "--in", str(live))
    assert f"let {tree} be signed with fedora-24" in relengotron(*words, "--plan").output

    signed.is_down = True
    assert "the bridge is down" in relengotron(*words, status=4).output
    assert OstreeCli(live).refs() == {}

    signed.is_down = False
    relengotron(*words)
    repo = OstreeCli(live)
    assert repo.refs() == {LIVE: tree}
    assert proof_of(repo, tree, signed).is_good
    assert (live / "summary.sig").exists()


def test_heads_of_before_the_key_are_signed_once(relengotron: Command, live: Path, signed: SimulatedSigner) -> None:
    head = commit(live, LIVE, "24.1", "--no-bindings")
    told = relengotron("ostree", "sign", str(live)).output
    assert f"sign {head} with fedora-24, which {LIVE} shows" in told
    assert "Done: signed 1" in told
    assert "nothing to do" in relengotron("ostree", "sign", str(live)).output
    assert len(OstreeCli(live).signatures(head)) == 1


def test_a_repo_of_nobody_is_not_signed(relengotron: Command, live: Path) -> None:
    commit(live, LIVE, "24.1")
    assert "no release with an artifacts_key" in relengotron("ostree", "sign", str(live), status=1).output
