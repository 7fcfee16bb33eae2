"""Which versions does a dependency of an rpm allow?"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KINDS = {"provides": 1, "requires": 2, "obsoletes": 3, "conflicts": 4, "recommends": 5, "suggests": 6}
_SHAPE = re.compile(r"^(?P<name>[^ <>=]+)( *(?P<op>=|>=|<=|<|>) *(?P<version>[^ <>=]+))?$")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A name, and perhaps a comparison with a version."""

    name: str
    comparison: str | None = None
    version: str | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.comparison} {self.version}" if self.version else self.name


def no_dependencies() -> dict[str, list[Dependency]]:
    """An empty list of each kind."""
    return {kind: [] for kind in KINDS}


def parse_dependency(text: str) -> Dependency | None:
    """Read ``name`` or ``name>=version``; None when it is neither."""
    found = _SHAPE.match(text)
    return Dependency(found["name"], found["op"], found["version"]) if found else None


def version_key(text: str) -> tuple[Any, ...]:
    """Order of version texts, with an epoch before a colon."""
    epoch, _, rest = text.rpartition(":")
    parts = re.findall(r"\d+|[a-z]+", rest.lower())
    return (int(epoch or 0), *((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts))


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def allows(asked: Dependency, kept: Dependency) -> bool:
    """Is there a version that satisfies both?"""
    if not asked.version or not kept.version or not asked.comparison or not kept.comparison:
        return True
    wanted, present = version_key(asked.version), version_key(kept.version)
    match asked.comparison:
        case "=":
            return _COMPARE[kept.comparison](wanted, present)
        case ">" | "<":
            return asked.comparison in kept.comparison or _COMPARE[asked.comparison](present, wanted)
        case _:
            strict = Dependency(asked.name, asked.comparison[0], asked.version)
            return allows(strict, kept) or allows(Dependency(asked.name, "=", asked.version), kept)
