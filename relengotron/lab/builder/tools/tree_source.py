"""Which commit does an image start from, and what does it bring along?"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from relengotron.lab.builder.tools.command import ToolFailed
from relengotron.lab.builder.tools.ostree_cli import COMMIT, check_ref, check_repo, head, ostree


@dataclass(frozen=True, slots=True)
class Tree:
    """A commit in a repo on this machine."""

    repo: Path
    ref: str
    commit: str

    def cat(self, path: str) -> bytes:
        """The content of one file of the tree, which must be text."""
        return ostree(self.repo, "cat", self.commit, path).encode()

    def kernel(self) -> str:
        """The version of the only kernel in the tree."""
        listing = ostree(self.repo, "ls", self.commit, "/usr/lib/modules").splitlines()
        names = [line.rsplit("/", 1)[-1] for line in listing if "/usr/lib/modules/" in line]
        if len(names) != 1:
            raise ToolFailed(f"error: wanted one kernel in {self.ref}, found {names or 'none'}")
        return names[0]


@contextmanager
def open_tree(where: str, ref: str, commit: str | None) -> Iterator[Tree]:
    """The tree at a path, a ``file://`` or an ``http://`` address; a remote one is pulled for the time of use."""
    check_ref(ref)
    if commit and not COMMIT.fullmatch(commit):
        raise ToolFailed(f"error: {commit!r} is no commit id")
    if where.startswith(("http://", "https://")):
        with tempfile.TemporaryDirectory(prefix="tree-") as folder:
            yield _pulled(where, ref, commit, Path(folder) / "repo")
    else:
        yield _local(Path(where.removeprefix("file://")), ref, commit)


def _local(repo: Path, ref: str, commit: str | None) -> Tree:
    check_repo(repo)
    found = commit or head(repo, ref)
    if found is None:
        raise ToolFailed(f"error: Refspec '{ref}' not found in {repo}")
    return Tree(repo, ref, found)


def _pulled(url: str, ref: str, commit: str | None, repo: Path) -> Tree:
    repo.mkdir()
    ostree(repo, "init", "--mode=archive")
    ostree(repo, "remote", "add", "--no-gpg-verify", "origin", url)
    ostree(repo, "pull", "origin", commit or ref)
    return Tree(repo, ref, commit or ostree(repo, "rev-parse", f"origin:{ref}"))
