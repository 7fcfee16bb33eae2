"""What do the objects of an archive say, which ones does a commit need, and how large are they? Without the command."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.model.tree_history import TreeCommit
from relengotron.systems.ostree.serialised import Value, aligned, ends, items, text, texts_by_key

_ENDS: Final = 6
"""Of metadata, parent, related, subject, body and root directory; what is said of that ends where the ends begin."""


@dataclass(frozen=True, slots=True)
class CommitObject:
    """What a commit object says: its own words, and the checksums of its root directory and of what is said of that."""

    metadata: Mapping[str, Value]
    parent: str | None
    subject: str
    made_at: datetime
    root: str
    root_meta: str

    @property
    def content_checksum(self) -> str:
        """What ``ostree show`` calls ContentChecksum."""
        return sha256(bytes.fromhex(self.root + self.root_meta)).hexdigest()


def commit_object(repo: Path, commit: str) -> CommitObject | None:
    """Read one commit, None when it is not here.

    Raises:
        MalformedInput: it is damaged.
    """
    data = _read(repo, f"{commit}.commit")
    if data is None:
        return None
    if sha256(data).hexdigest() != commit:
        raise MalformedInput(f"commit {commit} of {repo} is damaged: run fsck")
    return _commit_object(data, texts_by_key(data[: ends(data, _ENDS)[0][0]]))


def commits_in(repo: Path) -> Mapping[str, TreeCommit]:
    """Every commit whose own object is here."""
    files = (repo / "objects").glob("[0-9a-f][0-9a-f]/*.commit")
    return {commit: _tree_commit(commit, file) for file in files for commit in [f"{file.parent.name}{file.stem}"]}


def stored_in(repo: Path) -> Mapping[str, int]:
    """Every object file with its size, by ``CHECKSUM.KIND``."""
    files = (repo / "objects").glob("[0-9a-f][0-9a-f]/*.*")
    return {f"{file.parent.name}{file.name}": file.stat().st_size for file in files}


def objects_of(repo: Path, commits: Iterable[str]) -> frozenset[str]:
    """Everything these commits are made of, without their parents, whether it is here or not."""
    found: set[str] = set()
    for commit in commits:
        data = _read(repo, f"{commit}.commit")
        found |= {f"{commit}.commit", f"{commit}.commitmeta"}
        if data is not None:
            read = _commit_object(data, {})
            found.add(f"{read.root_meta}.dirmeta")
            _add_directory(repo, read.root, found)
    return frozenset(found)


def _add_directory(repo: Path, root: str, found: set[str]) -> None:
    """Each directory is read once, however many commits have it."""
    wanted = [root]
    while wanted:
        name = f"{wanted.pop()}.dirtree"
        data = None if name in found else _read(repo, name)
        found.add(name)
        if data is None:
            continue
        (split,), end = ends(data, 1)
        found |= {f"{_checksums(item, 1)[0]}.filez" for item in items(data[:split])}
        for item in items(data[split:end]):
            directory, meta = _checksums(item, 2)
            found.add(f"{meta}.dirmeta")
            wanted.append(directory)


def _tree_commit(commit: str, file: Path) -> TreeCommit:
    read = _commit_object(file.read_bytes(), {})
    return TreeCommit(commit, read.parent, read.made_at, datetime.fromtimestamp(file.stat().st_mtime, UTC))


def _commit_object(data: bytes, metadata: Mapping[str, Value]) -> CommitObject:
    (metadata_end, parent, related, subject, body, root), last = ends(data, _ENDS)
    time = aligned(body, 8)
    return CommitObject(
        metadata=metadata,
        parent=data[metadata_end:parent].hex() or None,
        subject=text(data[related:subject]),
        made_at=datetime.fromtimestamp(int.from_bytes(data[time : time + 8], "big"), UTC),
        root=data[time + 8 : root].hex(),
        root_meta=data[root:last].hex(),
    )


def _read(repo: Path, name: str) -> bytes | None:
    try:
        return (repo / "objects" / name[:2] / name[2:]).read_bytes()
    except FileNotFoundError:
        return None


def _checksums(item: bytes, count: int) -> list[str]:
    """The checksums that stand behind the name in an entry of a directory."""
    found, last = ends(item, count)
    return [item[start:end].hex() for start, end in zip(found, [*found[1:], last], strict=True)]
