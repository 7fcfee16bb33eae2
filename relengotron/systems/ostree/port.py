"""What do we ask of an OSTree repo?"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from relengotron.model.package import Package
from relengotron.model.tree_history import Delta, Holder, TreeCommit


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """What a commit says about itself."""

    commit: str
    parent: str | None
    timestamp: datetime
    subject: str
    version: str | None
    content_checksum: str
    ref_bindings: tuple[str, ...] | None
    """The only refs that clients accept this commit under; None when it may be shown under any."""
    packages: tuple[Package, ...]
    metadata: Mapping[str, str]
    """Every metadata key whose value is a text, the rest left out."""


@dataclass(frozen=True, slots=True)
class FsckAnswer:
    """Whether every object of a repo is there and intact, and what the check printed."""

    clean: bool
    output: str


class OstreeRepo(Protocol):
    """One repo. Reading verbs have no effects; acting verbs may be repeated."""

    @property
    def path(self) -> Path:
        """Where the repo lies."""

    def init_archive(self) -> None:
        """An archive repo exists here."""

    def head(self, ref: str) -> str | None:
        """The commit that a ref shows, None when there is no such ref."""

    def refs(self) -> Mapping[str, str]:
        """Every plain ref with its commit, aliases left out."""

    def aliases(self) -> Mapping[str, str]:
        """Every alias with the ref it stands for."""

    def has_commit(self, commit: str) -> bool:
        """Say whether the commit is in this repo and every pull of it came to its end."""

    def commit_info(self, commit: str) -> CommitInfo:
        """Read one commit."""

    def content_checksum(self, commit: str) -> str:
        """The checksum of the files alone: equal for equal trees, whatever the metadata say."""

    def pull_local(self, source: Path, commit_or_ref: str, depth: int = 0, untrusted: bool = True) -> str:
        """The commit and ``depth`` parents (-1: all) are here, no ref moved; returns the commit id."""

    def set_ref(self, ref: str, commit: str, expected_old: str | None) -> None:
        """The ref shows the commit; refused unless it showed ``expected_old`` or the commit before."""

    def delete_ref(self, ref: str, expected_old: str | None = None) -> None:
        """The ref, and no other, is gone."""

    def commit_tree_of(
        self,
        commit: str,
        *,
        parent: str | None,
        subject: str,
        timestamp: datetime,
        bind_ref: str | None = None,
        version: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """A new commit with the files and package list of an old one; moves no ref; equal arguments, equal id."""

    def update_summary(self, sign: Callable[[bytes], Sequence[bytes]] | None = None) -> None:
        """The summary lists the refs as they are now; ``sign`` makes the signatures that go with it."""

    def commit_bytes(self, commit: str) -> bytes:
        """The commit itself, which is what is signed."""

    def signatures(self, commit: str) -> tuple[bytes, ...]:
        """Every signature of the commit that is here, in binary, whoever made it."""

    def add_signature(self, commit: str, signature: bytes) -> None:
        """The signature stands beside the commit; the same one is kept once."""

    def sign(self, commit: str, ref: str) -> None:
        """The commit carries what clients of the ref trust, where the configuration names a key for this repo."""

    def is_signed(self, commit: str, ref: str) -> bool:
        """Say whether clients of the ref take the commit's signatures; always where no key is configured."""

    def keys_of(self, ref: str) -> tuple[str, ...]:
        """The names of the keys of which one must have signed what the ref shows; none where no key is configured."""

    def refs_in_summary(self, summary: bytes) -> Mapping[str, str]:
        """The refs with their commits as this summary lists them; ``MalformedInput`` when it is none."""

    def fsck(self) -> FsckAnswer:
        """Read every object of the repo and compare it with its name."""

    def set_damaged_aside(self) -> tuple[str, ...]:
        """What is damaged is gone, and every commit is named that lacks something: it can be pulled again."""

    def tags(self) -> Mapping[str, str]:
        """Every tag with its commit; tags are refs that clients do not see, and prune keeps what they name."""

    def tag(self, name: str, commit: str) -> None:
        """The tag names the commit, for ever; refused when it names another one."""

    def commits(self) -> Mapping[str, TreeCommit]:
        """Every commit that is here, on a ref or not."""

    def stored(self) -> Mapping[str, int]:
        """Every object that is here with its size, by ``CHECKSUM.KIND``."""

    def objects_of(self, commits: Collection[str]) -> frozenset[str]:
        """Every object that these commits are made of, without their parents, whether it is here or not."""

    def drop_commits(self, commits: Collection[str]) -> None:
        """These commits, and all objects that no other commit needs, are gone; refused for what a ref or tag shows."""

    def deltas(self) -> Mapping[Delta, int]:
        """Every static delta with its size."""

    def make_delta(self, old: str, new: str) -> None:
        """Clients that have ``old`` can fetch ``new`` as one delta, once the summary is written."""

    def drop_delta(self, delta: Delta) -> None:
        """The delta is gone."""

    def holders(self) -> Mapping[str, Holder]:
        """By ref who writes to it now; ``*`` stands for all refs."""

    def hold(self, ref: str, why: str, wait: timedelta = timedelta(0)) -> AbstractContextManager[None]:
        """Nobody else writes to the ref meanwhile; ``SystemBusy`` when somebody still does after ``wait``."""

    def hold_all(self, why: str, wait: timedelta = timedelta(0)) -> AbstractContextManager[None]:
        """Nobody else writes to any ref meanwhile; ``SystemBusy`` when somebody still does after ``wait``."""
