"""What does a commit say about itself, in its own file or in what ``ostree show`` prints?"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from relengotron.errors import MalformedInput
from relengotron.model.package import Package
from relengotron.systems.ostree.gvariant import parse, quoted
from relengotron.systems.ostree.objects import CommitObject, commit_object
from relengotron.systems.ostree.port import CommitInfo

_PACKAGES = "rpmostree.rpmdb.pkglist"
_BINDING = "ostree.ref-binding"
_CHECKSUM = re.compile(r"^ContentChecksum:\s+([0-9a-f]{64})$", re.MULTILINE)
KEPT_WITH_A_TREE = ("version", "rpmostree.inputhash", _PACKAGES)
"""Metadata that tell about the files, so they go along when the files are committed again."""


def read_commit(commit: str, shown: str, raw: str) -> CommitInfo:
    """Join what ``show`` and ``show --raw`` print about one commit."""
    checksum = _CHECKSUM.search(shown)
    match parse(raw.partition("\n")[2]):
        case (dict(metadata), list(parent), _, str(subject), _, int(seconds), _, _) if checksum:
            made_at = datetime.fromtimestamp(seconds, UTC)
            return _info(commit, bytes(parent).hex() or None, made_at, subject, checksum.group(1), metadata)
    raise MalformedInput(f"commit {commit} does not read like a commit: {raw[:200]!r}")


def info_of(commit: str, read: CommitObject) -> CommitInfo:
    """The same, from the commit's own file."""
    return _info(commit, read.parent, read.made_at, read.subject, read.content_checksum, read.metadata)


def kept_with_a_tree(repo: Path, commit: str) -> Iterator[tuple[str, str]]:
    """What goes along when the files of an archive's commit are committed again, as GVariant text."""
    read = commit_object(repo, commit)
    for key in KEPT_WITH_A_TREE:
        match read.metadata.get(key) if read is not None else None:
            case str(value):
                yield key, quoted(value)
            case () if key == _PACKAGES:
                yield key, "@a(sssss) []"
            case tuple(rows) if key == _PACKAGES:
                yield key, f"[{','.join(_written(row) for row in rows)}]"


def _written(row: tuple[str, ...] | str) -> str:
    if isinstance(row, str):
        raise MalformedInput(f"a row of {_PACKAGES} is not (name, epoch, version, release, arch)")
    return f"({','.join(map(quoted, row))})"


def _info(
    commit: str, parent: str | None, made_at: datetime, subject: str, content: str, metadata: Mapping[str, Any]
) -> CommitInfo:
    return CommitInfo(
        commit=commit,
        parent=parent,
        timestamp=made_at,
        subject=subject,
        version=_text(metadata.get("version")),
        content_checksum=content,
        ref_bindings=_bindings(metadata),
        packages=_packages(metadata),
        metadata={key: value for key, value in metadata.items() if isinstance(value, str)},
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _bindings(metadata: Mapping[str, Any]) -> tuple[str, ...] | None:
    bound = metadata.get(_BINDING)
    return tuple(map(str, bound)) if isinstance(bound, list | tuple) else None


def _packages(metadata: Mapping[str, Any]) -> tuple[Package, ...]:
    rows = metadata.get(_PACKAGES, [])
    try:
        return tuple(Package(*map(str, row)) for row in rows)
    except TypeError as error:
        raise MalformedInput(f"a row of {_PACKAGES} is not (name, epoch, version, release, arch)") from error
