"""How is one YAML file read, and on which line does each key stand?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from relengotron.settings.mistakes import KeyPath, Mistake

_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same, where it is there ten times as fast


@dataclass(frozen=True, slots=True)
class YamlFile:
    """What a file says, the line of each key path, and what is wrong with it as YAML."""

    path: Path
    content: Any = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    def line_of(self, key: KeyPath) -> int | None:
        """The line where the key stands, or the nearest key around it."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key)


def read(path: Path) -> YamlFile:
    """Read a file with the safe loader; a file that cannot be read is a mistake like any other."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        reason = trouble.strerror if isinstance(trouble, OSError) else "not UTF-8 text"
        return YamlFile(path, mistakes=(Mistake(path, None, (), f"cannot be read: {reason}"),))
    try:
        loader = _SafeLoader(text)
        node = loader.get_single_node()
        lines: dict[KeyPath, int] = {}
        doubles = tuple(_walk(path, node, (), lines)) if node is not None else ()
        content = loader.construct_document(node) if node is not None else None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as broken:
        return YamlFile(path, mistakes=(_not_yaml(path, broken),))
    return YamlFile(path, content, lines, doubles)


def _walk(path: Path, node: yaml.Node, key: KeyPath, lines: dict[KeyPath, int]) -> Iterator[Mistake]:
    lines.setdefault(key, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for name, value in node.value:
            line = name.start_mark.line + 1
            text = str(name.value)
            if text in seen and name.tag != "tag:yaml.org,2002:merge":
                yield Mistake(path, line, (*key, text), f"written twice; first on line {seen[text]}")
            seen.setdefault(text, line)
            lines.setdefault((*key, text), line)
            yield from _walk(path, value, (*key, text), lines)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield from _walk(path, value, (*key, place), lines)


def _not_yaml(path: Path, broken: Exception) -> Mistake:
    mark = getattr(broken, "problem_mark", None)
    problem = getattr(broken, "problem", None) or str(broken)
    return Mistake(path, mark.line + 1 if mark is not None else None, (), f"not safe YAML: {problem}")
