"""What does a treefile ask for?"""

import configparser
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from relengotron.lab.builder.tools.command import ToolFailed

UNHASHED = ("metadata",)
DEEPEST_INCLUDE = 5


@dataclass(frozen=True, slots=True)
class Treefile:
    """A flattened treefile, the repos it names, and the directory where the files lie that it names."""

    content: Mapping[str, Any]
    baseurls: Mapping[str, str]
    folder: Path

    @property
    def ref(self) -> str:
        """The ref with its variables replaced."""
        return self._expand(str(self.content["ref"]))

    @property
    def arch(self) -> str:
        """The base architecture."""
        return str(self.content.get("basearch", "x86_64"))

    @property
    def packages(self) -> list[str]:
        """Every wished package, those for this arch included."""
        return sorted({*self.content.get("packages", []), *self.content.get(f"packages-{self.arch}", [])})

    @property
    def hashed(self) -> str:
        """The text that takes part in the input hash: key order and comments do not count, the files it names do."""
        counting = {key: self.content[key] for key in self.content if key not in UNHASHED}
        files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in self._named()]
        return json.dumps([counting, files], sort_keys=True)

    @property
    def added(self) -> list[tuple[Path, str]]:
        """The files that are copied into the tree, and where to."""
        return [(self.folder / str(source), str(place)) for source, place in self.content.get("add-files", [])]

    def _named(self) -> list[Path]:
        script = self.content.get("postprocess-script")
        checks = [self.content.get(key) for key in ("check-passwd", "check-groups")]
        read = [check["filename"] for check in checks if isinstance(check, dict) and check.get("type") == "file"]
        return [
            *(path for path, _ in self.added),
            *(self.folder / str(name) for name in ([script] if script else []) + read),
        ]

    def _expand(self, text: str) -> str:
        return expand(text, self.content)


def expand(text: str, content: Mapping[str, Any]) -> str:
    """Replace ``$releasever`` and ``$basearch`` in both spellings."""
    for key, default in (("releasever", ""), ("basearch", "x86_64")):
        value = str(content.get(key, default))
        text = text.replace(f"${{{key}}}", value).replace(f"${key}", value)
    return text


def read_treefile(path: Path) -> Treefile:
    """Read JSON or YAML, follow ``include``, and find the repos in the ``.repo`` files beside it."""
    content = _flatten(path, DEEPEST_INCLUDE)
    for key, kind in (("ref", str), ("repos", list), ("packages", list)):
        if not isinstance(content.get(key), kind):
            raise ToolFailed(f"error: {path.name}: key `{key}` is missing or not a {kind.__name__}")
    known = _baseurls(path.parent, content)
    unknown = [name for name in content["repos"] if name not in known]
    if unknown:
        raise ToolFailed(f"error: Unknown rpm-md repository: {', '.join(unknown)}")
    return Treefile(content, {name: known[name] for name in content["repos"]}, path.parent)


def _flatten(path: Path, depth: int) -> dict[str, Any]:
    if depth == 0:
        raise ToolFailed(f"error: too many includes at {path.name}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise ToolFailed(f"error: Failed to load treefile {path}: {wrong}") from wrong
    if not isinstance(content, dict):
        raise ToolFailed(f"error: {path.name} is not a mapping")
    include = content.pop("include", None)
    return _merge(_flatten(path.parent / str(include), depth - 1), content) if include else content


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lists of the two files are joined, single values of the upper file win."""
    merged = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], list) and isinstance(above[key], list):
            merged[key] = [*below[key], *(each for each in above[key] if each not in below[key])]
    return merged


def _baseurls(folder: Path, content: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.repo")):
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(file.read_text(encoding="utf-8"), str(file))
        except (configparser.Error, UnicodeDecodeError) as wrong:
            raise ToolFailed(f"error: cannot read {file.name}: {wrong}") from wrong
        found |= {
            name: expand(parser[name]["baseurl"], content).rstrip("/")
            for name in parser.sections()
            if "baseurl" in parser[name]
        }
    return found
