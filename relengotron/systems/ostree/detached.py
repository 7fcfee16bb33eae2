"""How do signatures stand in what is said of a commit or a summary? As one list in a serialised dictionary of variants.

Other words of the dictionary stay as they are, byte for byte. How a GVariant is laid out is told in ``serialised``.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from relengotron.errors import MalformedInput
from relengotron.systems.ostree.serialised import aligned, ends, items

_KEY: Final = b"ostree.gpgsigs"
_TYPE: Final = b"\0aay"
_MOST: Final = 1 << 20


def signatures_in(said: bytes) -> tuple[bytes, ...]:
    """Every signature, in binary.

    Raises:
        MalformedInput: these are not words of OSTree.
    """
    found = next((value for key, value in map(_split, _entries(said)) if key == _KEY), None)
    return () if found is None or not found.endswith(_TYPE) else tuple(items(found.removesuffix(_TYPE)))


def with_signature(said: bytes, signature: bytes) -> bytes:
    """The same words with one signature more; with the same words when it is there already."""
    known = signatures_in(said)
    if signature in known:
        return said
    others = [entry for entry in _entries(said) if _split(entry)[0] != _KEY]
    return _array([*others, _entry([*known, signature])], 8)


def of_signatures(signatures: Sequence[bytes]) -> bytes:
    """What ``summary.sig`` holds: these signatures and nothing else."""
    return _array([_entry(signatures)], 8)


def _entries(said: bytes) -> list[bytes]:
    if len(said) > _MOST:
        raise MalformedInput("more is said of a commit than signatures need")
    return list(items(said, 8))


def _split(entry: bytes) -> tuple[bytes, bytes]:
    """The key and the variant of one entry."""
    (end,), last = ends(entry, 1)
    return entry[: end - 1], entry[aligned(end, 8) : last]


def _entry(signatures: Sequence[bytes]) -> bytes:
    key = _KEY + b"\0"
    padded = key.ljust(aligned(len(key), 8), b"\0")
    return _framed(padded + _array(signatures, 1) + _TYPE, [len(key)])


def _array(elements: Iterable[bytes], alignment: int) -> bytes:
    body, found = b"", []
    for element in elements:
        body = body.ljust(aligned(len(body), alignment), b"\0") + element
        found.append(len(body))
    return _framed(body, found) if found else b""


def _framed(body: bytes, found: Sequence[int]) -> bytes:
    """The numbers behind the body, as wide as the length of the whole needs them."""
    size = next(size for size in (1, 2, 4) if len(body) + size * len(found) < 1 << (8 * size))
    return body + b"".join(end.to_bytes(size, "little") for end in found)
