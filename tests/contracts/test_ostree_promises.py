"""Do the real OSTree repo and the simulated one keep the same promises?"""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Protocol

import pytest

from relengotron.errors import MalformedInput, RefMoved, RequestRefused, SystemBusy, SystemUnreachable
from relengotron.model.tree_history import Delta
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.deltas import make_deltas
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.simulated import SimulatedOstree

REF = "fedora-atomic/f24/x86_64/docker-host"
WHEN = datetime(2016, 11, 1, 12, 0, tzinfo=UTC)
Open = Callable[[Path], OstreeRepo]


class Compose(Protocol):
    """How a composer commits one file and shows the commit as a ref."""

    def __call__(self, repo: OstreeRepo, content: str, *, ref: str = REF, bound: bool = False) -> str: ...


def compose_really(repo: OstreeRepo, content: str, *, ref: str = REF, bound: bool = False) -> str:
    tree = repo.path.parent / "tree"
    tree.mkdir(exist_ok=True)
    (tree / "file").write_text(content)
    words = ["commit", "-b", ref, "-s", "paper", f"--tree=dir={tree}", "--add-metadata-string=version=24.1"]
    done = subprocess.run(
        ["ostree", f"--repo={repo.path}", *words, *([] if bound else ["--no-bindings"])],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def compose_on_paper(repo: OstreeRepo, content: str, *, ref: str = REF, bound: bool = False) -> str:
    assert isinstance(repo, SimulatedOstree)
    before = repo.head(ref)
    made = repo.commit_files(
        {"file": content},
        parent=before,
        subject="paper",
        timestamp=WHEN,
        bind_ref=ref if bound else None,
        metadata={"version": "24.1"},
    )
    repo.set_ref(ref, made, before)
    return made


@pytest.fixture(params=["real", "simulated"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(kind: str) -> Open:
    return OstreeCli if kind == "real" else SimulatedOstree


@pytest.fixture
def compose(kind: str) -> Compose:
    return compose_really if kind == "real" else compose_on_paper


@pytest.fixture
def repo(opened: Open, tmp_path: Path) -> OstreeRepo:
    made = opened(tmp_path / "live")
    made.init_archive()
    made.init_archive()
    return made


def test_a_repo_that_is_not_there_is_unreachable(opened: Open, tmp_path: Path) -> None:
    with pytest.raises(SystemUnreachable):
        opened(tmp_path / "nowhere").head(REF)
    with pytest.raises(SystemUnreachable):
        opened(tmp_path / "nowhere").refs()


def test_a_commit_tells_its_parent_version_subject_and_content(repo: OstreeRepo, compose: Compose) -> None:
    first, second = compose(repo, "one"), compose(repo, "two", bound=True)

    info = repo.commit_info(second)

    assert (info.parent, info.version, info.subject) == (first, "24.1", "paper")
    assert info.ref_bindings == (REF,)
    assert repo.commit_info(first).ref_bindings is None
    assert info.content_checksum == repo.content_checksum(second) != repo.content_checksum(first)
    assert repo.fsck().clean


def test_refs_are_compared_before_they_are_set(repo: OstreeRepo, compose: Compose) -> None:
    first, second = compose(repo, "one"), compose(repo, "two")
    with pytest.raises(RefMoved):
        repo.set_ref(REF, first, expected_old=None)
    repo.set_ref(REF, first, expected_old=second)
    repo.set_ref(REF, first, expected_old=second)
    repo.set_ref("other/ref", second, expected_old=None)

    assert repo.refs() == {REF: first, "other/ref": second}
    assert repo.head("not/there") is None


def test_a_commit_that_is_not_there_or_bound_elsewhere_is_refused(repo: OstreeRepo, compose: Compose) -> None:
    first = compose(repo, "one", bound=True)
    with pytest.raises(RequestRefused):
        repo.set_ref(REF, "0" * 64, expected_old=first)
    with pytest.raises(RequestRefused, match="bound"):
        repo.set_ref("other/ref", first, expected_old=None)
    assert repo.head(REF) == first


def test_a_ref_is_deleted_and_no_other(repo: OstreeRepo, compose: Compose) -> None:
    first = compose(repo, "one")
    repo.delete_ref("fedora-atomic/f24")
    assert repo.refs() == {REF: first}
    with pytest.raises(RefMoved):
        repo.delete_ref(REF, expected_old="1" * 64)
    repo.delete_ref(REF, expected_old=first)
    repo.delete_ref(REF)
    assert repo.refs() == {}


def test_a_pull_brings_the_commit_and_moves_no_ref(
    repo: OstreeRepo, opened: Open, compose: Compose, tmp_path: Path
) -> None:
    source = opened(tmp_path / "compose")
    source.init_archive()
    first, second = compose(source, "one"), compose(source, "two")

    assert repo.pull_local(source.path, REF) == second
    assert repo.pull_local(source.path, second) == second

    assert repo.has_commit(second)
    assert not repo.has_commit(first)
    assert repo.head(REF) is None
    repo.pull_local(source.path, second, depth=-1)
    assert repo.has_commit(first)
    with pytest.raises(RequestRefused):
        repo.pull_local(source.path, "not/there")


def test_a_pull_that_was_cut_off_is_no_commit(repo: OstreeRepo, opened: Open, compose: Compose, tmp_path: Path) -> None:
    source = opened(tmp_path / "compose")
    source.init_archive()
    commit = repo.pull_local(source.path, compose(source, "one"))
    (repo.path / "state" / f"{commit}.commitpartial").touch()

    assert not repo.has_commit(commit)
    with pytest.raises(RequestRefused, match="not whole"):
        repo.set_ref(REF, commit, expected_old=None)
    repo.pull_local(source.path, commit)
    repo.set_ref(REF, commit, expected_old=None)


def test_a_corrupt_object_is_not_pulled(repo: OstreeRepo, opened: Open, compose: Compose, tmp_path: Path) -> None:
    source = opened(tmp_path / "compose")
    source.init_archive()
    commit = compose(source, "one")
    content = next((source.path / "objects").rglob("*.filez"))
    content.write_bytes(content.read_bytes()[::-1])

    with pytest.raises(RequestRefused):
        repo.pull_local(source.path, commit)
    assert not source.fsck().clean


def test_old_files_are_committed_again_with_one_id(repo: OstreeRepo, compose: Compose) -> None:
    old, bad = compose(repo, "one"), compose(repo, "two")

    made = {
        repo.commit_tree_of(old, parent=bad, subject="back", timestamp=WHEN, version="24.3", metadata={"from": old})
        for _ in range(2)
    }

    assert len(made) == 1
    info = repo.commit_info(made.pop())
    assert (info.parent, info.version, info.metadata["from"]) == (bad, "24.3", old)
    assert info.content_checksum == repo.content_checksum(old)
    assert repo.head(REF) == bad


def test_an_alias_is_followed_and_never_written(repo: OstreeRepo, compose: Compose) -> None:
    first = compose(repo, "one")
    if isinstance(repo, SimulatedOstree):
        repo.add_alias("alias/of", REF)
    else:
        subprocess.run(["ostree", f"--repo={repo.path}", "refs", "-A", "--create=alias/of", REF], check=True)

    assert repo.aliases() == {"alias/of": REF}
    assert repo.refs() == {REF: first}
    assert repo.head("alias/of") == first
    with pytest.raises(RequestRefused, match="alias"):
        repo.set_ref("alias/of", first, expected_old=first)
    with pytest.raises(RequestRefused, match="alias"):
        repo.delete_ref("alias/of")
    with pytest.raises(RequestRefused, match="alias"):
        repo.delete_ref(REF)


def test_readers_over_http_find_ref_and_commit_in_the_same_places(repo: OstreeRepo, compose: Compose) -> None:
    commit = compose(repo, "one")
    repo.update_summary()

    assert (repo.path / "refs" / "heads" / REF).read_text() == f"{commit}\n"
    assert (repo.path / "objects" / commit[:2] / f"{commit[2:]}.commit").is_file()
    assert (repo.path / "summary").is_file()


def test_a_tag_never_moves_and_no_client_sees_it(repo: OstreeRepo, compose: Compose) -> None:
    first, second = compose(repo, "one", bound=True), compose(repo, "two")
    repo.tag("v1", first)
    repo.tag("v1", first)

    assert repo.tags() == {"v1": first}
    assert repo.refs() == {REF: second}
    with pytest.raises(RequestRefused, match="never move"):
        repo.tag("v1", second)
    with pytest.raises(RequestRefused, match="not whole"):
        repo.tag("v2", "1" * 64)
    for name in ("", "../v1", "-v", "a:b"):
        with pytest.raises(MalformedInput):
            repo.tag(name, first)
    repo.update_summary()
    assert b"v1" not in (repo.path / "summary").read_bytes()


def test_history_and_objects_are_read_without_asking_for_each(repo: OstreeRepo, compose: Compose) -> None:
    first, second = compose(repo, "one"), compose(repo, "two")

    commits = repo.commits()

    assert {commit: each.parent for commit, each in commits.items()} == {first: None, second: first}
    assert commits[second].made_at == repo.commit_info(second).timestamp
    needed, stored = repo.objects_of([first, second]), repo.stored()
    assert stored.keys() == {name for name in needed if not name.endswith(".commitmeta")}
    assert len(repo.objects_of([first])) < len(needed)


def test_a_dropped_commit_takes_with_it_what_nobody_else_needs(repo: OstreeRepo, compose: Compose) -> None:
    first, second, third = compose(repo, "one"), compose(repo, "two"), compose(repo, "three")
    repo.tag("v1", first)
    with pytest.raises(RequestRefused):
        repo.drop_commits([third])
    with pytest.raises(RequestRefused):
        repo.drop_commits([first])

    repo.drop_commits([second])
    repo.drop_commits([second])

    assert repo.commits().keys() == {first, third}
    left = {name for name in repo.stored() if not name.endswith(".tombstone-commit")}
    assert left == {name for name in repo.objects_of([first, third]) if not name.endswith(".commitmeta")}
    assert repo.fsck().clean


def test_a_delta_is_made_once_listed_with_its_size_and_dropped(repo: OstreeRepo, compose: Compose) -> None:
    first, second, third = compose(repo, "one"), compose(repo, "two"), compose(repo, "three")

    assert make_deltas(repo, second, third, 5) == (second, first)
    assert make_deltas(repo, second, third, 1) == (second,)
    assert make_deltas(repo, third, third, 5) == make_deltas(repo, None, third, 5) == ()

    assert repo.deltas().keys() == {Delta(first, third), Delta(second, third)}
    assert all(size > 0 for size in repo.deltas().values())
    repo.drop_delta(Delta(first, third))
    repo.drop_delta(Delta(first, third))
    assert repo.deltas().keys() == {Delta(second, third)}


def test_who_holds_a_ref_can_be_read_and_only_that_ref_is_held(
    repo: OstreeRepo, opened: Open, compose: Compose
) -> None:
    first = compose(repo, "one")
    another = opened(repo.path)
    with repo.hold(REF, "publish something"):
        repo.set_ref(REF, first, first)
        with pytest.raises(SystemBusy, match=r"for 0 s, to publish something"):
            another.set_ref(REF, first, first)
        with pytest.raises(SystemBusy), another.hold_all("collect garbage"):
            raise AssertionError("somebody writes")
        another.set_ref("other/ref", first, None)
        held = another.holders()
    assert held[REF].why == "publish something"
    assert another.holders() == {}
    with repo.hold_all("collect garbage"):
        with pytest.raises(SystemBusy):
            another.set_ref("other/ref", first, first)
        assert another.holders()["*"].why == "collect garbage"
    another.set_ref("other/ref", first, first)


def test_whoever_has_time_waits_for_the_lock(repo: OstreeRepo, opened: Open) -> None:
    taken, done = Event(), Event()

    def hold() -> None:
        with opened(repo.path).hold(REF, "be slow"):
            taken.set()
            done.wait(10)

    holder = Thread(target=hold)
    holder.start()
    taken.wait(10)
    with pytest.raises(SystemBusy, match="be slow"), repo.hold(REF, "go on", timedelta(seconds=0.05)):
        raise AssertionError("it is held")
    done.set()
    with repo.hold(REF, "go on", timedelta(seconds=10)):
        holder.join()


@pytest.mark.parametrize("name", ["", "/a", "-a", "a..b", "../a", "a b", "a^", "f25", "0" * 64])
def test_no_other_text_is_taken_for_a_ref(repo: OstreeRepo, name: str) -> None:
    for act in (repo.head, repo.delete_ref):
        with pytest.raises(MalformedInput):
            act(name)


@pytest.mark.parametrize("text", ["", "abc", "--version", REF, "A" * 64])
def test_no_other_text_is_taken_for_a_commit(repo: OstreeRepo, text: str) -> None:
    with pytest.raises(MalformedInput):
        repo.commit_info(text)
    with pytest.raises(MalformedInput):
        repo.has_commit(text)
