"""In which order did the recorded server, on Python 2, walk a dictionary?

Its import loops and its change log depend on that order, and both are visible outside: the ids of imported rpms and the
text of a changeset. The order is fixed by the 64-bit string hash and the probing of the hash table, so it can be had.
"""

import json
from collections.abc import Iterable
from typing import Any

_WORD = (1 << 64) - 1
_SMALLEST = 8
_PRESIZED_FROM = 6


def _string_hash(text: str) -> int:
    if not text:
        return 0
    value = (ord(text[0]) << 7) & _WORD
    for letter in text:
        value = ((1000003 * value) ^ ord(letter)) & _WORD
    value ^= len(text)
    return _WORD - 1 if value == _WORD else value


def _size_above(wanted: int) -> int:
    size = _SMALLEST
    while size <= wanted:
        size *= 2
    return size


def _put(slots: list[str | None], key: str) -> bool:
    """Put the key into its slot; False when it was there already."""
    mask = len(slots) - 1
    perturb = index = _string_hash(key)
    index &= mask
    while slots[index] is not None:
        if slots[index] == key:
            return False
        index = (index * 5 + perturb + 1) & mask
        perturb >>= 5
    slots[index] = key
    return True


def hash_order(keys: Iterable[str], presized: int = 0) -> list[str]:
    """The keys as a Python 2 dictionary filled in the given order would yield them.

    Args:
        presized: the number of keys written in a dictionary literal, for which Python reserves room beforehand.
    """
    slots: list[str | None] = [None] * (_size_above(presized) if presized >= _PRESIZED_FROM else _SMALLEST)
    used = 0
    for key in keys:
        used += _put(slots, key)
        if used * 3 >= len(slots) * 2:
            grown: list[str | None] = [None] * _size_above(used * 4)
            for kept in slots:
                if kept is not None:
                    _put(grown, kept)
            slots = grown
    return [key for key in slots if key is not None]


def in_hash_order(value: Any, literal: bool = False) -> Any:
    """The same JSON value with every object's keys in hash order."""
    if isinstance(value, dict):
        return {key: in_hash_order(value[key]) for key in hash_order(value, len(value) if literal else 0)}
    if isinstance(value, list):
        return [in_hash_order(item) for item in value]
    return value


def dumps(value: Any, literal: bool = False) -> str:
    """JSON text as the recorded server wrote it into its change log."""
    return json.dumps(in_hash_order(value, literal))


def python2_repr(value: Any) -> str:
    """How Python 2 would print a JSON value inside an error text."""
    match value:
        case str():
            return "u" + repr(value)
        case dict():
            return (
                "{" + ", ".join(f"{python2_repr(key)}: {python2_repr(value[key])}" for key in hash_order(value)) + "}"
            )
        case list():
            return "[" + ", ".join(python2_repr(item) for item in value) + "]"
        case _:
            return repr(value)
