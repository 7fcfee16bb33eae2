"""Does our OSTree repo keep its promises on real bits?"""

import hashlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relengotron.errors import MalformedInput, RefMoved, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.model.package import Package
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.reading import read_commit

REF = "fedora-atomic/f23/x86_64/docker-host"
SUBJECT = 'say "it\'s"'
WHEN = datetime(2016, 5, 31, 12, 0, tzinfo=UTC)
PACKAGES = "[('bash', '0', '4.3.42', '1.fc23', 'x86_64'), (\"it's\", '1', '2', '3.fc23', 'noarch')]"


@pytest.fixture
def repo(tmp_path: Path) -> OstreeRepo:
    made = OstreeCli(tmp_path / "live")
    made.init_archive()
    return made


def commit(repo: OstreeRepo, content: str, *, ref: str = REF, bound: bool = False, version: str = "23.1") -> str:
    tree = repo.path.parent / "tree"
    tree.mkdir(exist_ok=True)
    (tree / "file").write_text(content)
    binding = [] if bound else ["--no-bindings"]
    metadata = [f"--add-metadata-string=version={version}", f"--add-metadata=rpmostree.rpmdb.pkglist={PACKAGES}"]
    done = subprocess.run(
        [
            "ostree",
            f"--repo={repo.path}",
            "commit",
            "-b",
            ref,
            "-s",
            SUBJECT,
            f"--tree=dir={tree}",
            *binding,
            *metadata,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def test_making_a_repo_twice_changes_nothing(repo: OstreeRepo) -> None:
    first = commit(repo, "one")
    repo.init_archive()
    assert repo.head(REF) == first


def test_a_ref_that_is_not_there_has_no_head(repo: OstreeRepo) -> None:
    assert repo.head("not/there") is None
    assert repo.refs() == {}


def test_a_repo_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(SystemUnreachable):
        OstreeCli(tmp_path / "nowhere").head(REF)


def test_a_missing_command_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(SystemUnreachable):
        OstreeCli(tmp_path, binary="no-such-ostree").refs()


def test_a_command_that_hangs_is_unreachable(repo: OstreeRepo) -> None:
    with pytest.raises(SystemUnreachable):
        OstreeCli(repo.path, ask_limit=timedelta(microseconds=1)).refs()


def test_a_commit_tells_its_packages_version_parent_and_content(repo: OstreeRepo) -> None:
    first = commit(repo, "one")
    second = commit(repo, "two", bound=True, version="23.2")

    info = repo.commit_info(second)

    assert info.parent == first
    assert info.version == "23.2"
    assert info.subject == SUBJECT
    assert info.ref_bindings == (REF,)
    assert repo.commit_info(first).ref_bindings is None
    assert info.packages == (
        Package("bash", "0", "4.3.42", "1.fc23", "x86_64"),
        Package("it's", "1", "2", "3.fc23", "noarch"),
    )
    assert info.timestamp.tzinfo is not None
    assert info.content_checksum != repo.content_checksum(first)


def test_the_file_of_a_commit_says_what_the_command_says(repo: OstreeRepo) -> None:
    commit(repo, "one")
    for made in (commit(repo, "two", bound=True), commit(repo, "three" * 9_000, version="23.9" * 100)):
        told = [
            subprocess.run(["ostree", f"--repo={repo.path}", *words, made], check=True, capture_output=True, text=True)
            for words in (["show"], ["show", "--raw"])
        ]
        assert repo.commit_info(made) == read_commit(made, *(each.stdout for each in told))


def test_a_damaged_commit_is_not_read(repo: OstreeRepo) -> None:
    made = commit(repo, "one")
    place = repo.path / "objects" / made[:2] / f"{made[2:]}.commit"
    place.write_bytes(place.read_bytes().replace(b"23.1", b"99.9"))
    with pytest.raises(MalformedInput, match="damaged"):
        repo.commit_info(made)


def test_setting_a_ref_compares_before_it_writes(repo: OstreeRepo) -> None:
    first, second = commit(repo, "one"), commit(repo, "two")
    with pytest.raises(RefMoved):
        repo.set_ref(REF, first, expected_old=None)
    assert repo.head(REF) == second

    repo.set_ref(REF, first, expected_old=second)
    repo.set_ref(REF, first, expected_old=second)
    repo.set_ref("other/ref", first, expected_old=None)

    assert repo.refs() == {REF: first, "other/ref": first}


def test_a_ref_is_never_set_to_a_commit_that_is_not_there(repo: OstreeRepo) -> None:
    first = commit(repo, "one")
    with pytest.raises(RequestRefused):
        repo.set_ref(REF, "0" * 64, expected_old=first)
    assert repo.head(REF) == first


def test_a_ref_is_never_set_to_a_commit_that_clients_refuse_under_that_name(repo: OstreeRepo) -> None:
    bound = commit(repo, "one", bound=True)
    with pytest.raises(RequestRefused, match="bound"):
        repo.set_ref("other/ref", bound, expected_old=None)


def test_an_alias_is_neither_written_nor_deleted_nor_listed_as_a_ref(repo: OstreeRepo) -> None:
    first = commit(repo, "one")
    subprocess.run(["ostree", f"--repo={repo.path}", "refs", "-A", "--create=alias/of", REF], check=True)

    assert repo.aliases() == {"alias/of": REF}
    assert repo.refs() == {REF: first}
    with pytest.raises(RequestRefused, match="alias"):
        repo.set_ref("alias/of", first, expected_old=first)
    with pytest.raises(RequestRefused, match="alias"):
        repo.delete_ref("alias/of")
    with pytest.raises(RequestRefused, match="alias"):
        repo.delete_ref(REF)


def test_a_ref_of_others_whose_name_begins_like_a_commit_is_read_as_itself(repo: OstreeRepo) -> None:
    other = commit(repo, "other files")
    own = commit(repo, "files", ref=other[:3])

    assert repo.refs() == {REF: other, other[:3]: own}


def test_deleting_the_beginning_of_a_ref_deletes_nothing(repo: OstreeRepo) -> None:
    commit(repo, "one")
    repo.delete_ref("fedora-atomic/f23")
    assert set(repo.refs()) == {REF}
    repo.delete_ref(REF)
    repo.delete_ref(REF)
    assert repo.refs() == {}


def test_two_writers_of_one_ref_do_not_meet(repo: OstreeRepo) -> None:
    assert isinstance(repo, OstreeCli)
    first = commit(repo, "one")
    with repo._writing(REF), pytest.raises(SystemBusy):
        OstreeCli(repo.path).set_ref(REF, first, expected_old=first)
    OstreeCli(repo.path).set_ref(REF, first, expected_old=first)


def test_a_commit_is_pulled_by_name_without_moving_our_ref(repo: OstreeRepo, tmp_path: Path) -> None:
    compose = OstreeCli(tmp_path / "compose")
    compose.init_archive()
    commit(compose, "one")
    newest = commit(compose, "two")

    assert repo.pull_local(compose.path, REF) == newest
    assert repo.pull_local(compose.path, newest) == newest

    assert repo.head(REF) is None
    repo.set_ref(REF, newest, expected_old=None)
    repo.update_summary()
    assert repo.fsck().clean


def test_a_pull_that_was_cut_off_is_not_taken_for_a_commit(repo: OstreeRepo, tmp_path: Path) -> None:
    compose = OstreeCli(tmp_path / "compose")
    compose.init_archive()
    newest = repo.pull_local(compose.path, commit(compose, "one"))
    (repo.path / "state" / f"{newest}.commitpartial").touch()

    assert not repo.has_commit(newest)
    with pytest.raises(RequestRefused, match="not whole"):
        repo.set_ref(REF, newest, expected_old=None)

    repo.pull_local(compose.path, newest)
    repo.set_ref(REF, newest, expected_old=None)


def test_a_corrupt_object_is_not_pulled(repo: OstreeRepo, tmp_path: Path) -> None:
    compose = OstreeCli(tmp_path / "compose")
    compose.init_archive()
    newest = commit(compose, "two")
    content = next((compose.path / "objects").rglob("*.filez"))
    content.write_bytes(content.read_bytes()[::-1])

    with pytest.raises(RequestRefused):
        repo.pull_local(compose.path, newest)
    assert not compose.fsck().clean


def test_old_content_is_committed_again_with_the_same_id_each_time(repo: OstreeRepo) -> None:
    old, bad = commit(repo, "one"), commit(repo, "two", version="23.2")

    def again() -> str:
        return repo.commit_tree_of(
            old, parent=bad, subject="Back to 23.1", timestamp=WHEN, version="23.3", metadata={"promoted-from": old}
        )

    back = again()
    assert again() == back
    assert repo.head(REF) == bad
    info = repo.commit_info(back)
    assert (info.parent, info.version, info.timestamp) == (bad, "23.3", WHEN)
    assert info.content_checksum == repo.content_checksum(old)
    assert info.packages == repo.commit_info(old).packages
    assert info.metadata["promoted-from"] == old
    assert info.ref_bindings is None
    repo.set_ref(REF, back, expected_old=bad)


def test_committed_again_for_one_ref_it_is_bound_to_it(repo: OstreeRepo) -> None:
    old = commit(repo, "one")
    bound = repo.commit_tree_of(old, parent=None, subject="s", timestamp=WHEN, bind_ref="stable/host")
    assert repo.commit_info(bound).ref_bindings == ("stable/host",)
    assert repo.commit_info(bound).parent is None


@pytest.mark.parametrize(
    "name",
    ["", "/a", "-a", "a/-b", "a..b", "../a", "a b", "a\nb", "a//b", "a/", "a^", "f25", "0" * 64, "a:b", "a" * 300],
)
def test_no_other_text_is_taken_for_a_ref(repo: OstreeRepo, name: str) -> None:
    with pytest.raises(MalformedInput):
        repo.head(name)
    with pytest.raises(MalformedInput):
        repo.set_ref(name, hashlib.sha256().hexdigest(), expected_old=None)
    with pytest.raises(MalformedInput):
        repo.delete_ref(name)


@pytest.mark.parametrize("commit_id", ["", "abc", "--version", REF, "A" * 64])
def test_no_other_text_is_taken_for_a_commit(repo: OstreeRepo, commit_id: str) -> None:
    with pytest.raises(MalformedInput):
        repo.commit_info(commit_id)
