"""What does a JSON or YAML file that somebody else wrote say, when it is read with suspicion?"""

import json
from collections.abc import Iterator
from typing import Any, Final

import yaml

from relengotron.errors import MalformedInput

MOST_VALUES: Final = 100_000
MOST_SIGNS: Final = 16 * 1024 * 1024
DEEPEST: Final = 40
_YAML: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_mapping(name: str, raw: bytes) -> dict[str, Any]:
    """The mapping in the file; ``.json`` is read as JSON and everything else as YAML, as rpm-ostree does.

    Raises:
        MalformedInput: it is none, or far larger or deeper than any that people write.
    """
    try:
        text = raw.decode("utf-8")
        found = json.loads(text) if name.endswith(".json") else yaml.load(text, _YAML)  # noqa: S506 a safe loader
    except (ValueError, TypeError, RecursionError, yaml.YAMLError) as wrong:
        raise MalformedInput(f"{name} cannot be read: {' '.join(str(wrong).split())[:300]}") from wrong
    if not isinstance(found, dict):
        raise MalformedInput(f"{name} is not a mapping")
    return checked_mapping(name, found)


def checked_mapping(name: str, found: dict[Any, Any]) -> dict[str, Any]:
    """The same mapping, when it is plain data of a size that people write; aliases are counted each time they stand."""
    signs = 0
    for number, (value, depth) in enumerate(_values(found, 0)):
        signs += _length(value)
        if number > MOST_VALUES or depth > DEEPEST or signs > MOST_SIGNS:
            raise MalformedInput(f"{name} is larger or deeper than a file that people write")
        if not isinstance(value, dict | list | str | int | float | bool | None):
            raise MalformedInput(f"{name} holds {type(value).__name__}, which JSON does not know")
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            raise MalformedInput(f"{name} has a key that is not a text: {next(iter(value))!r}")
    return found


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    return sum(len(key) for key in value if isinstance(key, str)) if isinstance(value, dict) else 0


def _values(value: Any, depth: int) -> Iterator[tuple[Any, int]]:
    yield value, depth
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _values(each, depth + 1)
