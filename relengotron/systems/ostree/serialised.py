"""What do the bytes of a serialised GVariant say? Variable parts come first, then where each of them ends.

Only what commits and directories of OSTree are made of is read: texts, lists of texts, rows of texts. All numbers that
say where a part ends are little-endian; how wide they are follows from the length of the whole.
"""

from collections.abc import Iterator, Mapping, Sequence

from relengotron.errors import MalformedInput

Value = str | tuple[str, ...] | tuple[tuple[str, ...], ...]


def ends(data: bytes, count: int) -> tuple[Sequence[int], int]:
    """Where the first ``count`` variable parts of a tuple end, and where its last part ends."""
    size, whole = _width(len(data)), len(data)
    found = [int.from_bytes(data[whole - size * (n + 1) : whole - size * n], "little") for n in range(count)]
    last = whole - size * count
    if last < 0 or any(end > last for end in found) or found != sorted(found):
        raise MalformedInput("an OSTree object is not what its name says: it may be damaged, run fsck")
    return found, last


def items(data: bytes, alignment: int = 1) -> Iterator[bytes]:
    """The elements of an array whose elements are of variable size."""
    if not data:
        return
    size, start = _width(len(data)), 0
    table = int.from_bytes(data[-size:], "little")
    for place in range(table, len(data), size):
        end = int.from_bytes(data[place : place + size], "little")
        yield data[start:end]
        start = aligned(end, alignment)


def aligned(place: int, alignment: int) -> int:
    """The next place that is a multiple."""
    return -(-place // alignment) * alignment


def text(data: bytes) -> str:
    """A string, which ends with a zero."""
    return data[:-1].decode(errors="replace")


def texts_by_key(data: bytes) -> Mapping[str, Value]:
    """A dictionary of variants: those that hold texts, the others left out."""
    found: dict[str, Value] = {}
    for entry in items(data, 8):
        (end,), last = ends(entry, 1)
        value, _, kind = entry[aligned(end, 8) : last].rpartition(b"\0")
        match kind:
            case b"s":
                found[text(entry[:end])] = text(value)
            case b"as":
                found[text(entry[:end])] = tuple(map(text, items(value)))
            case b"a(sssss)":
                found[text(entry[:end])] = tuple(_row(each, 5) for each in items(value))
            case _:
                continue
    return found


def _row(data: bytes, count: int) -> tuple[str, ...]:
    """A tuple of texts: each ends with a zero, so that where they end need not be looked up."""
    found = data[: len(data) - _width(len(data)) * (count - 1)].decode(errors="replace").split("\0")
    if len(found) != count + 1:
        raise MalformedInput(f"a row of {len(found) - 1} texts in an OSTree commit, not of {count}")
    return tuple(found[:-1])


def _width(length: int) -> int:
    return 1 if length <= 0xFF else 2 if length <= 0xFFFF else 4 if length <= 0xFFFFFFFF else 8
