"""What does an RPM file say of itself, without a library that a hostile file could crash?

Only the header is read, however large the file. Layout: https://rpm.org/docs/latest/manual/format_header.html
"""

import os
import stat
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, NamedTuple

from relengotron.errors import MalformedInput, SystemUnreachable
from relengotron.systems.repodata.reading import LONGEST_NAME

_LEAD: Final = 96
_LEAD_MAGIC: Final = b"\xed\xab\xee\xdb"
_INTRO: Final = struct.Struct(">8sII")
_MAGIC: Final = b"\x8e\xad\xe8\x01\x00\x00\x00\x00"
_ENTRY: Final = struct.Struct(">IIII")
_MOST_TAGS, _MOST_BYTES = 0xFFFF, 256 << 20
"""As much as rpm itself believes."""
_MOST_VALUES: Final = 2_000_000
"""Of one tag; the packages of the field with the most files have a tenth of that."""
_PADDED_TO: Final = 8

_INT32, _STRING, _STRINGS, _I18N = 4, 6, 8, 9
_NAME, _VERSION, _RELEASE, _EPOCH, _ARCH, _SOURCE_RPM = 1000, 1001, 1002, 1003, 1022, 1044
_PROVIDES, _REQUIRES = (1047, 1112, 1113), (1049, 1048, 1050)
_OLD_FILES, _FOLDER_OF, _BASES, _FOLDERS = 1027, 1116, 1117, 1118
_LESS, _GREATER, _EQUAL = 2, 4, 8
_OUR_SIGNS: Final = {_GREATER: 1, _EQUAL: 2, _LESS: 4}
"""rpm's flags, and what libsolv calls the same."""
_BY_RPM_ITSELF: Final = "rpmlib("


class Relation(NamedTuple):
    """What a package provides or requires; ``signs`` are libsolv's (> 1, = 2, < 4), 0 where any version will do."""

    name: str
    signs: int = 0
    evr: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Header:
    """One package as its file describes it; equal to nothing but itself.

    ``paths`` are the hashes of its files' paths, in order: there may be very many.
    """

    file: Path
    name: str
    evr: str
    arch: str
    source: str
    provides: tuple[Relation, ...]
    requires: tuple[Relation, ...]
    paths: "array[int]" = field(repr=False)

    @property
    def required_paths(self) -> Iterator[str]:
        """The files that it requires, those among several names too."""
        words = (word.strip("()") for each in self.requires for word in each.name.split(" "))
        return (word for word in words if word.startswith("/"))


def read_header(file: Path) -> Header:
    """Read the header of a binary package.

    Raises:
        MalformedInput: the file is no such package.
        SystemUnreachable: the file cannot be read.
    """
    try:
        with _opened(file) as rpm:
            _Section.skip_lead_and_signature(rpm)
            return _header(file, _Section.read(rpm))
    except OSError as broken:
        raise SystemUnreachable(f"{file} cannot be read: {broken.strerror or broken}") from broken
    except (_Broken, struct.error) as wrong:
        raise MalformedInput(f"{file} is no package: {wrong}") from wrong


class _Broken(Exception):
    """It does not hold what it must."""


