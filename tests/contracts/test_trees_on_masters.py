"""Does a tree come to other masters so that a client of one of them never fails, at whatever moment it pulls?"""

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from relengotron.errors import PowerCut, SystemUnreachable
from relengotron.systems.mirror.client import Everywhere, Remote
from relengotron.systems.mirror.client.rsync import Rsync
from relengotron.systems.ostree.client import OstreeCli
from relengotron.systems.ostree.deltas import make_deltas
from relengotron.systems.ostree.followed import FollowedRepo
from relengotron.systems.ostree.names import TOOK_BACK
from relengotron.systems.ostree.port import OstreeRepo
from relengotron.systems.ostree.signed import RepoKeys, SignedRepo
from relengotron.systems.signing.simulated import SimulatedSigner
from tests.contracts.mirror_place import CountingDisk
from tests.contracts.rsync_place import Daemon, nobody_listens
from tests.contracts.test_ostree_repo import REF, commit

pytestmark = pytest.mark.usefixtures("no_platters")


@dataclass
class Tree:
    """A repo here that a master in ``there`` follows."""

    folder: Path
    there: Path
    remote: Remote
    disk: CountingDisk = field(default_factory=CountingDisk)

    def __post_init__(self) -> None:
        (self.folder / "pub").mkdir(exist_ok=True)
        self.repo = OstreeCli(self.folder / "pub/atomic/24")
        self.repo.init_archive()
        mirror = Everywhere(
            self.folder / "pub", self.folder / "states", "http://mirror", (self.remote,), disk=self.disk
        )
        self.keys = RepoKeys({REF: SimulatedSigner()})
        followed = cast(OstreeRepo, FollowedRepo(self.repo, mirror.relay))
        self.live = cast(OstreeRepo, SignedRepo(followed, self.keys))

    def publish(self, content: str) -> str:
        """As a push does; may be repeated."""
        made = self.made(content)
        head = self.repo.head(REF)
        self.live.sign(made, REF)
        make_deltas(self.repo, head, made, 2)
        self.live.set_ref(REF, made, head)
        self.live.update_summary()
        return made

    def copied_by_hand(self) -> str:
        """The repo with a first commit, as the master was given it before anything followed anything."""
        self.live, followed = cast(OstreeRepo, SignedRepo(self.repo, self.keys)), self.live
        first = self.publish("1")
        self.live = followed
        shutil.copytree(self.repo.path, self.master)
        return first

    def made(self, content: str) -> str:
        """A commit on top of what is live, which no ref shows."""
        head = self.repo.head(REF)
        if head is not None and self.repo.commit_info(head).version == content:
            return head
        made = commit(self.repo, content, ref="made-of-late", version=content)
        self.repo.delete_ref("made-of-late")
        when = self.repo.commit_info(made).timestamp
        return self.repo.commit_tree_of(made, parent=head, subject="s", timestamp=when, version=content)

    @property
    def master(self) -> Path:
        """The repo there."""
        return self.there / "atomic/24"

    def pull_there(self) -> str:
        """What a client of the master gets, whatever it had before."""
        mine = self.folder / "client"
        run = ["ostree", f"--repo={mine}"]
        if not mine.exists():
            subprocess.run([*run, "init", "--mode=bare-user-only"], check=True)
            words = ("remote", "add", "--no-gpg-verify", "mirror", f"file://{self.master}")
            subprocess.run([*run, *words], check=True, capture_output=True)
        done = subprocess.run([*run, "pull", "mirror", REF], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return (mine / "refs/remotes/mirror" / REF).read_text().strip()

    def is_the_same_there(self) -> bool:
        """Whether the master shows what is shown here, and all that it is made of."""
        objects = [f"objects/{name[:2]}/{name[2:]}" for name in self.repo.objects_of(self.history())]
        found = [file for name in ("deltas", "delta-indexes") for file in (self.repo.path / name).rglob("*")]
        others = [str(file.relative_to(self.repo.path)) for file in found if file.is_file()]
        paths = ["summary", "summary.sig", f"refs/heads/{REF}", "config", *objects, *others]
        return all((self.repo.path / path).read_bytes() == (self.master / path).read_bytes() for path in paths)

    def history(self) -> list[str]:
        """What the ref shows, and all it stands on."""
        found, commit = [], self.repo.head(REF)
        while commit is not None:
            found.append(commit)
            commit = self.repo.commit_info(commit).parent
        return found


@pytest.fixture
def tree(rsync_daemon: Daemon, tmp_path: Path) -> Tree:
    """A repo, and a master that has nothing of it yet."""
    there = rsync_daemon.place(tmp_path.name)
    return Tree(tmp_path, there, Remote("one", rsync_daemon.url("pub", tmp_path.name)))


def test_a_client_of_the_master_can_pull_between_any_two_transfers(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tree.copied_by_hand()
    assert tree.pull_there() == first
    ask, seen = Rsync._ask, list[str]()

    def then_pull(rsync: Rsync, words: list[str], given: bytes) -> str:
        said = ask(rsync, words, given)
        seen.append(tree.pull_there())
        return said

    monkeypatch.setattr(Rsync, "_ask", then_pull)
    second = tree.publish("2")
    assert tree.is_the_same_there()
    assert seen[-1] == second
    assert sorted(seen, key=[first, second].index) == seen
    assert seen[0] == first


@pytest.mark.crash
def test_only_what_is_new_is_sent_and_in_the_order_of_readers(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tree.copied_by_hand()
    sent: list[tuple[str, ...]] = []
    for verb in ("fill", "bring"):
        monkeypatch.setattr(Rsync, verb, noted(getattr(Rsync, verb), sent))
    second = tree.publish("2")
    every = [path for each in sent for path in each]
    assert not [path for path in every if first[2:] in path and path.endswith(".commit")]
    assert f"objects/{second[:2]}/{second[2:]}.commit" in sent[0]
    assert not [path for path in sent[0] if path.endswith("/superblock")]
    assert f"objects/{second[:2]}/{second[2:]}.commitmeta" in sent[1]
    assert {path for path in sent[-2] if path.startswith("refs/")} == {f"refs/heads/{REF}"}
    assert sent[-1] == ("summary.sig", "summary")


def noted(bring: object, sent: list[tuple[str, ...]]) -> object:
    def listed(rsync: Rsync, source: Path, paths: Iterable[str], below: str, **how: bool) -> None:
        if asked := tuple(paths):
            sent.append(asked)
        bring(rsync, source, asked, below, **how)  # type: ignore[operator]

    return listed


def test_a_master_that_is_away_keeps_a_ref_from_moving_unless_it_takes_something_back(tmp_path: Path) -> None:
    tree = Tree(tmp_path, tmp_path, Remote("gone", nobody_listens()))
    made = tree.made("1")
    tree.live.sign(made, REF)
    with pytest.raises(SystemUnreachable, match=r"master gone .*it does not answer"):
        tree.live.set_ref(REF, made, None)
    assert tree.repo.head(REF) is None

    when = tree.repo.commit_info(made).timestamp
    back = tree.live.commit_tree_of(made, parent=None, subject="back", timestamp=when, metadata={TOOK_BACK: "it"})
    tree.live.sign(back, REF)
    tree.live.set_ref(REF, back, None)
    assert tree.repo.head(REF) == back
    with pytest.raises(SystemUnreachable, match="master gone"):
        tree.live.update_summary()
    assert tree.repo.refs_in_summary((tree.repo.path / "summary").read_bytes()) == {REF: back}


@pytest.mark.crash
def test_a_master_that_missed_commits_or_was_emptied_gets_all_that_it_lacks(tree: Tree) -> None:
    tree.publish("1")
    second = tree.made("2")
    tree.live.sign(second, REF)
    tree.repo.set_ref(REF, second, tree.repo.head(REF))  # by hand, past the masters
    third = tree.publish("3")
    assert tree.is_the_same_there()
    shutil.rmtree(tree.master)
    tree.live.update_summary()
    assert tree.is_the_same_there()
    assert tree.pull_there() == third


@pytest.mark.crash
def test_a_ref_that_is_taken_back_is_taken_off_the_master_and_one_of_others_stays(tree: Tree) -> None:
    made = tree.publish("1")
    other = tree.master / "refs/heads/of-others"
    other.write_text(f"{'0' * 64}\n")
    tree.live.delete_ref(REF, made)
    tree.live.update_summary()
    assert not (tree.master / "refs/heads" / REF).exists()
    assert other.exists()
    assert REF not in tree.repo.refs_in_summary((tree.master / "summary").read_bytes())


@pytest.mark.crash
def test_after_a_power_cut_at_any_moment_the_master_shows_the_same_in_the_end(tree: Tree) -> None:
    tree.publish("0")
    for moment in range(1, effects_of_a_calm_publication(tree) + 1):
        tree.disk.count, tree.disk.cut_before = 0, moment
        with pytest.raises(PowerCut):
            tree.publish(str(moment))
        tree.disk.cut_before = None
        tree.pull_there()
        again = tree.publish(str(moment))
        assert tree.is_the_same_there()
        assert tree.pull_there() == again


def effects_of_a_calm_publication(tree: Tree) -> int:
    tree.disk.count = 0
    tree.publish("calm")
    return tree.disk.count
