"""An OSTree repo to rehearse with: plain files, no command, the same promises."""

import hashlib
import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from relengotron.errors import MalformedInput, RefMoved, RequestRefused, SystemUnreachable
from relengotron.model.package import Package
from relengotron.model.tree_history import Delta, Holder, TreeCommit
from relengotron.systems.ostree.deltas import name_of
from relengotron.systems.ostree.keyless import Keyless
from relengotron.systems.ostree.locks import RefLocks
from relengotron.systems.ostree.names import checked_commit, checked_ref, checked_tag, is_commit
from relengotron.systems.ostree.port import CommitInfo, FsckAnswer
from relengotron.systems.ostree.signatures import commit_bytes, keep_signature, replaced, said_of, signatures_of
from relengotron.systems.ostree.signed_summary import SignSummary, put_in_place

_PARTIAL = ".commitpartial"
_SAID = ".commitmeta"


class SimulatedOstree(Keyless):
    """One repo as JSON files where ``ostree`` would keep its own; readers over HTTP find refs and commits alike."""

    def __init__(self, path: Path) -> None:
        """Nothing is made before ``init_archive``."""
        self._path = path.absolute()
        self._locks = RefLocks(self._path)

    @property
    def path(self) -> Path:
        """Where the repo lies."""
        return self._path

    def init_archive(self) -> None:
        """An archive repo exists here."""
        try:
            for folder in ("objects", "refs/heads", "state"):
                (self._path / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SystemUnreachable(f"no place for an OSTree repo: {error}") from error
        config = self._path / "config"
        if not config.exists():
            config.write_text("[core]\nmode=archive\n")
        if "mode=archive" not in config.read_text():
            raise RequestRefused(f"{self._path} is an OSTree repo, but not an archive")

    def head(self, ref: str) -> str | None:
        """The commit that a ref shows, None when there is no such ref."""
        checked_ref(ref)
        self._check_there()
        file = self._ref_file(self.aliases().get(ref, ref))
        return file.read_text().strip() if file.is_file() else None

    def refs(self) -> Mapping[str, str]:
        """Every plain ref with its commit, aliases left out."""
        self._check_there()
        heads = self._path / "refs" / "heads"
        files = sorted(file for file in heads.rglob("*") if file.is_file() and not file.name.startswith("."))
        return {file.relative_to(heads).as_posix(): file.read_text().strip() for file in files}

    def aliases(self) -> Mapping[str, str]:
        """Every alias with the ref it stands for."""
        file = self._path / "aliases.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
        return known

    def add_alias(self, alias: str, ref: str) -> None:
        """Let one more name stand for a ref."""
        _write(self._path / "aliases.json", json.dumps({**self.aliases(), alias: ref}))

    def has_commit(self, commit: str) -> bool:
        """Say whether the commit is in this repo and every pull of it came to its end."""
        return self._commit_file(checked_commit(commit)).is_file() and not self._partial(commit).exists()

    def commit_info(self, commit: str) -> CommitInfo:
        """Read one commit."""
        read = self._read(commit)
        metadata = read["metadata"]
        return CommitInfo(
            commit=commit,
            parent=read["parent"],
            timestamp=datetime.fromtimestamp(read["timestamp"], UTC),
            subject=read["subject"],
            version=metadata.get("version"),
            content_checksum=read["content"],
            ref_bindings=None if read["bindings"] is None else tuple(read["bindings"]),
            packages=tuple(Package(*package) for package in read["packages"]),
            metadata=metadata,
        )

    def content_checksum(self, commit: str) -> str:
        """The checksum of the files alone: equal for equal trees, whatever the metadata say."""
        return self.commit_info(commit).content_checksum

    def files_of(self, commit: str) -> Mapping[str, str]:
        """The files of a commit, by path."""
        files: dict[str, str] = json.loads(self._content_file(self._read(commit)["content"]).read_text())
        return files

    def pull_local(self, source: Path, commit_or_ref: str, depth: int = 0, untrusted: bool = True) -> str:
        """The commit and ``depth`` parents (-1: all) are here, no ref moved; returns the commit id."""
        origin = SimulatedOstree(source)
        found = commit_or_ref if is_commit(commit_or_ref) else origin.head(commit_or_ref)
        if found is None:
            raise RequestRefused(f"no ref {commit_or_ref} in {source}")
        wanted: str | None = found
        while wanted is not None and origin.has_commit(wanted):
            self._pull(origin, wanted, untrusted)
            wanted, depth = (origin.commit_info(wanted).parent, depth - 1) if depth else (None, 0)
        if not self.has_commit(found):
            raise RequestRefused(f"commit {found} is not whole in {source}")
        return found

    def set_ref(self, ref: str, commit: str, expected_old: str | None) -> None:
        """The ref shows the commit; refused unless it showed ``expected_old`` or the commit before."""
        self._refuse_alias(checked_ref(ref))
        with self.hold(ref, "move it"):
            self._move(ref, commit, expected_old)

    def _move(self, ref: str, commit: str, expected_old: str | None) -> None:
        found = self.head(ref)
        if found == commit:
            return
        if found != expected_old:
            raise RefMoved(f"ref {ref} shows {found}, expected {expected_old}")
        if not self.has_commit(commit):
            raise RequestRefused(f"commit {commit} is not whole in {self._path}")
        bindings = self.commit_info(commit).ref_bindings
        if bindings is not None and ref not in bindings:
            raise RequestRefused(f"commit {commit} is bound to {list(bindings)}, clients would refuse it as {ref}")
        _write(self._ref_file(ref), f"{commit}\n")

    def delete_ref(self, ref: str, expected_old: str | None = None) -> None:
        """The ref, and no other, is gone."""
        self._refuse_alias(checked_ref(ref))
        with self.hold(ref, "delete it"):
            self._delete(ref, expected_old)

    def _delete(self, ref: str, expected_old: str | None) -> None:
        found = self.refs().get(ref)
        if found is None:
            return
        if ref in self.aliases().values():
            raise RequestRefused(f"an alias stands for {ref}")
        if expected_old is not None and found != expected_old:
            raise RefMoved(f"ref {ref} shows {found}, expected {expected_old}")
        self._ref_file(ref).unlink()

    def commit_files(
        self,
        files: Mapping[str, str],
        *,
        parent: str | None,
        subject: str,
        timestamp: datetime,
        packages: Sequence[Package] = (),
        bind_ref: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """A new commit with these files, as a composer would make it; moves no ref."""
        content = json.dumps(dict(sorted(files.items())))
        checksum = _digest(content)
        _write(self._content_file(checksum), content)
        written = {
            "parent": parent,
            "timestamp": int(timestamp.timestamp()),
            "subject": subject,
            "content": checksum,
            "bindings": None if bind_ref is None else [bind_ref],
            "packages": [list(package) for package in packages],
            "metadata": dict(metadata or {}),
        }
        text = json.dumps(written, sort_keys=True)
        _write(self._commit_file(_digest(text)), text)
        return _digest(text)

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
        old = self.commit_info(commit)
        kept = {"version": version or old.version}
        return self.commit_files(
            self.files_of(commit),
            parent=parent,
            subject=subject,
            timestamp=timestamp,
            packages=old.packages,
            bind_ref=bind_ref,
            metadata={**(metadata or {}), **{key: value for key, value in kept.items() if value is not None}},
        )

    def update_summary(self, sign: SignSummary | None = None) -> None:
        """The summary lists the refs as they are now; ``sign`` makes the signatures that go with it."""
        data = json.dumps(dict(self.refs())).encode()
        put_in_place(self._path, data, () if sign is None else sign(data))

    def commit_bytes(self, commit: str) -> bytes:
        """The commit itself, which is what is signed."""
        return commit_bytes(self._path, commit)

    def signatures(self, commit: str) -> tuple[bytes, ...]:
        """Every signature of the commit that is here, in binary, whoever made it."""
        return signatures_of(self._path, commit)

    def add_signature(self, commit: str, signature: bytes) -> None:
        """The signature stands beside the commit; the same one is kept once."""
        keep_signature(self._path, commit, signature)

    def refs_in_summary(self, summary: bytes) -> Mapping[str, str]:
        """The refs with their commits as this summary lists them."""
        try:
            return {str(ref): str(commit) for ref, commit in json.loads(summary).items()}
        except (ValueError, AttributeError) as wrong:
            raise MalformedInput(f"no summary of a repo: {wrong}") from wrong

    def tags(self) -> Mapping[str, str]:
        """Every tag with its commit."""
        file = self._path / "tags.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
        return known

    def tag(self, name: str, commit: str) -> None:
        """The tag names the commit, for ever; refused when it names another one."""
        found = self.tags().get(checked_tag(name))
        if found not in (None, commit):
            raise RequestRefused(f"tag {name} names {found}, and tags never move")
        if not self.has_commit(commit):
            raise RequestRefused(f"commit {commit} is not whole in {self._path}")
        _write(self._path / "tags.json", json.dumps({**self.tags(), name: commit}))

    def commits(self) -> Mapping[str, TreeCommit]:
        """Every commit that is here, on a ref or not."""
        files = (self._path / "objects").glob("*/[!.]*.commit")
        return {commit: self._tree_commit(commit, file) for file in files for commit in [file.parent.name + file.stem]}

    def _tree_commit(self, commit: str, file: Path) -> TreeCommit:
        arrived = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        return TreeCommit(commit, (info := self.commit_info(commit)).parent, info.timestamp, arrived)

    def stored(self) -> Mapping[str, int]:
        """Every object that is here with its size, by ``CHECKSUM.KIND``."""
        files = (self._path / "objects").glob("*/[!.]*")
        return {file.parent.name + file.name: file.stat().st_size for file in files}

    def objects_of(self, commits: Collection[str]) -> frozenset[str]:
        """Every object that these commits are made of."""
        return frozenset(
            name
            for each in commits
            for name in (f"{each}.commit", f"{each}.commitmeta", f"{self.commit_info(each).content_checksum}.filez")
        )

    def drop_commits(self, commits: Collection[str]) -> None:
        """These commits, and all objects that no other commit needs, are gone; refused for what a ref or tag shows."""
        shown = {*self.refs().values(), *self.tags().values()}.intersection(commits)
        if shown:
            raise RequestRefused(f"a ref or a tag shows {', '.join(sorted(shown))}")
        for commit in commits:
            self._commit_file(checked_commit(commit)).unlink(missing_ok=True)
        for name in self.stored().keys() - self.objects_of(self.commits()):
            (self._path / "objects" / name[:2] / name[2:]).unlink()

    def deltas(self) -> Mapping[Delta, int]:
        """Every static delta with its size."""
        files = (self._path / "deltas").glob("[!.]*")
        found = {Delta(old or None, new): file for file in files for old, _, new in [file.name.rpartition("-")]}
        return {delta: file.stat().st_size for delta, file in found.items()}

    def make_delta(self, old: str, new: str) -> None:
        """Clients that have ``old`` can fetch ``new`` as one delta, once the summary is written."""
        files = [self.files_of(checked_commit(each)) for each in (old, new)]
        _write(self._path / "deltas" / name_of(Delta(old, new)), json.dumps(files))

    def drop_delta(self, delta: Delta) -> None:
        """The delta is gone."""
        (self._path / "deltas" / name_of(delta)).unlink(missing_ok=True)

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
        files = [file for file in (self._path / "objects").rglob("*") if file.is_file() and file.suffix != _SAID]
        broken = [file.name for file in files if _digest(file.read_text()) != file.parent.name + file.stem]
        return FsckAnswer(not broken, f"broken: {broken}" if broken else "no problem found")

    def set_damaged_aside(self) -> tuple[str, ...]:
        """What is damaged is gone, and every commit is named that lacks something: it can be pulled again."""
        for file in (self._path / "objects").rglob("*"):
            if file.is_file() and _digest(file.read_text()) != file.parent.name + file.stem:
                file.unlink()
        stored = self.stored()
        hurt = {commit for commit in self.commits() if not self.objects_of([commit]) <= stored.keys()}
        for commit in hurt:
            self._partial(commit).touch()
        shown = {*self.refs().values(), *self.tags().values()}
        return tuple(sorted(hurt | {commit for commit in shown if not self.has_commit(commit)}))

    def _pull(self, origin: "SimulatedOstree", commit: str, untrusted: bool) -> None:
        text = origin._commit_file(commit).read_text()
        checksum = origin.commit_info(commit).content_checksum
        content = origin._content_file(checksum).read_text()
        if untrusted and (_digest(text), _digest(content)) != (commit, checksum):
            raise RequestRefused(f"an object of commit {commit} in {origin.path} is corrupt")
        self._partial(commit).touch()
        _write(self._content_file(checksum), content)
        _write(self._commit_file(commit), text)
        if said_of(origin.path, commit).exists():
            replaced(self._path, said_of(self._path, commit), said_of(origin.path, commit).read_bytes())
        self._partial(commit).unlink()

    def _read(self, commit: str) -> dict[str, Any]:
        file = self._commit_file(checked_commit(commit))
        if not file.is_file():
            raise RequestRefused(f"no commit {commit} in {self._path}")
        read: dict[str, Any] = json.loads(file.read_text())
        return read

    def _check_there(self) -> None:
        if not (self._path / "config").is_file():
            raise SystemUnreachable(f"no OSTree repo at {self._path}")

    def _refuse_alias(self, ref: str) -> None:
        aliases = self.aliases()
        if ref in aliases:
            raise RequestRefused(f"{ref} is an alias of {aliases[ref]}; writing would replace it by a plain ref")

    def _ref_file(self, ref: str) -> Path:
        return self._path / "refs" / "heads" / ref

    def _commit_file(self, commit: str) -> Path:
        return self._path / "objects" / commit[:2] / f"{commit[2:]}.commit"

    def _content_file(self, checksum: str) -> Path:
        return self._path / "objects" / checksum[:2] / f"{checksum[2:]}.filez"

    def _partial(self, commit: str) -> Path:
        return self._path / "state" / f"{commit}{_PARTIAL}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}")
    beside.write_text(text)
    os.replace(beside, place)
