"""What a summary of a real repo lists is what its refs show; anything else is told from it."""

from pathlib import Path

import pytest

from relengotron.errors import MalformedInput
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.simulated import SimulatedOstree
from tests.contracts.test_ostree_repo import commit


@pytest.fixture
def repo(tmp_path: Path) -> OstreeRepo:
    made = OstreeCli(tmp_path / "live")
    made.init_archive()
    return made


def test_a_summary_lists_every_ref_with_its_commit(repo: OstreeRepo) -> None:
    for ref in ("a", "fedora-atomic/f23/x86_64/docker-host", "z" * 200):
        commit(repo, f"files of {ref}", ref=ref)
    repo.update_summary()

    assert repo.refs_in_summary((repo.path / "summary").read_bytes()) == repo.refs()


def test_an_empty_repo_has_a_summary_without_refs(repo: OstreeRepo) -> None:
    repo.update_summary()
    assert repo.refs_in_summary((repo.path / "summary").read_bytes()) == {}


def test_a_summary_that_is_cut_short_never_reads_like_the_whole(repo: OstreeRepo) -> None:
    commit(repo, "files", ref="one")
    commit(repo, "other files", ref="two")
    repo.update_summary()
    whole, refs = (repo.path / "summary").read_bytes(), repo.refs()
    for length in range(len(whole)):
        try:
            listed = repo.refs_in_summary(whole[:length])
        except MalformedInput:
            continue
        assert listed != refs


@pytest.mark.parametrize("content", [b"", b"<html>it is not here</html>", b"\xff" * 64])
def test_what_is_no_summary_is_refused(repo: OstreeRepo, tmp_path: Path, content: bytes) -> None:
    for each in (repo, SimulatedOstree(tmp_path / "paper")):
        with pytest.raises(MalformedInput):
            each.refs_in_summary(content)
