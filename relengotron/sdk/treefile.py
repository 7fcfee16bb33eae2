"""What does a treefile say once every include is in its place?

The rules are those of rpm-ostree: of single values the including file's stands, lists are joined, mappings are merged.
"""

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from relengotron.errors import MalformedInput, RequestRefused
from relengotron.model.contents import Manifest
from relengotron.sdk.files import write_plain
from relengotron.sdk.mapping_file import checked_mapping, read_mapping
from relengotron.sdk.treefile_words import listed, tidied

Read = Callable[[str], bytes]
"""Reads a file by its path below the root; RequestRefused when there is none."""

MOST_FILES: Final = 100
FILES: Final = "files"
"""The directory beside a written treefile where the files lie that it names."""

_INCLUDES: Final = ("include", "arch-include")
_NO_CONTENT: Final = frozenset({
    "ref", "repos", "lockfile-repos", "releasever", "basearch", "metadata", "gpg-key", "gpg_key",
    "automatic-version-prefix", "automatic_version_prefix", "automatic-version-suffix",
})  # fmt: skip
"""What a run fills in, and what names or signs a commit: the files of the tree do not depend on it."""


@dataclass(frozen=True, slots=True)
class Flattened:
    """A treefile that includes nothing, and the files that it names, by their paths beside it."""

    content: Mapping[str, Any]
    files: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """SHA-256 over everything that can change a file of the tree; comments and the order of keys do not count."""
        counting = {key: value for key, value in self.content.items() if key not in _NO_CONTENT}
        files = {path: hashlib.sha256(content).hexdigest() for path, content in self.files.items()}
        return hashlib.sha256(json.dumps([counting, files], sort_keys=True).encode()).hexdigest()

    def write(self, place: Path, filled: Mapping[str, Any]) -> None:
        """The treefile stands at the place, with what a run fills in, and the files that it names beside it."""
        for path, content in self.files.items():
            beside = place.parent / path
            write_plain(place.parent, beside, content)
            beside.chmod(0o755)  # one of them may be a script; rpm-ostree sets the modes of the others itself
        whole = json.dumps({**self.content, **filled}, indent=1, sort_keys=True)
        write_plain(place.parent, place, whole.encode())

    def manifest(self, origin: str) -> Manifest:
        """The wish list, as a solver wants it; rpm-ostree installs what is recommended unless told otherwise."""
        recommends = self.content.get("recommends", True)
        if not isinstance(recommends, bool):
            raise MalformedInput(f"{origin}: recommends is neither true nor false: {recommends!r}")
        wished = {*self.content["packages"], *_pinned(self.content.get("repo-packages", []), origin)}
        exclude = tuple(self.content["exclude-packages"])
        return Manifest(self.digest, origin, tuple(sorted(wished)), exclude, recommends)


def flatten(
    inline: Mapping[str, Any], *, arch: str, version: str, file: str | None = None, read: Read | None = None
) -> Flattened:
    """The file with everything that it includes, and the inline treefile on top, for one arch.

    Raises:
        MalformedInput: an include is missing, leads in a circle or out of the root, or something is no treefile.
    """
    work = _Flattening(arch, read)
    top = checked_mapping("the treefile in the configuration", dict(inline))
    content = work.with_includes(top, file or "", ())
    if file is not None:
        content = _merged(work.file(file, ()), content)
    return Flattened(tidied(content, arch, version), work.files)


@dataclass(slots=True)
class _Flattening:
    arch: str
    read: Read | None
    files: dict[str, bytes] = field(default_factory=dict)
    number: int = 0

    def file(self, path: str, way: tuple[str, ...]) -> dict[str, Any]:
        if path in way:
            raise MalformedInput(f"treefiles include one another in a circle: {' → '.join((*way, path))}")
        content = read_mapping(path, self._content_of(path, way[-1] if way else None))
        return self.with_includes(content, path, (*way, path))

    def with_includes(self, content: dict[str, Any], path: str, way: tuple[str, ...]) -> dict[str, Any]:
        if "conditional-include" in content:
            raise MalformedInput(f"{path or 'the treefile'} has a conditional-include, which is not understood here")
        own = {key: value for key, value in content.items() if key not in _INCLUDES}
        own = self._with_files(own, path)
        for include in self._includes(content, path):
            own = _merged(self.file(_resolved(include, path), way), own)
        return own

    def _includes(self, content: Mapping[str, Any], path: str) -> Iterator[str]:
        by_arch = content.get("arch-include", {})
        if not isinstance(by_arch, dict):
            raise MalformedInput(f"arch-include of {path} is not a mapping from arch to file")
        for found in (content.get("include", []), by_arch.get(self.arch, [])):
            yield from listed([found] if isinstance(found, str) else found, f"an include of {path}")

    def _with_files(self, content: dict[str, Any], path: str) -> dict[str, Any]:
        """The same with every file it names taken along under ``files/``, and named there."""
        script = content.get("postprocess-script")
        if script is not None:
            content["postprocess-script"] = self._taken(script, path)
        if "add-files" in content:
            content["add-files"] = [[self._taken(source, path), place] for source, place in _pairs(content, path)]
        for key in ("check-passwd", "check-groups"):
            check = content.get(key)
            if isinstance(check, dict) and check.get("type") == "file":
                content[key] = {**check, "filename": self._taken(check.get("filename"), path)}
        return content

    def _taken(self, name: Any, path: str) -> str:
        if not isinstance(name, str):
            raise MalformedInput(f"{path or 'the treefile'} names a file with something that is no text: {name!r}")
        resolved = _resolved(name, path)
        place = f"{FILES}/{resolved}"
        self.files[place] = self._content_of(resolved, path)
        return place

    def _content_of(self, path: str, wanted_by: str | None) -> bytes:
        self.number += 1
        if self.number > MOST_FILES:
            raise MalformedInput(f"a treefile of more than {MOST_FILES} files; the last one is {path}")
        if self.read is None:
            raise MalformedInput(f"the treefile names the file {path}, but no manifest in git where it could lie")
        try:
            return self.read(path)
        except RequestRefused as absent:
            by = f", which {wanted_by} names" if wanted_by else ""
            raise MalformedInput(f"{path}{by}: {absent}") from absent


def _resolved(name: str, path: str) -> str:
    """A name as the file at ``path`` means it: beside that file, and never out of the root."""
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
    if name.startswith("/") or resolved in ("", ".", "..") or resolved.startswith("../"):
        raise MalformedInput(f"{path or 'the treefile'} names {name!r}, which leads out of the manifest's directory")
    return resolved


def _pairs(content: Mapping[str, Any], path: str) -> Iterator[tuple[Any, Any]]:
    rows = content["add-files"]
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == 2 for row in rows):
        raise MalformedInput(f"add-files of {path or 'the treefile'} is not a list of pairs")
    yield from ((source, place) for source, place in rows)


def _pinned(rows: Any, origin: str) -> Iterator[str]:
    """What is to come from one repo is to be installed like the rest."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedInput(f"{origin}: repo-packages is not a list of mappings")
    for row in rows:
        yield from listed(row.get("packages", []), "repo-packages")


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    for key in below.keys() & above.keys():
        match below[key], above[key]:
            case list(first), list(then):
                merged[key] = [*first, *then]
            case dict(first), dict(then) if key not in ("check-passwd", "check-groups"):
                merged[key] = {**first, **then}
    return merged