class _Section:
    """The signature or the header: entries of (tag, type, offset, count), and the store that they point into."""

    def __init__(self, index: bytes, store: bytes) -> None:
        self._entries = {tag: (kind, start, count) for tag, kind, start, count in _ENTRY.iter_unpack(index)}
        self._store = store

    @classmethod
    def read(cls, rpm: IO[bytes]) -> "_Section":
        tags, size = cls._sizes(rpm)
        index, store = rpm.read(tags * _ENTRY.size), rpm.read(size)
        if len(index) + len(store) != tags * _ENTRY.size + size:
            raise _Broken("it ends within its header")
        return cls(index, store)

    @classmethod
    def skip_lead_and_signature(cls, rpm: IO[bytes]) -> None:
        if not rpm.read(_LEAD).startswith(_LEAD_MAGIC):
            raise _Broken("it does not begin like one")
        tags, size = cls._sizes(rpm)
        rpm.seek(tags * _ENTRY.size + size + -size % _PADDED_TO, os.SEEK_CUR)

    @staticmethod
    def _sizes(rpm: IO[bytes]) -> tuple[int, int]:
        magic, tags, size = _INTRO.unpack(rpm.read(_INTRO.size))
        if magic != _MAGIC or tags > _MOST_TAGS or size > _MOST_BYTES:
            raise _Broken("its header is none")
        return tags, size

    def text(self, tag: int) -> str:
        """The one string of a tag; empty where there is none."""
        found = self.texts(tag)
        return found[0] if found else ""

    def texts(self, tag: int) -> list[str]:
        """Every string of a tag."""
        kind, start, count = self._entries.get(tag, (_STRINGS, 0, 0))
        if kind not in (_STRING, _STRINGS, _I18N) or (kind == _STRING and count != 1) or count > _MOST_VALUES:
            raise _Broken(f"its tag {tag} holds no text")
        return list(self._strings(start, count))

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Every number of a tag."""
        kind, start, count = self._entries.get(tag, (_INT32, 0, 0))
        if kind != _INT32 or count > _MOST_VALUES or start + 4 * count > len(self._store):
            raise _Broken(f"its tag {tag} holds no numbers")
        return struct.unpack_from(f">{count}I", self._store, start)

    def _strings(self, start: int, count: int) -> Iterator[str]:
        for _ in range(count):
            end = self._store.find(b"\0", start)
            if end < 0:
                raise _Broken("a text of its header does not end")
            yield self._store[start:end].decode(errors="replace")  # names of files are not always UTF-8
            start = end + 1


def _opened(file: Path) -> IO[bytes]:
    # A pipe in the place of a file must not keep us waiting.
    rpm = os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(rpm.fileno()).st_mode):
        rpm.close()
        raise _Broken("it is not a file")
    return rpm


def _header(file: Path, said: _Section) -> Header:
    name, version, release, arch = map(said.text, (_NAME, _VERSION, _RELEASE, _ARCH))
    source = said.text(_SOURCE_RPM).rsplit("-", 2)[0]
    if not (name and version and release and arch and source):
        raise _Broken("it lacks its name, or is made from no source")
    epoch = next((f"{each}:" for each in said.numbers(_EPOCH) if each), "")
    evr = f"{epoch}{version}-{release}"
    if max(map(len, (name, evr, arch, source))) > LONGEST_NAME:
        raise _Broken("its name is too long")
    provides = tuple(_relations(said, *_PROVIDES))
    requires = tuple(each for each in _relations(said, *_REQUIRES) if not each.name.startswith(_BY_RPM_ITSELF))
    return Header(file, name, evr, arch, source, provides, requires, array("q", sorted(map(hash, _paths(said)))))


def _relations(said: _Section, names: int, flags: int, versions: int) -> Iterator[Relation]:
    for name, flag, version in zip(
        *_equally_many(said.texts(names), said.numbers(flags), said.texts(versions)), strict=True
    ):
        signs = sum(ours for theirs, ours in _OUR_SIGNS.items() if flag & theirs) if version else 0
        yield Relation(name, signs, version.removeprefix("0:") if signs else "")


def _paths(said: _Section) -> Iterator[str]:
    yield from said.texts(_OLD_FILES)
    folders = said.texts(_FOLDERS)
    for number, base in zip(*_equally_many(said.numbers(_FOLDER_OF), said.texts(_BASES)), strict=True):
        if number >= len(folders):
            raise _Broken("a file of it lies in no folder")
        yield folders[number] + base


def _equally_many(*columns: tuple[int, ...] | list[str]) -> tuple[tuple[int, ...] | list[str], ...]:
    if len(set(map(len, columns))) > 1:
        raise _Broken("its header says half of something")
    return columns
