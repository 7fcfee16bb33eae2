"""The smallest RPM files that say what a recording says about them: lead, signature header, main header, no payload."""

from collections.abc import Sequence
from typing import Any

INT32, STRING, BINARY, STRINGS, I18N = 4, 6, 7, 8, 9
LEAD = b"\xed\xab\xee\xdb\x03\x00" + b"\x00" * 90
MAGIC = b"\x8e\xad\xe8\x01\x00\x00\x00\x00"
Entry = tuple[int, int, Any]


def header(entries: Sequence[Entry]) -> bytes:
    """A header section with these (tag, type, value) entries."""
    index, store = b"", b""
    for tag, kind, value in entries:
        if kind == INT32:
            store += b"\x00" * (-len(store) % 4)
        raw, count = _encoded(kind, value)
        index += b"".join(number.to_bytes(4, "big") for number in (tag, kind, len(store), count))
        store += raw
    return MAGIC + len(entries).to_bytes(4, "big") + len(store).to_bytes(4, "big") + index + store


def _encoded(kind: int, value: Any) -> tuple[bytes, int]:
    if kind == INT32:
        numbers = value if isinstance(value, list) else [value]
        return b"".join(number.to_bytes(4, "big") for number in numbers), len(numbers)
    if kind == BINARY:
        return value, len(value)
    texts = value if isinstance(value, list) else [value]
    return b"".join(text.encode() + b"\x00" for text in texts), len(texts)


def rpm_file(info: dict[str, Any], changelog: Sequence[dict[str, Any]] = ()) -> bytes:
    """An RPM with the identity (and the payload digest) that ``importRPM`` once answered with."""
    signature = header([(1004, BINARY, bytes.fromhex(info["payloadhash"])), (1000, INT32, 1)])
    signature += b"\x00" * (-len(signature) % 8)
    source = info["arch"] == "src"
    entries: list[Entry] = [
        (1000, STRING, info["name"]),
        (1001, STRING, info["version"]),
        (1002, STRING, info["release"]),
        (1006, INT32, info["buildtime"]),
        (1022, STRING, "noarch" if source else info["arch"]),
    ]
    if info.get("epoch") is not None:
        entries.append((1003, INT32, info["epoch"]))
    if changelog:
        entries.append((1080, INT32, [entry["date_ts"] for entry in changelog]))
        entries.append((1081, STRINGS, [entry["author"] for entry in changelog]))
        entries.append((1082, STRINGS, [entry["text"] for entry in changelog]))
    entries.append((1106, INT32, 1) if source else (1044, STRING, info["sourcerpm"]))
    return LEAD + signature + header(sorted(entries))
