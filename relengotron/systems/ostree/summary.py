"""What does a summary list? It is a serialised GVariant of type ``(a(s(taya{sv}))a{sv})``."""

import re
from collections.abc import Mapping
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.systems.ostree.serialised import aligned, ends, items

_SIZE: Final = 8
_CHECKSUM: Final = 32
_KIND = re.compile(rb"[a-z(){}]+")
"""Of the value of a word, as its GVariant type is written."""


def refs_in(summary: bytes) -> Mapping[str, str]:
    """Every ref with its commit.

    Raises:
        MalformedInput: these bytes are no summary.
    """
    (end,), last = ends(summary, 1)
    found = dict(map(_ref, items(summary[:end], 8)))
    _must_be_words(summary[aligned(end, 8) : last])
    return found


def _ref(entry: bytes) -> tuple[str, str]:
    (end,), last = ends(entry, 1)
    facts = entry[aligned(end, 8) : last]
    (checksum_end,), _ = ends(facts, 1)
    name, checksum = entry[: end - 1], facts[_SIZE:checksum_end]
    if entry[end - 1 : end] != b"\0" or len(checksum) != _CHECKSUM:
        raise MalformedInput("no summary of an OSTree repo")
    try:
        return name.decode(), checksum.hex()
    except UnicodeDecodeError as wrong:
        raise MalformedInput("no summary of an OSTree repo: a ref that is no text") from wrong


def _must_be_words(said: bytes) -> None:
    """What it says besides its refs is whole as well, or the end that was read may be any byte of a cut file."""
    entries = list(items(said, 8))
    if not entries:
        raise MalformedInput("no summary of an OSTree repo: it says nothing of itself")
    for entry in entries:
        (end,), last = ends(entry, 1)
        key, kind = entry[:end], entry[aligned(end, 8) : last].rpartition(b"\0")[2]
        if key[-1:] != b"\0" or not key[:-1].isascii() or not _KIND.fullmatch(kind):
            raise MalformedInput("no summary of an OSTree repo: it was cut short, or is damaged")
