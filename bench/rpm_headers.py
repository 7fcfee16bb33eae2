"""How does a package that exists as a name only become an RPM file? It holds a header, and nothing to unpack."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.universe.packages import AnyOf, Binary, Relation

_INT32, _STRING, _STRINGS = 4, 6, 8
_LEAD = b"\xed\xab\xee\xdb\x03\x00" + bytes(90)
_MAGIC = b"\x8e\xad\xe8\x01\x00\x00\x00\x00"
_FLAGS = {"LT": 2, "GT": 4, "EQ": 8, "LE": 10, "GE": 12}
_PROVIDES, _REQUIRES = (1047, 1112, 1113), (1049, 1048, 1050)
_Entry = tuple[int, int, Sequence[str] | Sequence[int]]
_Row = tuple[str, int, str]


def write_rpm(folder: Path, binary: Binary, arch: str) -> Path:
    """Write the file under the name that Koji gives it."""
    name = binary.on(arch)
    file = folder / f"{name.name}-{name.version}-{name.release}.{name.arch}.rpm"
    file.write_bytes(_LEAD + _section([]) + _section(_entries(binary, arch)))
    return file


def _entries(binary: Binary, arch: str) -> list[_Entry]:
    evr = binary.evr
    itself = Relation(binary.name, "EQ", evr)
    return [
        (1000, _STRING, [binary.name]),
        (1001, _STRING, [evr.version]),
        (1002, _STRING, [evr.release]),
        (1003, _INT32, [int(evr.epoch)]),
        (1022, _STRING, [binary.on(arch).arch]),
        (1044, _STRING, [f"{binary.source}-{evr.version}-{evr.release}.src.rpm"]),
        *_relations(_PROVIDES, map(_row, (itself, *binary.provides))),
        *_relations(_REQUIRES, map(_row_of_any, dict.fromkeys(binary.requires))),
    ]


def _relations(tags: tuple[int, int, int], rows: Iterable[_Row]) -> Iterable[_Entry]:
    known = list(rows)
    if known:
        names, flags, versions = zip(*known, strict=True)
        yield from ((tags[0], _STRINGS, names), (tags[1], _INT32, flags), (tags[2], _STRINGS, versions))


def _row(relation: Relation) -> _Row:
    if relation.flag is None or relation.evr is None:
        return relation.name, 0, ""
    return relation.name, _FLAGS[relation.flag], str(relation.evr)


def _row_of_any(any_of: AnyOf) -> _Row:
    return _row(any_of[0]) if len(any_of) == 1 else (f"({' or '.join(map(str, any_of))})", 0, "")


def _section(entries: Sequence[_Entry]) -> bytes:
    index, store = b"", b""
    for tag, kind, values in sorted(entries):
        if kind == _INT32:
            store += bytes(-len(store) % 4)
        index += b"".join(number.to_bytes(4, "big") for number in (tag, kind, len(store), len(values)))
        store += b"".join(map(_stored, values))
    return _MAGIC + len(entries).to_bytes(4, "big") + len(store).to_bytes(4, "big") + index + store


def _stored(value: str | int) -> bytes:
    return value.to_bytes(4, "big") if isinstance(value, int) else value.encode() + b"\0"
