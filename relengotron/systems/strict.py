"""Is what a service answered of the very kind that we expect? Another kind is a ``TypeError``, and never guessed at."""

from typing import Any


def text(value: Any) -> str:
    """A text, which may be empty."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def filled(value: Any) -> str:
    """A text that says something."""
    if not isinstance(value, str) or not value:
        raise TypeError(value)
    return value


def number(value: Any) -> int:
    """A whole number; true and false are none."""
    if type(value) is not int:
        raise TypeError(value)
    return value


def flag(value: Any) -> bool:
    """True or false, and no word for it."""
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def listed(value: Any) -> list[Any]:
    """A list of whatever."""
    if not isinstance(value, list):
        raise TypeError(value)
    return value
