"""What a real repo has lost comes back from a good copy, whatever kind of object it was."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from relengotron.errors import RelengError
from relengotron.systems.ostree.client import OstreeCli
from relengotron.workflows.trees.checking import what_is_wrong
from relengotron.workflows.trees.healing import healing
from relengotron.workflows.trees.operation import Terms

TERMS = Terms(timedelta(), lambda: datetime(2016, 11, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repo with two commits."""
    root = tmp_path_factory.mktemp("whole")
    repo, tree = OstreeCli(root / "repo"), root / "tree"
    repo.init_archive()
    (tree / "usr").mkdir(parents=True)
    for number in (1, 2):
        (tree / "usr" / "file").write_text(f"{number}")
        words = ["commit", "--branch=live/ref", f"--tree=dir={tree}", "--subject=s", "--no-bindings"]
        subprocess.run(["ostree", f"--repo={repo.path}", *words], check=True, capture_output=True)
    return repo.path


@pytest.fixture
def repo(tmp_path: Path, whole: Path) -> OstreeCli:
    """It, and beside it a copy that shares nothing with it."""
    for name in ("repo", "copy"):
        shutil.copytree(whole, tmp_path / name, symlinks=True)
    return OstreeCli(tmp_path / "repo")


def objects(repo: OstreeCli, kind: str) -> list[Path]:
    return sorted((repo.path / "objects").rglob(f"*.{kind}"))


HARM = [("filez", "spoilt"), ("dirtree", "gone"), ("dirtree", "spoilt"), ("dirmeta", "gone"), ("commit", "spoilt")]


@pytest.mark.parametrize(("kind", "harm"), HARM)
def test_it_is_whole_again(tmp_path: Path, repo: OstreeCli, kind: str, harm: str) -> None:
    head = repo.head("live/ref")
    broken = objects(repo, kind)[0] if kind != "commit" else _object_of(repo, str(head))
    broken.unlink()
    if harm == "spoilt":
        broken.write_bytes(b"spoilt")
    assert what_is_wrong(repo)

    result = healing(repo, OstreeCli(tmp_path / "copy"), TERMS).act()

    assert result["commits"]
    assert what_is_wrong(repo) == ()
    assert repo.head("live/ref") == head


def test_what_the_copy_has_not_either_is_told(tmp_path: Path, repo: OstreeCli) -> None:
    copy = OstreeCli(tmp_path / "copy")
    for each in (repo, copy):
        objects(each, "dirtree")[0].unlink()
    with pytest.raises(RelengError):
        healing(repo, copy, TERMS).act()


def test_a_sound_repo_is_left_alone_and_no_repo_is_its_own_copy(tmp_path: Path, repo: OstreeCli) -> None:
    assert healing(repo, OstreeCli(tmp_path / "copy"), TERMS).effects == ()
    with pytest.raises(RelengError, match="no copy of it"):
        healing(repo, OstreeCli(repo.path), TERMS)


def _object_of(repo: OstreeCli, commit: str) -> Path:
    return repo.path / "objects" / commit[:2] / f"{commit[2:]}.commit"
