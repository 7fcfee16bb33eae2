"""Does the ``git`` command keep the promises of the port, on real repos, and against hostile words?"""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from relengotron.errors import MalformedInput, RelengError, RequestRefused, SystemUnreachable
from relengotron.systems.git.client import GitCli


def git(repo: Path, *words: str) -> str:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    names = {f"GIT_{who}_{what}": "x@y.z" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(["git", *words], cwd=repo, env=clean | names, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with a branch, a tag of the same commit, a symbolic link and a folder."""
    repo = tmp_path_factory.mktemp("git") / "fedora-atomic"
    repo.mkdir()
    git(repo, "init", "-q", "-b", "f24")
    (repo / "parts").mkdir()
    (repo / "parts" / "base.json").write_text('{"packages": ["bash"]}')
    (repo / "host.json").symlink_to("parts/base.json")
    (repo / "outside.json").symlink_to("../../../../etc/passwd")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "one")
    git(repo, "tag", "-a", "-m", "first", "v1")
    return repo


def test_a_branch_a_tag_and_a_commit_name_the_commit(clone: Path) -> None:
    commit = git(clone, "rev-parse", "HEAD")
    repo = GitCli(clone)
    assert [repo.commit_of(name) for name in ("f24", "v1", commit)] == [commit] * 3
    assert repo.read(commit, "parts/base.json") == b'{"packages": ["bash"]}'


def test_a_link_inside_the_commit_is_followed_and_none_out_of_it(clone: Path) -> None:
    repo = GitCli(clone)
    commit = repo.commit_of("f24")
    assert repo.read(commit, "host.json") == b'{"packages": ["bash"]}'
    with pytest.raises(RequestRefused):
        repo.read(commit, "outside.json")


def test_a_bare_mirror_and_a_fetched_clone_are_read_alike(clone: Path, tmp_path: Path) -> None:
    commit = git(clone, "rev-parse", "HEAD")
    git(tmp_path, "clone", "-q", "--bare", str(clone), "bare.git")
    git(tmp_path, "clone", "-q", str(clone), "work")
    git(tmp_path / "work", "checkout", "-q", "--detach")
    git(tmp_path / "work", "branch", "-q", "-D", "f24")
    assert GitCli(tmp_path / "bare.git").commit_of("f24") == commit
    assert GitCli(tmp_path / "work").commit_of("f24") == commit


def test_an_older_commit_is_read_after_the_branch_has_moved(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(clone), "work")
    repo = GitCli(tmp_path / "work")
    old = repo.commit_of("f24")
    (tmp_path / "work" / "parts" / "base.json").write_text("{}")
    git(tmp_path / "work", "commit", "-q", "-a", "-m", "two")
    new = repo.commit_of("f24")
    assert new != old
    assert repo.read(old, "parts/base.json") == b'{"packages": ["bash"]}'
    assert repo.read(new, "parts/base.json") == b"{}"


@pytest.mark.parametrize("name", ["nowhere", "f24x", "0" * 40])
def test_an_unknown_branch_is_refused(clone: Path, name: str) -> None:
    with pytest.raises(RequestRefused, match=name):
        GitCli(clone).commit_of(name)


@pytest.mark.parametrize("path", ["nowhere.json", "parts", "parts/base.json/x"])
def test_what_is_no_file_of_the_commit_is_refused(clone: Path, path: str) -> None:
    repo = GitCli(clone)
    with pytest.raises(RequestRefused, match="has no file"):
        repo.read(repo.commit_of("f24"), path)


HOSTILE = ["", "-f24", "--upload-pack=touch x", "a..b", "a:b", "a b", "a\nb", "a\0b", "@{-1}", "HEAD^", "f24~1", "/f24",
           "f24/", "a//b", "x.lock", ".hidden", "a/../b", "ü", "x" * 5000, "*", "refs/heads/f24^{/x}"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_branch_is_malformed(clone: Path, name: str) -> None:
    with pytest.raises(MalformedInput):
        GitCli(clone).commit_of(name)


@pytest.mark.parametrize(
    "path", ["", "-x", "../x", "a/../b", "/etc/passwd", "a:b", "a\nb", "a\0b", ".", "a//b", "a\\b"]
)
def test_a_hostile_path_is_malformed(clone: Path, path: str) -> None:
    with pytest.raises(MalformedInput):
        GitCli(clone).read("0" * 40, path)


@pytest.mark.parametrize("commit", ["f24", "HEAD", "-x", "abc", "g" * 40, "0" * 39])
def test_only_a_whole_commit_is_read(clone: Path, commit: str) -> None:
    with pytest.raises(MalformedInput):
        GitCli(clone).read(commit, "host.json")


def test_a_large_file_is_not_read(clone: Path) -> None:
    repo = GitCli(clone, largest_file=10)
    with pytest.raises(MalformedInput, match="22 bytes"):
        repo.read(repo.commit_of("f24"), "host.json")


def test_no_clone_no_command_and_no_answer_are_waited_for(clone: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    for repo in (
        GitCli(tmp_path),
        GitCli(clone, binary="no-such-git"),
        GitCli(clone, binary=str(slow), limit=timedelta(seconds=0.05)),
    ):
        with pytest.raises(SystemUnreachable):
            repo.commit_of("f24")


def test_words_in_the_environment_lead_nowhere_else(
    clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.repositoryformatversion")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "99")
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path))
    assert GitCli(clone).commit_of("f24")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_a_clone_of_somebody_else_is_read(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(clone), "theirs")
    for path in [tmp_path / "theirs", *(tmp_path / "theirs").rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    assert GitCli(tmp_path / "theirs").commit_of("f24")


def test_a_damaged_clone_is_not_taken_for_one_without_the_file(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--no-hardlinks", str(clone), "torn")
    repo = GitCli(tmp_path / "torn")
    commit = repo.commit_of("f24")
    blob = git(tmp_path / "torn", "rev-parse", f"{commit}:parts/base.json")
    file = tmp_path / "torn" / ".git" / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"torn")
    with pytest.raises(RelengError) as trouble:
        repo.read(commit, "parts/base.json")
    assert isinstance(trouble.value, SystemUnreachable)
