"""How is an OSTree repo asked? With the ``ostree`` command, 2022.7 or newer."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from relengotron.errors import MalformedInput, RefMoved, RequestRefused, SystemUnreachable
from relengotron.model.tree_history import Delta, Holder, TreeCommit
from relengotron.systems.ostree.command import OstreeCommand
from relengotron.systems.ostree.deltas import name_of, read_deltas, size_of
from relengotron.systems.ostree.files import has_whole_commit, head_in, is_alias, is_archive
from relengotron.systems.ostree.gvariant import quoted
from relengotron.systems.ostree.healing import set_damaged_aside
from relengotron.systems.ostree.keyless import Keyless
from relengotron.systems.ostree.locks import RefLocks
from relengotron.systems.ostree.names import TAGS, checked_commit, checked_ref, checked_tag, is_commit, tags_in
from relengotron.systems.ostree.objects import commit_object, commits_in, objects_of, stored_in
from relengotron.systems.ostree.port import CommitInfo, FsckAnswer
from relengotron.systems.ostree.reading import KEPT_WITH_A_TREE, info_of, kept_with_a_tree, read_commit
from relengotron.systems.ostree.signatures import commit_bytes, keep_signature, signatures_of
from relengotron.systems.ostree.signed_summary import SignSummary, write_signed_summary
from relengotron.systems.ostree.summary import refs_in

COMMITS_REMEMBERED: Final = 256
"""The package list of a tree is about 200 kB in memory."""


class OstreeCli(Keyless):
    """One repo on a local file system, through the plain command line."""

    def __init__(
        self,
        path: Path,
        *,
        ask_limit: timedelta = timedelta(seconds=30),
        act_limit: timedelta = timedelta(minutes=30),
        binary: str = "ostree",
    ) -> None:
        self._path = path.absolute()
        self._quick = OstreeCommand(self._path, ask_limit, binary)
        self._slow = OstreeCommand(self._path, act_limit, binary)
        self._act_limit = act_limit
        self._locks = RefLocks(self._path)

    @property
    def path(self) -> Path:
        """Where the repo lies."""
        return self._path

    def init_archive(self) -> None:
        """An archive repo exists here."""
        if is_archive(self._path):
            return
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SystemUnreachable(f"no place for an OSTree repo: {error}") from error
        self._slow.act("init", "--mode=archive")
        if self._quick.ask("config", "get", "core.mode").strip() not in {"archive", "archive-z2"}:
            raise RequestRefused(f"{self._path} is an OSTree repo, but not an archive")

    def head(self, ref: str) -> str | None:
        """The commit that a ref shows, None when there is no such ref."""
        found = head_in(self._path, checked_ref(ref))
        if found is not None:
            return found
        try:
            return self._quick.ask("rev-parse", ref).strip()
        except RequestRefused as refusal:
            if f"Refspec '{ref}' not found" in str(refusal):
                return None
            raise

    def refs(self) -> Mapping[str, str]:
        """Every plain ref with its commit, aliases left out."""
        aliases = self.aliases()
        return {name: to for name, to in self._refspecs().items() if name not in aliases and ":" not in name}

    def tags(self) -> Mapping[str, str]:
        """Every tag with its commit; tags are refs that clients do not see, and prune keeps what they name."""
        return tags_in(self._refspecs())

    def _refspecs(self) -> Mapping[str, str]:
        """As the files say it: the command takes a name such as ``f24`` for the beginning of a commit's id."""
        names = [name for name in self._quick.ask("refs").split("\n") if name]
        shown = {name: commit for name in names if (commit := head_in(self._path, name)) is not None}
        others = [name for name in names if name not in shown]
        commits = self._quick.ask("rev-parse", "--", *others).split() if others else []
        if len(others) != len(commits):  # whoever passes over a ref takes what it shows for garbage
            raise MalformedInput(f"{self._path} has a ref whose name is none: {others[:20]!r}")
        return shown | dict(zip(others, commits, strict=True))

    def aliases(self) -> Mapping[str, str]:
        """Every alias with the ref it stands for."""
        lines = [line.partition(" -> ") for line in self._quick.ask("refs", "-A").splitlines()]
        return {alias: target for alias, arrow, target in lines if arrow}

    def has_commit(self, commit: str) -> bool:
        """Say whether the commit is in this repo and every pull of it came to its end."""
        if has_whole_commit(self._path, checked_commit(commit)):
            return True
        if is_archive(self._path):
            return False
        try:
            self._quick.ask("show", commit)
        except RequestRefused:
            return False
        return not (self._path / "state" / f"{commit}.commitpartial").exists()

    def commit_info(self, commit: str) -> CommitInfo:
        """Read one commit; what a whole commit says is read once, because it can never say anything else."""
        if has_whole_commit(self._path, checked_commit(commit)) and is_archive(self._path):
            return _commit_info(self._path, commit)
        return read_commit(commit, self._quick.ask("show", commit), self._quick.ask("show", "--raw", commit))

    def content_checksum(self, commit: str) -> str:
        """The checksum of the files alone: equal for equal trees, whatever the metadata say."""
        return self.commit_info(commit).content_checksum

    def pull_local(self, source: Path, commit_or_ref: str, depth: int = 0, untrusted: bool = True) -> str:
        """The commit and ``depth`` parents (-1: all) are here, no ref moved; returns the commit id.

        A ref is resolved first and the commit pulled by its id, because pulling a ref would move ours without looking.
        """
        commit = commit_or_ref if is_commit(commit_or_ref) else _head_of(source, commit_or_ref)
        options = [f"--depth={depth}", *(["--untrusted"] if untrusted else [])]
        self._slow.act("pull-local", *options, str(source.absolute()), commit)
        return commit

    def set_ref(self, ref: str, commit: str, expected_old: str | None) -> None:
        """The ref shows the commit; refused unless it showed ``expected_old`` or the commit before."""
        with self._writing(checked_ref(ref)):
            found = self.head(ref)
            if found == commit:
                return
            if found != expected_old:
                raise RefMoved(f"ref {ref} shows {found}, expected {expected_old}")
            self._refuse_what_clients_would_refuse(ref, checked_commit(commit))
            self._slow.act("refs", *([] if found is None else ["--force"]), f"--create={ref}", commit)
            if (now := self.head(ref)) != commit:
                raise RefMoved(f"ref {ref} shows {now} right after it was set to {commit}")

    def _refuse_what_clients_would_refuse(self, ref: str, commit: str) -> None:
        """``ostree refs`` takes a commit that is bound elsewhere; clients do not."""
        if not self.has_commit(commit):
            raise RequestRefused(f"commit {commit} is not whole in {self._path}")
        bindings = self.commit_info(commit).ref_bindings
        if bindings is not None and ref not in bindings:
            raise RequestRefused(f"commit {commit} is bound to {list(bindings)}, clients would refuse it as {ref}")

    def delete_ref(self, ref: str, expected_old: str | None = None) -> None:
        """The ref, and no other, is gone."""
        with self._writing(checked_ref(ref)):
            found = self.refs().get(ref)
            if found is None:
                return  # also when it is only the beginning of other names: the command would delete all of those
            if expected_old is not None and found != expected_old:
                raise RefMoved(f"ref {ref} shows {found}, expected {expected_old}")
            self._slow.act("refs", "--delete", ref)

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
        carried = dict(self._metadata_to_carry(checked_commit(commit)))
        carried |= {key: quoted(value) for key, value in (metadata or {}).items()}
        if version is not None:
            carried["version"] = quoted(version)
        return self._slow.act(
            "commit",
            "--orphan",
            f"--tree=ref={commit}",
            f"--parent={checked_commit(parent) if parent else 'none'}",
            f"--subject={subject}",
            f"--timestamp={timestamp.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            *([f"--bind-ref={checked_ref(bind_ref)}"] if bind_ref else ["--no-bindings"]),
            *(f"--add-metadata={_checked_key(key)}={value}" for key, value in sorted(carried.items())),
        ).strip()

    def _metadata_to_carry(self, commit: str) -> Iterator[tuple[str, str]]:
        if has_whole_commit(self._path, commit) and is_archive(self._path):
            yield from kept_with_a_tree(self._path, commit)
            return
        for key in KEPT_WITH_A_TREE:
            try:
                yield key, self._quick.ask("show", f"--print-metadata-key={key}", commit).strip()
            except RequestRefused as refusal:
                if "No such metadata key" not in str(refusal):
                    raise

    def update_summary(self, sign: SignSummary | None = None) -> None:
        """The summary lists the refs as they are now; ``sign`` makes the signatures that go with it."""
        with self._locks.summarising(self._act_limit):
            if sign is None:
                self._slow.act("summary", "-u")
            else:
                write_signed_summary(self._archive(), sign, self._act_limit, self._slow.binary)

    def commit_bytes(self, commit: str) -> bytes:
        """The commit itself, which is what is signed."""
        return commit_bytes(self._archive(), commit)

    def signatures(self, commit: str) -> tuple[bytes, ...]:
        """Every signature of the commit that is here, in binary, whoever made it."""
        return signatures_of(self._archive(), commit)

    def add_signature(self, commit: str, signature: bytes) -> None:
        """The signature stands beside the commit; the same one is kept once."""
        with self._locks.signing(self._act_limit):
            keep_signature(self._archive(), commit, signature)

    def refs_in_summary(self, summary: bytes) -> Mapping[str, str]:
        """The refs with their commits as this summary lists them."""
        return refs_in(summary)

    def tag(self, name: str, commit: str) -> None:
        """The tag names the commit, for ever; refused when it names another one."""
        refspec = f"{TAGS}:{checked_tag(name)}"
        with self._locks.hold(refspec, f"tag {commit[:12]}"):
            found = self.tags().get(name)
            if found not in (None, commit):
                raise RequestRefused(f"tag {name} names {found}, and tags never move")
            if not self.has_commit(checked_commit(commit)):
                raise RequestRefused(f"commit {commit} is not whole in {self._path}")
            if found is None:
                self._slow.act("refs", f"--create={refspec}", commit)

    def commits(self) -> Mapping[str, TreeCommit]:
        """Every commit that is here, on a ref or not."""
        return commits_in(self._archive())

    def stored(self) -> Mapping[str, int]:
        """Every object that is here with its size, by ``CHECKSUM.KIND``."""
        return stored_in(self._archive())

    def objects_of(self, commits: Collection[str]) -> frozenset[str]:
        """Every object that these commits are made of, without their parents, whether it is here or not."""
        return objects_of(self._archive(), map(checked_commit, commits))

    def _archive(self) -> Path:
        if not is_archive(self._path):
            raise SystemUnreachable(f"no OSTree archive at {self._path}")
        return self._path

    def drop_commits(self, commits: Collection[str]) -> None:
        """These commits, and all objects that no other commit needs, are gone; refused for what a ref or tag shows."""
        for commit in commits:
            if has_whole_commit(self._path, checked_commit(commit)):
                self._slow.act("prune", "--commit-only", f"--delete-commit={commit}")
        self._slow.act("prune")

    def deltas(self) -> Mapping[Delta, int]:
        """Every static delta with its size."""
        return {delta: size_of(self._path, delta) for delta in read_deltas(self._quick.ask("static-delta", "list"))}

    def make_delta(self, old: str, new: str) -> None:
        """Clients that have ``old`` can fetch ``new`` as one delta, once the summary is written."""
        ends = (f"--from={checked_commit(old)}", f"--to={checked_commit(new)}")
        self._slow.act("static-delta", "generate", "--if-not-exists", *ends)

    def drop_delta(self, delta: Delta) -> None:
        """The delta is gone."""
        if delta in read_deltas(self._quick.ask("static-delta", "list")):
            self._slow.act("static-delta", "delete", name_of(delta))

    def holders(self) -> Mapping[str, Holder]:
        """By ref who writes to it now; ``*`` stands for all refs."""
        return self._locks.holders()

    def hold(self, ref: str, why: str, wait: timedelta = timedelta(0)) -> AbstractContextManager[None]:
        """Nobody else writes to the ref meanwhile; ``SystemBusy`` when somebody still does after ``wait``."""
        return self._locks.hold(checked_ref(ref), why, wait)

    def hold_all(self, why: str, wait: timedelta = timedelta(0)) -> AbstractContextManager[None]:
        """Nobody else writes to any ref meanwhile; ``SystemBusy`` when somebody still does after ``wait``."""
        return self._locks.hold_all(why, wait)

    def fsck(self) -> FsckAnswer:
        """Read every object of the repo and compare it with its name."""
        try:
            return FsckAnswer(True, self._slow.ask("fsck", "--all").strip())
        except RequestRefused as refusal:
            return FsckAnswer(False, str(refusal))

    def set_damaged_aside(self) -> tuple[str, ...]:
        """What is damaged is gone, and every commit is named that lacks something: it can be pulled again."""
        return set_damaged_aside(self._archive(), {*self.refs().values(), *self.tags().values()}, self._slow)

    @contextmanager
    def _writing(self, ref: str) -> Iterator[None]:
        """Hold this ref against every other writer of ours; a taken lock is answered at once, never waited for."""
        if is_alias(self._path, ref):
            stands_for = self.aliases().get(ref)
            raise RequestRefused(f"{ref} is an alias of {stands_for}; writing would replace it by a plain ref")
        with self._locks.hold(ref, "move it"):
            yield


@lru_cache(maxsize=COMMITS_REMEMBERED)
def _commit_info(repo: Path, commit: str) -> CommitInfo:
    read = commit_object(repo, commit)
    if read is None:
        raise RequestRefused(f"no commit {commit} in {repo}")
    return info_of(commit, read)


def _head_of(source: Path, ref: str) -> str:
    commit = OstreeCli(source).head(ref)
    if commit is None:
        raise RequestRefused(f"no ref {ref} in {source}")
    return commit


def _checked_key(key: str) -> str:
    if not key or any(letter in key for letter in "= \n\t\0"):
        raise MalformedInput(f"not a commit metadata key: {key!r}")
    return key
