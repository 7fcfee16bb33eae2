"""Is this input small, flat and plain enough to be worth reading?"""

import json
import math
from typing import Final

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
