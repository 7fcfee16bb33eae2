"""Is this input small, flat and plain enough to be worth reading?"""

import json
import math
from typing import Any, Final, NoReturn

from relengotron.errors import MalformedInput
from relengotron.messages.wire import shown

LARGEST_MESSAGE: Final = 1024 * 1024
DEEPEST_NESTING: Final = 40


def kept_text(raw: object, longest: int = 65_536) -> str:
    """Write down anything at all, so that what cannot be read can still be looked at."""
    try:
        return json.dumps(raw, sort_keys=True, default=shown)[:longest]
    except (TypeError, ValueError, RecursionError) as error:
        return json.dumps({"unreadable": shown(raw), "because": type(error).__name__})


def plain_json(text: str) -> object:
    """Read text from a wire; what costs time is looked at only where the text can hold it at all.

    Raises:
        MalformedInput: it is not JSON, too large, nested too deeply, or holds what no database keeps.
    """
    if len(text) > LARGEST_MESSAGE:
        raise MalformedInput(f"larger than {LARGEST_MESSAGE} bytes: {len(text)} characters")
    try:
        value: object = _STRICT.decode(text)
    except (ValueError, RecursionError) as error:
        raise MalformedInput(f"not JSON: {type(error).__name__}") from None
    if not text.isascii() or "\\u" in text or text.count("{") + text.count("[") > DEEPEST_NESTING:
        checked_size(value)
    return value


def checked_size(raw: object) -> None:
    """Refuse what is not plain JSON, is nested too deeply or is larger than a message may be."""
    _refuse_what_is_not_json(raw)
    try:
        size = len(json.dumps(raw, ensure_ascii=False).encode("utf-8"))
    except UnicodeEncodeError:
        raise MalformedInput("a text that is not Unicode: it holds half a character") from None
    except ValueError:
        raise MalformedInput("a number that is too long to be written") from None
    if size > LARGEST_MESSAGE:
        raise MalformedInput(f"larger than {LARGEST_MESSAGE} bytes: {size}")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number that is too large")
    return number


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_STRICT: Final[Any] = json.JSONDecoder(parse_float=_finite, parse_constant=_no_number)


def _refuse_what_is_not_json(raw: object) -> None:
    level = [raw]
    seen = 0
    for _ in range(DEEPEST_NESTING + 1):
        level = [inside for value in level for inside in _inside(value)]
        seen += len(level)
        if not level:
            return
        if seen > LARGEST_MESSAGE:  # each value takes a byte at least
            raise MalformedInput(f"larger than {LARGEST_MESSAGE} bytes")
    raise MalformedInput(f"nested deeper than {DEEPEST_NESTING} levels")


def _inside(value: object) -> list[object]:
    match value:
        case None | bool() | int() | str():
            return []
        case float() if math.isfinite(value):
            return []
        case list():
            return value
        case dict() if all(isinstance(key, str) for key in value):
            return list(value.values())
    raise MalformedInput(f"not plain JSON: {shown(value)}")
