"""How does a list lie on disk? As quick-fedora-mirror reads it: sections, and columns with tabs between them."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self, TextIO

from relengotron.errors import MalformedInput

VERSION: Final = "2"
_HEAD: Final = ("[Version]", VERSION, "", "[Files]")
_CHECKSUMS: Final = "[Checksums SHA1]"
_END: Final = b"[End]\n"
_SHA1 = re.compile(r"[0-9a-f]{40}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_IMAGE = (".iso", ".qcow2", ".raw.xz", ".raw", ".vmdk", ".box", ".tar.gz", ".tar.xz")


class Row(NamedTuple):
    """One file, folder or link: path below the module, kind, and the line that tells it."""

    path: str
    kind: str
    line: str

    @classmethod
    def of(cls, path: str, kind: str, time: int, size: int) -> Self:
        """What a look at the file system says; ``time`` is the later of mtime and ctime."""
        return cls(path, kind, f"{time}\t{kind}\t{size}\t{path}\n")

    @classmethod
    def read(cls, line: str) -> Self:
        """A line of a list, which stays as it is.

        Raises:
            MalformedInput: it has not the four columns.
        """
        columns = line.split("\t")
        if len(columns) != 4 or not (columns[0].isdigit() and columns[1] and columns[2].isdigit() and columns[3]):
            raise MalformedInput(f"not a row of a file list: {line[:200]!r}")
        return cls(columns[3][:-1], columns[1], line)


def can_be_listed(name: str) -> bool:
    """Say whether a name can stand in a list: a tab or a line break in it would make other rows of it."""
    return _CONTROL.search(name) is None


def is_image(row: Row) -> bool:
    """Say whether a row is an image that people download; archives only where images lie."""
    if row.kind[0] != "f" or not row.path.endswith(_IMAGE):
        return False
    return ".tar." not in row.path[-8:] or "/images/" in f"/{row.path}"


def wants_checksum(row: Row) -> bool:
    """Say whether the list tells the row's checksum: what readers of a repo start from."""
    return row.kind[0] == "f" and f"/{row.path}".endswith("/repodata/repomd.xml")


def head() -> bytes:
    """What stands before the rows."""
    return "".join(f"{line}\n" for line in _HEAD).encode()


def tail(checksums: Mapping[str, str]) -> bytes:
    """What stands after the rows; a list without its end was cut off, and nobody believes it."""
    rows = "".join(f"{checksums[path]}\t{path}\n" for path in sorted(checksums))
    return f"\n{_CHECKSUMS}\n{rows}\n".encode(errors="surrogateescape") + _END


def is_whole(place: Path) -> bool:
    """Say whether the list was written to its end."""
    try:
        with place.open("rb") as file:
            file.seek(max(0, place.stat().st_size - len(_END)))
            return file.read() == _END
    except OSError:
        return False


class Reading:
    """A list that is read once, from its beginning to its end; only its rows and its checksums are understood."""

    def __init__(self, file: TextIO) -> None:
        """Read what stands before the rows.

        Raises:
            MalformedInput: it is no list of the version that we know.
        """
        self._lines = file
        if tuple(next(file, "") for _ in _HEAD) != tuple(f"{line}\n" for line in _HEAD):
            raise MalformedInput(f"not a file list of version {VERSION}")

    def rows(self) -> Iterator[Row]:
        """Every row, in the order of the list."""
        for line in self._lines:
            if line == "\n":
                return
            yield Row.read(line)

    def checksums(self) -> dict[str, str]:
        """By path the checksums; to be asked when the rows have been read."""
        found: dict[str, str] = {}
        is_here = False
        for line in map(str.rstrip, self._lines):
            if line.startswith("["):
                is_here = line == _CHECKSUMS
            elif is_here and line:
                sha1, _, path = line.partition("\t")
                if not _SHA1.fullmatch(sha1) or not path:
                    raise MalformedInput(f"not a checksum of a file list: {line[:200]!r}")
                found[path] = sha1
        return found
