"""How are the words of a treefile brought into one form, so that equal wishes read equally?"""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, Final

from relengotron.errors import MalformedInput
from relengotron.sdk.mapping_file import MOST_SIGNS

_PACKAGES: Final = ("packages", "bootstrap_packages")
_VERBATIM: Final = frozenset({"postprocess"})
"""Scripts, in which ``${...}`` is the shell's."""
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


def tidied(content: Mapping[str, Any], arch: str, version: str) -> dict[str, Any]:
    """Without comments and other arches' packages, variables filled in, lists of names in the order of names."""
    words = {**_variables(content.get("variables", {})), "basearch": arch, "releasever": version}
    kept = {key: value for key, value in content.items() if key != "variables" and not key.startswith("comment")}
    _refuse_a_flood(kept, words)
    filled = {key: value if key in _VERBATIM else _filled(value, words) for key, value in kept.items()}
    wished = [name for key in (*_PACKAGES, f"packages-{arch}") for name in _names(filled.get(key, []), key)]
    tidy = {key: value for key, value in filled.items() if key not in _PACKAGES and not key.startswith("packages-")}
    tidy["packages"] = sorted(set(wished))
    tidy["exclude-packages"] = sorted(set(listed(filled.get("exclude-packages", []), "exclude-packages")))
    return tidy


def listed(value: Any, key: str) -> list[str]:
    """The texts in a list.

    Raises:
        MalformedInput: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
        raise MalformedInput(f"{key} is not a list of texts: {str(value)[:200]}")
    return value


def _names(value: Any, key: str) -> Iterable[str]:
    """One entry may hold several names, as a shell would split it."""
    for entry in listed(value, key):
        try:
            yield from shlex.split(entry)
        except ValueError as wrong:
            raise MalformedInput(f"{key} has an entry with an open quote: {entry!r}") from wrong


def _variables(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(each, str | int | float) for each in found.values()):
        raise MalformedInput("variables is not a mapping from names to texts")
    return {name: str(each).lower() if isinstance(each, bool) else str(each) for name, each in found.items()}


def _refuse_a_flood(content: Mapping[str, Any], words: Mapping[str, str]) -> None:
    """A few bytes that name a long variable often would fill the memory."""
    longest, places = max(map(len, words.values())), json.dumps(content).count("${")
    if longest * places > MOST_SIGNS:
        raise MalformedInput(f"variables of up to {longest} signs in {places} places are more than people write")


def _filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: words.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: _filled(each, words) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, words) for each in value]
    return value
